/** The write-ahead log: segments of checksummed records. */
@NullMarked
package dev.tethys.store.metrics.internal.wal;

import org.jspecify.annotations.NullMarked;
