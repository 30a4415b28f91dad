package dev.tethys.model;

import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Map with a maximum number of entries: a new entry evicts the oldest one, or the least recently
 * used one. Not thread-safe.
 */
public final class BoundedMap<K, V> extends LinkedHashMap<K, V> {
  private static final long serialVersionUID = 1;

  private final int max;

  private BoundedMap(int max, boolean byUse) {
    super(16, 0.75f, byUse);
    this.max = max;
  }

  /** Creates a map that evicts the oldest entry. */
  public static <K, V> BoundedMap<K, V> byAge(int max) {
    return new BoundedMap<>(max, false);
  }

  /** Creates a map that evicts the least recently used entry. */
  public static <K, V> BoundedMap<K, V> byUse(int max) {
    return new BoundedMap<>(max, true);
  }

  @Override
  protected boolean removeEldestEntry(Map.Entry<K, V> eldest) {
    return size() > max;
  }
}
