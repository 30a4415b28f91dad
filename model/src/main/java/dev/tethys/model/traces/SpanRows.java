package dev.tethys.model.traces;

/** Rows of a scan, as columns. Reused by the store after the consumer has returned. */
public final class SpanRows {
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
}
