package dev.tethys.model.traces;

import org.jspecify.annotations.Nullable;

/** Rows of a scan, as columns. Reused by the store after the consumer has returned. */
public final class SpanRows {
  /** Ids of single rows, whose arrays are not filled. Rows are counted from {@link #idsFrom}. */
  public interface Ids {
    /** First 8 bytes of the trace id. */
    long traceHigh(int row);

    /** Last 8 bytes of the trace id. */
    long traceLow(int row);

    long spanId(int row);
  }

  /** Number of rows; the arrays may be longer. */
  public int count;

  /** First 8 bytes of the trace ids, big-endian. */
  public long[] traceHigh = {};

  /** Last 8 bytes of the trace ids, big-endian. */
  public long[] traceLow = {};

  public long[] spanId = {};

  /** Span id of the parent, 0 for a root. */
  public long[] parentId = {};

  /** Unix nanoseconds. */
  public long[] start = {};

  /** Nanoseconds, 0 if the end is before the start. */
  public long[] duration = {};

  /** Columns in the order of {@link SpanNeeds#fields}. */
  public SpanColumn[] columns = {};

  /** Source of the IDs of single rows; null for the arrays. */
  public @Nullable Ids ids;

  /** Number of the first row for {@link #ids}. */
  public int idsFrom;

  /**
   * False if ids of these rows can be read with the next rows of the scan as well, by the numbers
   * that they have now: a consumer that often replaces the row it chose reads the ids of the last.
   */
  public boolean idsEnd = true;

  /** First 8 bytes of the trace id of a row, counted from {@link #idsFrom}: for few rows. */
  public long traceHigh(int row) {
    return ids == null ? traceHigh[row - idsFrom] : ids.traceHigh(row);
  }

  /** Last 8 bytes of the trace id of a row, as {@link #traceHigh(int)}. */
  public long traceLow(int row) {
    return ids == null ? traceLow[row - idsFrom] : ids.traceLow(row);
  }

  /** Span id of a row, as {@link #traceHigh(int)}. */
  public long spanId(int row) {
    return ids == null ? spanId[row - idsFrom] : ids.spanId(row);
  }
}
