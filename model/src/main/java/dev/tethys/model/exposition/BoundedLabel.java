package dev.tethys.model.exposition;

import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Values of a label that senders choose, so that the number of series of a metric is bounded: the
 * first values are kept apart, all later ones are {@link #OTHER}. Safe for several threads.
 */
public final class BoundedLabel {
  /** Value beyond the number that is kept apart. */
  public static final String OTHER = "other";

  private final int max;
  private final Set<String> known = ConcurrentHashMap.newKeySet();

  /**
   * @param max number of values that are kept apart
   */
  public BoundedLabel(int max) {
    this.max = max;
  }

  /** The value, or {@link #OTHER} if it is not one of the first. */
  public String of(String value) {
    if (known.contains(value)) {
      return value;
    }
    if (known.size() >= max) {
      return OTHER;
    }
    known.add(value);
    return value;
  }
}
