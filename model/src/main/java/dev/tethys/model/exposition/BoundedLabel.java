package dev.tethys.model.exposition;

import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Values of a label that senders choose, bounded so that the number of series of a metric is: the
 * first values are kept, all later ones become {@link #OTHER}. Thread-safe.
 */
public final class BoundedLabel {
  /** Value for all others once the limit is reached. */
  public static final String OTHER = "other";

  private final int max;
  private final Set<String> known = ConcurrentHashMap.newKeySet();

  /**
   * @param max maximum number of distinct values
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
