/**
 * Interface of a metric store for query engines, receivers and exporters. Every implementation
 * passes the contract suite of {@code testkit}.
 */
@NullMarked
package dev.tethys.model.storage;

import org.jspecify.annotations.NullMarked;
