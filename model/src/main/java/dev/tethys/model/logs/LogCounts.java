package dev.tethys.model.logs;

/**
 * Numbers of rows by stream, structured metadata and span of time. Span {@code i} has the times
 * from {@code begin + i * width}, exclusive, to {@code begin + (i + 1) * width}, inclusive.
 *
 * @param groups one row for each group of rows with equal streams and metadata; has no bodies, and
 *     0 for times
 * @param starts first count of each group; ends where those of the next group begin
 * @param begin Unix time in nanoseconds
 * @param width nanoseconds of a span
 * @param spans number of spans
 * @param span span of each count, below {@code spans}
 * @param rows rows of each count
 * @param bytes bytes of their bodies
 */
@SuppressWarnings("ArrayRecordComponent") // shared, read only
public record LogCounts(
    LogRowBatch groups,
    int[] starts,
    long begin,
    long width,
    int spans,
    int[] span,
    int[] rows,
    long[] bytes) {
  /** The same of groups with other numbers of streams. */
  public LogCounts withGroups(LogRowBatch of) {
    return new LogCounts(of, starts, begin, width, spans, span, rows, bytes);
  }
}
