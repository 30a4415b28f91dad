package dev.tethys.pipeline.delivery;

import dev.tethys.model.file.AppendFile;
import dev.tethys.model.file.FileAccess;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * One file of a {@link SegmentedLog}. All fields are guarded by the log's lock; {@code records} and
 * {@code items} count the records in it, {@code doneRecords} and {@code doneItems} those among them
 * that are done.
 */
final class Segment {
  final long number;
  final Path file;
  final Path doneFile;
  long size;
  long doneFileSize;
  long records;
  long items;
  long doneRecords;
  long doneItems;

  /** Position up to which it was synced. */
  long forced;

  /** No more records are appended. */
  boolean sealed;

  /** A write or sync failed: the end of the file is unknown. */
  boolean broken;

  boolean deleted;
  @Nullable AppendFile writer;
  FileAccess.@Nullable ReadableFile reader;
  FileAccess.@Nullable WritableFile doneWriter;

  /** Offsets of records that readers skip. */
  final Set<Long> skip = new HashSet<>();

  Segment(Path folder, long number) {
    this.number = number;
    this.file = folder.resolve(SegmentFormat.SEGMENTS.name(number));
    this.doneFile = folder.resolve(SegmentFormat.DONE.name(number));
  }

  boolean isAllDone() {
    return doneRecords >= records;
  }
}
