package dev.tethys.model.traces;

import org.jspecify.annotations.Nullable;

/** Rows of a scan, as columns. Reused by the store after the consumer has returned. */
public final class SpanRows {
  /** Ids of single rows, whose arrays are not filled. */
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

  /** Where the ids of single rows come from; null for the arrays. */
  public @Nullable Ids ids;

  /** First 8 bytes of the trace id of a row, needed or not: for few rows. */
  public long traceHigh(int row) {
    return ids == null ? traceHigh[row] : ids.traceHigh(row);
  }

  /** Last 8 bytes of the trace id of a row, needed or not: for few rows. */
  public long traceLow(int row) {
    return ids == null ? traceLow[row] : ids.traceLow(row);
  }

  /** Span id of a row, needed or not: for few rows. */
  public long spanId(int row) {
    return ids == null ? spanId[row] : ids.spanId(row);
  }
}
