package dev.tethys.model.traces;

import java.util.function.Consumer;

/**
 * Part of the selected spans, small enough that a scan of it takes milliseconds. The spans of a
 * trace may be in several segments. A duplicate of a span is a span of its own.
 */
public interface SpanSegment {
  /** Start of the oldest span, or an earlier time. */
  long firstTime();

  /** Start of the newest span, or a later time. */
  long lastTime();

  /** Number of spans before filters, or more. */
  long rows();

  /**
   * Passes on the spans that start in the selected time range and fit the filter, in batches. Calls
   * {@link dev.tethys.model.storage.Cancellation#check} between batches.
   *
   * @throws dev.tethys.model.storage.StorageException with the reason CORRUPT, which names the file
   *     and the block, if data is damaged; rows may have been passed on before
   */
  void scan(SpanFilter filter, SpanNeeds needs, Consumer<SpanRows> consumer);
}
