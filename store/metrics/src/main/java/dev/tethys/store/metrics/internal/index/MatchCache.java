package dev.tethys.store.metrics.internal.index;

import dev.tethys.model.Labels;
import dev.tethys.model.Matcher;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Cache of matcher results of an index, for repeated queries such as those of dashboards. Finding,
 * sorting and decoding the labels of many series costs more than reading their samples.
 *
 * <p>Invariants: the sum of weights is at most {@link #maxWeight}, the number of entries at most
 * {@link #MAX_ENTRIES}, and the entry that was used longest ago leaves first. A result requested
 * once is kept while it fits; otherwise only its key is remembered, and nothing is evicted.
 * Thread-safe.
 *
 * @param <T> result type; results must not be modified
 */
public final class MatchCache<T> {
  /** The most sets of matchers. */
  static final int MAX_ENTRIES = 512;

  private record Key(Object owner, List<Matcher> matchers) {
    // Written by hand, as for all keys of the first requests after a start: the generated methods
    // of a record are linked on first use, which takes milliseconds.
    @Override
    public boolean equals(@Nullable Object other) {
      return other instanceof Key k && owner.equals(k.owner) && matchers.equals(k.matchers);
    }

    @Override
    public int hashCode() {
      return 31 * owner.hashCode() + matchers.hashCode();
    }
  }

  private record Entry<T>(long version, @Nullable T found, long weight) {}

  private final long maxWeight;
  private final LinkedHashMap<Key, Entry<T>> entries = new LinkedHashMap<>(64, 0.75f, true);
  private long weight;

  /** Creates a cache of a maximum number of bytes, as {@link #weight} counts them. */
  public MatchCache(long maxBytes) {
    maxWeight = maxBytes;
  }

  /** Returns the maximum weight of a cached result. */
  public long most() {
    return maxWeight / 2;
  }

  /** Approximate weight of series with their labels. */
  public static long weight(Labels[] labels, int bytesASeries) {
    long w = 64;
    for (Labels l : labels) {
      w += l.canonicalBytes().length + bytesASeries;
    }
    return w;
  }

  /**
   * Cached result of an owner, if its index has not changed.
   *
   * @param version a number that changes with the index
   */
  public synchronized @Nullable T get(Object owner, long version, List<Matcher> matchers) {
    Entry<T> e = entries.get(new Key(owner, matchers));
    return e == null || e.version != version ? null : e.found;
  }

  /** Bytes held, as {@link #weight} counts them. */
  public synchronized long bytes() {
    return weight;
  }

  /** Caches a result that {@link #get} did not have. */
  public synchronized void put(
      Object owner, long version, List<Matcher> matchers, T found, long bytes) {
    Key key = new Key(owner, List.copyOf(matchers));
    Entry<T> before = entries.remove(key);
    long others = weight - (before == null ? 0 : before.weight);
    boolean kept = bytes <= most() && (before != null || others + bytes <= maxWeight);
    Entry<T> e = kept ? new Entry<>(version, found, bytes) : new Entry<>(version, null, 0);
    weight = others + e.weight;
    entries.put(key, e);
    Iterator<Map.Entry<Key, Entry<T>>> oldest = entries.entrySet().iterator();
    while (weight > maxWeight || entries.size() > MAX_ENTRIES) {
      weight -= oldest.next().getValue().weight;
      oldest.remove();
    }
  }

  /** Removes all entries of an owner. */
  public synchronized void forget(Object owner) {
    entries
        .entrySet()
        .removeIf(
            e -> {
              boolean gone = e.getKey().owner == owner;
              weight -= gone ? e.getValue().weight : 0;
              return gone;
            });
  }

  synchronized int size() {
    return entries.size();
  }
}
