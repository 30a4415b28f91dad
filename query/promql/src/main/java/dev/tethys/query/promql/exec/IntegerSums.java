package dev.tethys.query.promql.exec;

import org.jspecify.annotations.Nullable;

/**
 * Sums of windows over integers that are so small that no addition rounds: counts, bytes, seconds.
 * The order of additions does not show in them, so each is the difference of two running sums,
 * however many samples its window holds, and equals to the last bit what adding them one by one
 * with a carry comes to.
 */
final class IntegerSums {
  /** Number of windows per sample from which running sums are cheaper than other sums. */
  private static final int LOOKS = 8;

  /** Up to here every integer is a double. */
  private static final long MOST = 1L << 53;

  private final long[] running; // of the samples before each

  private IntegerSums(long[] running) {
    this.running = running;
  }

  /** Sums for the windows of a series; null if they would save nothing or round. */
  static @Nullable IntegerSums of(Windows w) {
    int n = w.size;
    if (n == 0 || w.bounds.total() / LOOKS < n) {
      return null;
    }
    long[] running = w.workspace.numbers(n + 1);
    w.countSamples(n);
    long largest = add(w.values, n, running);
    return largest < 0
            || largest > MOST / Math.max(1, w.bounds.widest())
            || largest > Long.MAX_VALUE / n
        ? null
        : new IntegerSums(running);
  }

  /**
   * Adds values up; returns the largest absolute sum, or -1 if one is not an integer of at most
   * 2^53.
   */
  private static long add(double[] v, int n, long[] running) {
    long sum = 0;
    long largest = 0;
    running[0] = 0;
    for (int i = 0; i < n; i++) {
      long whole = (long) v[i];
      // Also for -2^63, which is a long and has no size among them.
      if (whole != v[i] || Math.abs(v[i]) > MOST) {
        return -1;
      }
      largest = Math.max(largest, Math.abs(whole));
      sum += whole;
      running[i + 1] = sum;
    }
    return largest;
  }

  /** Returns the sum of the samples {@code [from, to)} of a window. */
  double of(int from, int to) {
    return running[to] - running[from];
  }
}
