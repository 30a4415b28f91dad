package dev.tethys.query.promql.exec;

import org.jspecify.annotations.Nullable;

/**
 * Sums over windows that start with the same sample, while times count from each step. Then
 * products of values and times change with the step, so only sums of values can be continued from
 * the previous window. A sample is added to several windows that contain it in one vector
 * operation, as many as the processor has lanes; each sum is still computed in the order of its
 * samples, as its last bits depend on it.
 */
final class GrowingProducts {
  private static final int LEAST_STEPS = 8;

  /** Maximum time when doubles are exact to the millisecond. */
  private static final long EXACT = 1L << 52;

  private final int first;
  private final int end;
  private final double[] sums;
  private final double[] sumCarries;
  private final double[] products;
  private final double[] carries;

  private GrowingProducts(Windows w, int first, int end) {
    this.first = first;
    this.end = end;
    int n = end - first;
    sums = new double[n];
    sumCarries = new double[n];
    products = new double[n];
    carries = new double[n];
    sumValues(w);
    sumProducts(w);
  }

  /** Returns the sums of the longest run of such windows, or null if none is worthwhile. */
  static @Nullable GrowingProducts of(Windows w) {
    int first = 0;
    int end = 0;
    int steps = w.from.length;
    for (int s = 0; s < steps; ) {
      int begin = s++;
      while (s < steps && w.from[s] == w.from[begin] && w.to[s] >= w.to[s - 1]) {
        s++;
      }
      if (w.to[begin] > w.from[begin] && s - begin > end - first) {
        first = begin;
        end = s;
      }
    }
    return end - first < LEAST_STEPS || !isExact(w, first, end)
        ? null
        : new GrowingProducts(w, first, end);
  }

  private static boolean isExact(Windows w, int first, int end) {
    return w.times[w.from[first]] > -EXACT
        && w.times[w.to[end - 1] - 1] < EXACT
        && w.grid.time(first) > -EXACT
        && w.grid.time(end - 1) < EXACT;
  }

  private void sumValues(Windows w) {
    int i = w.from[first];
    double sum = 0;
    double carry = 0;
    for (int s = first; s < end; s++) {
      for (; i < w.to[s]; i++) {
        double y = w.values[i];
        double next = sum + y;
        double part = next - sum;
        carry += (sum - (next - part)) + (y - part);
        sum = next;
      }
      sums[s - first] = sum;
      sumCarries[s - first] = carry;
    }
  }

  private void sumProducts(Windows w) {
    double[] origins = new double[end - first];
    for (int s = first; s < end; s++) {
      origins[s - first] = w.grid.time(s);
    }
    int s = first;
    for (int i = w.from[first]; i < w.to[end - 1]; i++) {
      while (w.to[s] <= i) {
        s++;
      }
      w.countSamples(end - s);
      add(w.times[i], w.values[i], origins, products, carries, s - first);
    }
  }

  /** Adds a sample to the sums of all windows from one on; correct if they are finite. */
  private static void add(
      double time, double value, double[] origins, double[] sums, double[] carries, int from) {
    for (int s = from; s < sums.length; s++) {
      double p = (time - origins[s]) / 1e3 * value;
      double before = sums[s];
      double next = before + p;
      double part = next - before;
      carries[s] += (before - (next - part)) + (p - part);
      sums[s] = next;
    }
  }

  boolean has(int step) {
    return step >= first && step < end;
  }

  /** Stores the sum of values, its carry, the sum of products and its carry. */
  void get(int step, double[] out) {
    int k = step - first;
    out[0] = sums[k];
    out[1] = sumCarries[k];
    out[2] = products[k];
    out[3] = carries[k];
  }
}
