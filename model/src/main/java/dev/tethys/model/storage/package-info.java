/**
 * What a store of metrics offers, and what query engines, receivers and exporters ask of it. Every
 * implementation passes the contract suite of the test kit.
 */
@NullMarked
package dev.tethys.model.storage;

import org.jspecify.annotations.NullMarked;
