package dev.tethys.query.promql.exec;

import java.util.Arrays;

/** Small loops over arrays of doubles. */
final class Kernels {
  private Kernels() {}

  /** The carry of Neumaier's addition; see {@link dev.tethys.model.CompensatedSum#carry}. */
  static double carry(double sum, double added, double total, double carry) {
    if (total > Double.MAX_VALUE || total < -Double.MAX_VALUE) {
      return 0;
    }
    return Math.abs(sum) >= Math.abs(added)
        ? carry + ((sum - total) + added)
        : carry + ((added - total) + sum);
  }

  /** The sum of a part of an array, with a carry from the first to the last. */
  static double sum(double[] v, int from, int to) {
    double sum = 0;
    double carry = 0;
    for (int i = from; i < to; i++) {
      double t = sum + v[i];
      carry = carry(sum, v[i], t, carry);
      sum = t;
    }
    return Double.isInfinite(sum) ? sum : sum + carry;
  }

  /**
   * The mean: of the sum with a carry, or, from where the sum would overflow, the mean carried on
   * incrementally.
   */
  static double mean(double[] v, int from, int to) {
    double sum = v[from];
    double carry = 0;
    for (int i = from + 1; i < to; i++) {
      double t = sum + v[i];
      if (Double.isInfinite(t)) {
        return incrementalMean(v, from, i, to, sum, carry);
      }
      carry = carry(sum, v[i], t, carry);
      sum = t;
    }
    double n = to - from;
    return sum / n + carry / n;
  }

  private static double incrementalMean(
      double[] v, int from, int at, int to, double sum, double carry) {
    double mean = sum / (at - from);
    double c = carry / (at - from);
    for (int i = at; i < to; i++) {
      double count = i - from + 1;
      double q = (count - 1) / count;
      double add = v[i] / count;
      double base = q * mean;
      double t = base + add;
      c = carry(base, add, t, q * c);
      mean = t;
    }
    return mean + c;
  }

  /** The quantile of the first {@code n} values, which are reordered; NaN counts as lowest. */
  static double quantile(double q, double[] v, int n) {
    if (n == 0 || Double.isNaN(q)) {
      return Double.NaN;
    }
    if (q < 0) {
      return Double.NEGATIVE_INFINITY;
    }
    if (q > 1) {
      return Double.POSITIVE_INFINITY;
    }
    Arrays.sort(v, 0, n);
    int nans = 0;
    while (nans < n && Double.isNaN(v[n - 1 - nans])) {
      nans++;
    }
    double rank = q * (n - 1.0);
    double lower = Math.max(0, Math.floor(rank));
    double upper = Math.min(n - 1.0, lower + 1);
    double weight = rank - Math.floor(rank);
    return at(v, nans, (int) lower) * (1 - weight) + at(v, nans, (int) upper) * weight;
  }

  private static double at(double[] sorted, int nans, int i) {
    return i < nans ? Double.NaN : sorted[i - nans];
  }
}
