package dev.tethys.codec.datadog;

import dev.tethys.model.BoundedMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Cache of the upper halves of trace ids by lower half, as seen in spans: later spans of a trace
 * may arrive in another request without it. Keeps the most recently used ids. Thread-safe.
 */
public final class TraceIdUpperHalves {
  private final Map<Long, Long> known;

  /**
   * Creates an empty cache.
   *
   * @param size maximum number of ids; 0 if none
   */
  public TraceIdUpperHalves(int size) {
    known = BoundedMap.byUse(size);
  }

  /**
   * Returns the upper half of an ID.
   *
   * @param upper upper half that the span has; null if it has none
   */
  synchronized long of(long lower, @Nullable Long upper) {
    if (upper != null) {
      known.put(lower, upper);
      return upper;
    }
    return known.getOrDefault(lower, 0L);
  }
}
