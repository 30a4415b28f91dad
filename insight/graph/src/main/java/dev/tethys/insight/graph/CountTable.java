package dev.tethys.insight.graph;

import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BiConsumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Counters by key, bounded by a {@link SeriesRoom}. Guarded by its owner.
 *
 * @param <K> key type, derived from the series labels
 * @param <C> counters of a key
 */
public final class CountTable<K, C extends Counted> {
  private final SeriesRoom room;
  private final Map<K, C> counters = new LinkedHashMap<>();

  public CountTable(SeriesRoom room) {
    this.room = room;
  }

  /** Returns the number of keys. */
  public int size() {
    return counters.size();
  }

  /** Counters of a key; null if there are none. */
  public @Nullable C get(K key) {
    return counters.get(key);
  }

  /**
   * Adds counters; null if there is no room.
   *
   * @param weight size relative to a small series
   * @param bytes memory of the series
   */
  public @Nullable C add(K key, int weight, long bytes, Supplier<C> counted) {
    if (!room.take(weight, bytes)) {
      return null;
    }
    C c = counted.get();
    c.hold(weight, bytes);
    counters.put(key, c);
    return c;
  }

  /** Adds counters of an overflow series beyond the limits. */
  public C force(K key, int weight, C counted) {
    room.force(weight);
    counted.hold(weight, 0);
    counters.put(key, counted);
    return counted;
  }

  /** Returns a copy of the keys. */
  public List<K> keys() {
    return List.copyOf(counters.keySet());
  }

  /** Visits all counters in the order in which they were added. */
  public void forEach(BiConsumer<? super K, ? super C> visitor) {
    counters.forEach(visitor);
  }

  /** Removes the counters of a key. */
  public void remove(K key) {
    C c = counters.remove(key);
    if (c != null) {
      c.release(room);
    }
  }

  /** Removes counters in which nothing was counted after a time. */
  public void expire(long seenUntil) {
    Iterator<C> all = counters.values().iterator();
    while (all.hasNext()) {
      C c = all.next();
      if (c.seen() <= seenUntil) {
        all.remove();
        c.release(room);
      }
    }
  }

  /** Removes all counters. */
  public void clear() {
    counters.values().forEach(c -> c.release(room));
    counters.clear();
  }
}
