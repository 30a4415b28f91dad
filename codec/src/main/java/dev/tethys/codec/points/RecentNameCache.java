package dev.tethys.codec.points;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.tethys.model.BoundedMap;
import java.util.Map;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Caches the results for recent names, since senders repeat the same names. Bounded in entries and
 * in the length of a name; the least recently used name is evicted first. Thread-safe.
 *
 * @param <V> result for a name; a name may have none
 */
public final class RecentNameCache<V> {
  /** Longer names are not cached: tens of thousands of them would fill the heap. */
  static final int MAX_LENGTH = 512;

  private record Meaning<V>(@Nullable V value) {}

  private final Map<String, Meaning<V>> known;
  private final Function<String, @Nullable V> means;

  @GuardedBy("known")
  private long gets;

  @GuardedBy("known")
  private long hits;

  /**
   * An empty memory.
   *
   * @param max maximum number of names in the cache; 0 if none
   * @param means computes the result for a name, always the same
   */
  public RecentNameCache(int max, Function<String, @Nullable V> means) {
    this.means = means;
    this.known = BoundedMap.byUse(max);
  }

  /** Result for a name; null for a name without one. */
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

  /** Returns the number of lookups. */
  public long gets() {
    synchronized (known) {
      return gets;
    }
  }

  /** Number of lookups answered from the cache. */
  public long hits() {
    synchronized (known) {
      return hits;
    }
  }

  /** Returns the number of cached names. */
  public int size() {
    synchronized (known) {
      return known.size();
    }
  }
}
