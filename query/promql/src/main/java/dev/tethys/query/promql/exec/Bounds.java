package dev.tethys.query.promql.exec;

import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;

/**
 * Where the windows of all steps begin and end among the samples of a series: {@code [from, to)} by
 * step. Series that were scraped together share their timestamps, so that this is found once for
 * all of them.
 */
record Bounds(int[] from, int[] to, long total, long fresh) {
  /** The most sets of timestamps whose bounds one operator remembers. */
  static final int MAX_CACHED = 4096;

  /** Remembers bounds by {@link dev.tethys.model.storage.SampleBuffer#timestampsId}. */
  static final class Cache {
    private final ConcurrentHashMap<Long, Bounds> byId = new ConcurrentHashMap<>();

    Bounds get(long id, Supplier<Bounds> find) {
      if (id == 0) {
        return find.get();
      }
      Bounds b = byId.get(id);
      if (b == null) {
        b = find.get();
        if (byId.size() < MAX_CACHED) {
          byId.put(id, b);
        }
      }
      return b;
    }
  }

  /**
   * Finds windows {@code (moment - before, moment + after]}.
   *
   * @param moments by step, ascending
   */
  static Bounds find(long[] times, int size, long[] moments, long before, long after) {
    int steps = moments.length;
    int[] from = new int[steps];
    int[] to = new int[steps];
    int f = 0;
    int t = 0;
    long total = 0;
    long fresh = 0;
    for (int s = 0; s < steps; s++) {
      long low = moments[s] - before;
      long high = moments[s] + after;
      int seen = t;
      while (t < size && times[t] <= high) {
        t++;
      }
      while (f < t && times[f] <= low) {
        f++;
      }
      from[s] = f;
      to[s] = t;
      total += t - f;
      fresh += t - (s == 0 ? f : Math.max(f, seen));
    }
    return new Bounds(from, to, total, fresh);
  }
}
