package dev.tethys.query.promql.exec;

import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Start and end of each step's window among the samples of a series: {@code [from, to)} by step.
 * Series of one scrape share their timestamps, so they also share the bounds.
 */
final class Bounds {
  private final int[] from;
  private final int[] to;
  private final long total;
  private final long fresh;
  private final int widest;
  private volatile @Nullable TimeSums timeSums;
  private volatile double @Nullable [] factors;
  private WindowRows.@Nullable Run run; // races only repeat the work
  private @Nullable Boolean regular;

  private Bounds(int[] from, int[] to, long total, long fresh, int widest) {
    this.from = from;
    this.to = to;
    this.total = total;
    this.fresh = fresh;
    this.widest = widest;
  }

  /** Returns the index of the first sample by step. */
  int[] from() {
    return from;
  }

  /** Returns the index after the last sample by step. */
  int[] to() {
    return to;
  }

  /** Samples in all windows; a sample in several windows counts several times. */
  long total() {
    return total;
  }

  /** Samples in all windows, each counted once. */
  long fresh() {
    return fresh;
  }

  /** Samples in the largest window. */
  int widest() {
    return widest;
  }

  /**
   * Sums of timestamps only, as used by regressions.
   *
   * @param x sums of the timestamps, by step
   * @param xx sums of the squared timestamps, by step
   */
  record TimeSums(double[] x, double[] xx) {}

  /** Returns the computed sums of times, or null before their computation. */
  @Nullable TimeSums timeSums() {
    return timeSums;
  }

  /**
   * Returns the extrapolation factors of {@code rate} by step, as far as they depend on timestamps
   * only; or null.
   */
  double @Nullable [] factors() {
    return factors;
  }

  /** Windows that can be computed side by side. */
  WindowRows.Run run() {
    WindowRows.Run r = run;
    if (r == null) {
      r = WindowRows.longest(from, to);
      run = r;
    }
    return r;
  }

  /** Whether there are such, with their samples at the same times from a step to the next. */
  boolean isRegular(long[] times, long step) {
    Boolean r = regular;
    if (r == null) {
      r = WindowRows.isRegular(run(), from, times, step);
      regular = r;
    }
    return r;
  }

  /** Caches the factors; concurrent calls are harmless. */
  void factors(double[] made) {
    factors = made;
  }

  /** Caches the sums; concurrent calls are harmless. */
  void timeSums(TimeSums made) {
    timeSums = made;
  }

  static final Bounds NONE = new Bounds(new int[0], new int[0], 0, 0, 0);

  /** The most sets of timestamps whose bounds one operator remembers. */
  static final int MAX_CACHED = 4096;

  /** The maximum number of bytes that they may take; long grids have large bounds. */
  static final long MAX_CACHED_BYTES = 64L << 20;

  /** Whether another entry for the given number of steps fits into the cache. */
  static boolean canCache(int cached, int steps) {
    return cached < MAX_CACHED && (cached + 1L) * 8 * steps <= MAX_CACHED_BYTES;
  }

  /** Remembers bounds by {@link dev.tethys.model.storage.SampleBuffer#timestampsId}. */
  static final class Cache {
    private record Named(long id, Bounds bounds) {}

    private final ConcurrentHashMap<Long, Named> byId = new ConcurrentHashMap<>();
    private volatile @Nullable Named last; // neighbours mostly share

    Bounds get(long id, Supplier<Bounds> find) {
      if (id == 0) {
        return find.get();
      }
      Named n = last;
      if (n != null && n.id == id) {
        return n.bounds;
      }
      n = byId.get(id);
      if (n == null) {
        n = new Named(id, find.get());
        if (canCache(byId.size(), n.bounds.from.length)) {
          byId.put(id, n);
        }
      }
      last = n;
      return n.bounds;
    }
  }

  /**
   * Finds windows {@code (moment - before, moment + after]}.
   *
   * @param moments evaluation times by step, ascending
   */
  static Bounds find(long[] times, int size, long[] moments, long before, long after) {
    int steps = moments.length;
    int[] from = new int[steps];
    int[] to = new int[steps];
    int f = 0;
    int t = 0;
    long total = 0;
    long fresh = 0;
    int widest = 0;
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
      widest = Math.max(widest, t - f);
      fresh += t - (s == 0 ? f : Math.max(f, seen));
    }
    return new Bounds(from, to, total, fresh, widest);
  }
}
