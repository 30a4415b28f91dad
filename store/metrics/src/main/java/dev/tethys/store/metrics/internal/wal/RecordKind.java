package dev.tethys.store.metrics.internal.wal;

/** Kind of a section in a log record; the numbers are part of the format. */
public final class RecordKind {
  public static final int SERIES = 1;
  public static final int FLOATS = 2;
  public static final int LATE_FLOATS = 3;
  public static final int HISTOGRAMS = 4;
  public static final int LATE_HISTOGRAMS = 5;
  public static final int EXEMPLARS = 6;
  public static final int METADATA = 7;
  public static final int DELETE = 8;

  private RecordKind() {}
}
