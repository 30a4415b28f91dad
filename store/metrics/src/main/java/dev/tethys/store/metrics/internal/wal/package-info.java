/**
 * Kinds of sections in a record of the write-ahead log. The format is specified in three classes:
 * segments in {@link dev.tethys.store.files.WriteAheadLog}, frames in {@link
 * dev.tethys.store.files.Frames}, records in {@code BatchRecord} of {@code internal.head}.
 */
@NullMarked
package dev.tethys.store.metrics.internal.wal;

import org.jspecify.annotations.NullMarked;
