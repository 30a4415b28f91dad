package dev.tethys.query.promql;

import dev.tethys.model.guard.MemoryShare;
import dev.tethys.model.storage.MetricSource;
import dev.tethys.query.promql.exec.Column;
import dev.tethys.query.promql.exec.Grid;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import org.jspecify.annotations.Nullable;

/**
 * Responses of range queries, kept for reuse as long as the data that they were computed from is
 * unchanged.
 *
 * <p>The key of a response is its query, its step and the phase of its steps; when its steps depend
 * on the range, also its start and end. An entry has the store's mark from before its computation;
 * {@link ResultReuse} decides by the changes since that mark which steps are still valid.
 *
 * <p>Invariant: {@link #bytes} is the sum of all entries, at most {@link #maxBytes}, and is taken
 * from the memory of caches; entries are removed, least recently used first, when a query needs the
 * memory. Thread-safe.
 */
final class ResultCache {
  /** Maximum share of the cache for one result. */
  private static final int SHARE = 8;

  /** Approximate size of an entry without its columns. */
  private static final long ENTRY_BYTES = 512;

  /** Number of recent queries that are tracked with unaligned steps; a power of two. */
  private static final int RECENT = 1024;

  /**
   * Cache key of a result.
   *
   * @param phase time of the steps modulo the step
   * @param start start of the query; 0 for a result that can be reused step by step
   * @param end end of the query; 0 for a result that can be reused step by step
   */
  record Key(
      MetricSource source,
      String text,
      long lookback,
      long maxSourceResolution,
      long step,
      long phase,
      List<Long> subquerySteps,
      long start,
      long end) {
    boolean isStepwise() {
      return start == 0 && end == 0;
    }

    // By hand: the generated methods of a record are linked on first use, which takes milliseconds.
    @Override
    public boolean equals(@Nullable Object other) {
      return other instanceof Key k
          && source.equals(k.source)
          && text.equals(k.text)
          && lookback == k.lookback
          && maxSourceResolution == k.maxSourceResolution
          && step == k.step
          && phase == k.phase
          && subquerySteps.equals(k.subquerySteps)
          && start == k.start
          && end == k.end;
    }

    @Override
    public int hashCode() {
      int h = 31 * source.hashCode() + text.hashCode();
      h = 31 * h + Long.hashCode(lookback);
      h = 31 * h + Long.hashCode(maxSourceResolution);
      h = 31 * h + Long.hashCode(step);
      h = 31 * h + Long.hashCode(phase);
      h = 31 * h + subquerySteps.hashCode();
      h = 31 * h + Long.hashCode(start);
      return 31 * h + Long.hashCode(end);
    }
  }

  /**
   * A response.
   *
   * @param mark store mark, taken before the result was computed
   */
  record Entry(
      Grid grid, List<Column> columns, long mark, List<String> warnings, List<String> infos) {
    long bytes(Key key) {
      long n = ENTRY_BYTES + 2L * key.text().length();
      for (Column c : columns) {
        n += c.bytes();
      }
      for (String s : warnings) {
        n += 48 + 2L * s.length();
      }
      for (String s : infos) {
        n += 48 + 2L * s.length();
      }
      return n;
    }
  }

  private record Held(Entry entry, long bytes) {}

  /**
   * A query that computes its result, also for identical concurrent queries.
   *
   * <p>Invariant: {@link #made} is set before {@link #done} is counted down, or never.
   */
  static final class Flight {
    final CountDownLatch done = new CountDownLatch(1);
    volatile boolean isAwaited;
    volatile @Nullable ComputedResult made;
  }

  /**
   * Computed result of a query.
   *
   * @param stepwise whether its steps can be reused one by one
   */
  record ComputedResult(Entry entry, boolean stepwise) {}

  private final long maxBytes;
  private final MemoryShare memory;
  private final LinkedHashMap<Key, Held> entries = new LinkedHashMap<>(16, 0.75f, true);
  private final long[] recent = new long[RECENT];
  private final Map<Key, Flight> flights = new HashMap<>();
  private long bytes;
  private long evictions;

  /**
   * @param maxBytes maximum size in bytes; greater than 0
   * @param memory share of caches
   */
  ResultCache(long maxBytes, MemoryShare memory) {
    this.maxBytes = maxBytes;
    this.memory = memory;
    memory.reclaimFrom(this::shrink);
  }

  synchronized @Nullable Entry get(Key key) {
    Held h = entries.get(key);
    return h == null ? null : h.entry;
  }

  /**
   * Announces that a query is computing its response.
   *
   * @return the query that already does so; null if there is none
   */
  synchronized @Nullable Flight begin(Key whole, Flight own) {
    Flight other = flights.putIfAbsent(whole, own);
    if (other != null) {
      other.isAwaited = true;
    }
    return other;
  }

  /** Ends a computation, with a response or without. */
  synchronized void end(Key whole, Flight own) {
    flights.remove(whole, own);
    own.done.countDown();
  }

  /** Returns a cached entry; the lookup does not count as a use. */
  synchronized @Nullable Entry peek(Key key) {
    for (Map.Entry<Key, Held> e : entries.entrySet()) {
      if (e.getKey().equals(key)) {
        return e.getValue().entry;
      }
    }
    return null;
  }

  /**
   * Whether a response is worth caching: its timestamps are multiples of the step, as in dashboard
   * queries, or it was requested before.
   */
  synchronized boolean isCacheable(Key key) {
    if (key.isStepwise() && key.phase == 0) {
      return true;
    }
    long hash = key.hashCode() * 0x9E3779B97F4A7C15L | 1;
    int at = (int) (hash >>> 40) & RECENT - 1;
    boolean again = recent[at] == hash;
    recent[at] = hash;
    return again;
  }

  /** Replaces the cached response if there is enough memory. */
  synchronized void put(Key key, Entry entry) {
    remove(key);
    long n = entry.bytes(key);
    if (n > maxBytes / SHARE) {
      return;
    }
    if (bytes + n > maxBytes) {
      shrink(bytes + n - maxBytes);
    }
    if (memory.reserve(n) != null) {
      return;
    }
    entries.put(key, new Held(entry, n));
    bytes += n;
  }

  private void remove(Key key) {
    Held h = entries.remove(key);
    if (h != null) {
      release(h);
    }
  }

  private void release(Held h) {
    bytes -= h.bytes;
    memory.release(h.bytes);
  }

  /** Releases the given number of bytes, or all. */
  private synchronized void shrink(long wanted) {
    long freed = 0;
    List<Held> gone = new ArrayList<>();
    for (Iterator<Held> it = entries.values().iterator(); it.hasNext() && freed < wanted; ) {
      Held h = it.next();
      it.remove();
      gone.add(h);
      freed += h.bytes;
    }
    gone.forEach(this::release);
    evictions += gone.size();
  }

  /** Returns the total size of all responses in bytes. */
  synchronized long bytes() {
    return bytes;
  }

  long maxBytes() {
    return maxBytes;
  }

  synchronized int size() {
    return entries.size();
  }

  synchronized long evictions() {
    return evictions;
  }
}
