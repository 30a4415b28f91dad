package dev.tethys.codec.points;

import dev.tethys.model.BoundedMap;
import java.util.Map;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Remembers what names that came lately mean, for senders say the same names again and again. Holds
 * at most so many, and none that is very long; which was not asked for longest is forgotten first.
 * Safe for several threads.
 *
 * @param <V> what a name means; a name may mean nothing
 */
public final class RecentNameCache<V> {
  /** Longer names are looked up each time: tens of thousands of them would fill the heap. */
  static final int MAX_LENGTH = 512;

  private record Meaning<V>(@Nullable V value) {}

  private final Map<String, Meaning<V>> known;
  private final Function<String, @Nullable V> means;
  private long gets; // guarded by known
  private long hits; // guarded by known

  /**
   * An empty memory.
   *
   * @param max how many names are remembered; 0 for none
   * @param means what a name means, the same each time
   */
  public RecentNameCache(int max, Function<String, @Nullable V> means) {
    this.means = means;
    this.known = BoundedMap.byUse(max);
  }

  /** What a name means. */
  public @Nullable V get(String name) {
    synchronized (known) {
      Meaning<V> m = known.get(name);
      gets++;
      if (m != null) {
        hits++;
        return m.value;
      }
    }
    V v = means.apply(name);
    if (name.length() > MAX_LENGTH) {
      return v;
    }
    synchronized (known) {
      known.put(name, new Meaning<>(v));
    }
    return v;
  }

  /** How often it was asked. */
  public long gets() {
    synchronized (known) {
      return gets;
    }
  }

  /** How often it knew the answer. */
  public long hits() {
    synchronized (known) {
      return hits;
    }
  }

  /** How many it remembers. */
  public int size() {
    synchronized (known) {
      return known.size();
    }
  }
}
