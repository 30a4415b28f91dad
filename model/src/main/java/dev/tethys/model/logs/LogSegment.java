package dev.tethys.model.logs;

import java.util.List;
import java.util.function.LongSupplier;
import java.util.function.ObjLongConsumer;
import org.jspecify.annotations.Nullable;

/**
 * Part of the selected data, small enough that a scan of it takes milliseconds. Its rows have any
 * order. Only rows of selected streams and of the selected time range are passed on.
 */
public interface LogSegment {
  /** Time of the oldest row, or an earlier time. */
  long firstTime();

  /** Time of the newest row, or a later time. */
  long lastTime();

  /** Number of rows before filters, or more. */
  long rows();

  /** Bytes of their bodies, or more. */
  long bytes();

  /**
   * Rows and bytes by stream without reading rows, for counts without a filter.
   *
   * @return empty if the segment would have to read rows: the time range cuts it, or it is damaged
   */
  List<StreamTotal> totals();

  /**
   * Rows and bytes by stream, metadata and time without reading rows, for counts without a filter.
   * Spans of time that reach beyond the selected range count with all their rows.
   *
   * @param metadata names that distinguish groups; others may, too
   * @return null if the segment would have to read rows
   */
  default @Nullable LogCounts counts(List<String> metadata) {
    return null;
  }

  /** Rows, bytes of bodies and time range of a stream in a segment. */
  record StreamTotal(int stream, long rows, long bytes, long firstTime, long lastTime) {}

  /**
   * Passes on the rows that fit the filter, in batches. Calls {@link
   * dev.tethys.model.cancellation.Cancellation#check} between batches.
   *
   * @param needs columns that the consumer reads
   * @throws dev.tethys.model.storage.StorageException with the reason CORRUPT, which names the file
   *     and the missing rows, if data is damaged; the readable rows were passed on before
   */
  void scan(LogFilter filter, LogNeeds needs, LogRowConsumer consumer);

  /**
   * Scans for a consumer that keeps only the rows at one end of the time range: rows beyond a bound
   * may be omitted. A segment that can read its rows by time skips most of them.
   *
   * @param forward whether the oldest rows are kept; else the newest
   * @param bound time beyond which rows are no longer kept; it only moves towards the kept end,
   *     also during the scan
   */
  default void scanEnd(
      LogFilter filter,
      LogNeeds needs,
      boolean forward,
      LongSupplier bound,
      LogRowConsumer consumer) {
    scan(filter, needs, consumer);
  }

  /**
   * Counts the rows that fit the filter by their pattern: the body with {@code <_>} for each
   * variable part. A pattern may be passed on several times; its counts add up.
   */
  default void patterns(LogFilter filter, ObjLongConsumer<String> counts) {
    patterns(
        filter, Long.MAX_VALUE, (pattern, stream, bucket, rows) -> counts.accept(pattern, rows));
  }

  /**
   * Counts the rows that fit the filter by pattern, stream and time. Calls {@link
   * dev.tethys.model.cancellation.Cancellation#check} occasionally.
   *
   * @param step nanoseconds of a time bucket; buckets begin at multiples of it
   * @throws dev.tethys.model.storage.StorageException if data is damaged
   */
  void patterns(LogFilter filter, long step, PatternConsumer counts);

  /**
   * Counts all rows by the {@link LogPatternKey} of their pattern.
   *
   * @return false, without counts, if patterns are found no faster than with their texts
   */
  default boolean patternKeys(PatternKeyConsumer counts) {
    return false;
  }

  /**
   * Counts all rows by pattern, stream and time; patterns of other keys may be omitted.
   *
   * @param step nanoseconds of a time bucket; buckets begin at multiples of it
   */
  default void patternsOf(PatternKeys keys, long step, PatternConsumer counts) {
    patterns(LogFilter.NONE, step, counts);
  }

  /**
   * Ends reading of the segment, so that memory kept for readers is freed before the selection is
   * closed.
   */
  default void release() {}

  /** Receives the rows of a pattern known by its key. */
  @FunctionalInterface
  interface PatternKeyConsumer {
    /**
     * Receives the first {@code n} counts of arrays. The same key may occur again; its counts add
     * up.
     */
    void accept(long[] keys, int[] rows, int n, int stream);
  }

  /** Set of patterns by stream. */
  @FunctionalInterface
  interface PatternKeys {
    /**
     * Writes the positions of the first {@code n} keys that are in the set and returns their
     * number.
     */
    int select(long[] keys, int n, int stream, int[] into);
  }

  /** Receives the rows of a pattern. */
  @FunctionalInterface
  interface PatternConsumer {
    /**
     * Receives a count. The same key may occur again; its counts add up.
     *
     * @param stream index of the stream in {@link LogSelection#streams}
     * @param bucket first time of the bucket
     */
    void accept(String pattern, int stream, long bucket, long rows);
  }
}
