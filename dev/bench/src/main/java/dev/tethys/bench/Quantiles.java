package dev.tethys.bench;

import java.util.Arrays;
import java.util.Collection;

/** Quantiles of measured times by nearest rank. */
final class Quantiles {
  private Quantiles() {}

  /**
   * Returns the smallest value that at least a share q of the values does not exceed; NaN without
   * values.
   */
  static double of(double[] values, double q) {
    int n = values.length;
    if (n == 0) {
      return Double.NaN;
    }
    double[] sorted = values.clone();
    Arrays.sort(sorted);
    return sorted[Math.clamp((long) Math.ceil(q * n) - 1, 0, n - 1)];
  }

  /** Variant for integers; -1 without values. */
  static long of(Collection<Long> values, double q) {
    double[] copy = values.stream().mapToDouble(Long::doubleValue).toArray();
    return copy.length == 0 ? -1 : (long) of(copy, q);
  }
}
