package dev.tethys.store.metrics.internal.head;

/**
 * Kind of a section in a record of the write-ahead log; the numbers are part of the format. Records
 * are specified in {@link BatchRecord}, segments in {@link dev.tethys.store.files.WriteAheadLog},
 * frames in {@link dev.tethys.store.files.Frames}.
 */
final class RecordKind {
  static final int SERIES = 1;
  static final int FLOATS = 2;
  static final int LATE_FLOATS = 3;
  static final int HISTOGRAMS = 4;
  static final int LATE_HISTOGRAMS = 5;
  static final int EXEMPLARS = 6;
  static final int METADATA = 7;
  static final int DELETE = 8;

  private RecordKind() {}
}
