package dev.tethys.codec.points;

import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Limits the number of distinct reasons used as label values, because messages come from input and
 * each new one would create a series. Thread-safe.
 */
public final class BoundedReasons {
  private static final int MAX = 50;

  private final Set<String> known = ConcurrentHashMap.newKeySet();

  /** The reason, or {@link RejectedItems#OTHER} when there are too many already. */
  public String bounded(String reason) {
    return known.contains(reason) || known.size() < MAX && known.add(reason)
        ? reason
        : RejectedItems.OTHER;
  }
}
