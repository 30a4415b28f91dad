/**
 * The data folder of Prometheus: blocks, write-ahead log and chunks of the head, read and written.
 */
@NullMarked
package dev.tethys.store.archive.prometheus;

import org.jspecify.annotations.NullMarked;
