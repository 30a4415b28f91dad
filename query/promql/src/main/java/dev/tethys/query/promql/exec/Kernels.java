package dev.tethys.query.promql.exec;

/** Small loops over arrays of doubles. */
final class Kernels {
  private Kernels() {}

  /**
   * Returns the compensation term of Neumaier's addition; see {@link
   * dev.tethys.model.CompensatedSum#carry}.
   */
  static double carry(double sum, double added, double total, double carry) {
    double part = total - sum;
    double error = (sum - (total - part)) + (added - part);
    return Math.abs(total) > Double.MAX_VALUE ? 0 : carry + error;
  }

  /** Sums part of an array with a compensation term carried from first to last. */
  static double sum(double[] v, int from, int to) {
    double sum = 0;
    double carry = 0;
    for (int i = from; i < to; i++) {
      double x = v[i];
      double t = sum + x;
      double part = t - sum;
      carry += (sum - (t - part)) + (x - part);
      sum = t;
    }
    // An infinite sum, where the carry must be dropped, would still be infinite or NaN.
    return Double.isFinite(sum) ? sum + carry : wildSum(v, from, to);
  }

  private static double wildSum(double[] v, int from, int to) {
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
   * Returns the mean, computed from the compensated sum, or incrementally once the sum would
   * overflow.
   */
  static double mean(double[] v, int from, int to) {
    double sum = v[from];
    double carry = 0;
    for (int i = from + 1; i < to; i++) {
      double x = v[i];
      double t = sum + x;
      double part = t - sum;
      carry += (sum - (t - part)) + (x - part);
      sum = t;
    }
    if (!Double.isFinite(sum)) {
      return wildMean(v, from, to);
    }
    double n = to - from;
    return sum / n + carry / n;
  }

  private static double wildMean(double[] v, int from, int to) {
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

  /**
   * Returns the quantile of the first {@code n} values, which are reordered; NaN counts as lowest.
   */
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
    int nans = 0;
    for (int i = 0; i < n; i++) {
      if (Double.isNaN(v[i])) {
        v[i] = v[nans];
        v[nans++] = Double.NaN;
      }
    }
    double rank = q * (n - 1.0);
    double lower = Math.max(0, Math.floor(rank));
    int low = (int) lower;
    int high = (int) Math.min(n - 1.0, lower + 1);
    double weight = rank - Math.floor(rank);
    double a = low < nans ? Double.NaN : select(v, nans, n, low);
    double b = high == low ? a : high < nans ? Double.NaN : next(v, nans, n, low, high);
    return a * (1 - weight) + b * weight;
  }

  /**
   * Returns the value after the one at {@code low}, once all values from there on are at least as
   * large.
   */
  private static double next(double[] v, int from, int n, int low, int high) {
    double min = v[Math.max(from, high)];
    for (int i = Math.max(from, low + 1); i < n; i++) {
      if (v[i] < min) {
        min = v[i];
      }
    }
    return min;
  }

  /** Puts the value of rank {@code k} at its position, smaller ones before it (Hoare's method). */
  private static double select(double[] v, int from, int n, int k) {
    int left = from;
    int right = n - 1;
    while (left < right) {
      int middle = (left + right) >>> 1;
      double pivot = median(v[left], v[middle], v[right]);
      int i = left;
      int j = right;
      while (i <= j) {
        while (v[i] < pivot) {
          i++;
        }
        while (v[j] > pivot) {
          j--;
        }
        if (i <= j) {
          double t = v[i];
          v[i++] = v[j];
          v[j--] = t;
        }
      }
      if (k <= j) {
        right = j;
      } else if (k >= i) {
        left = i;
      } else {
        return v[k];
      }
    }
    return v[k];
  }

  private static double median(double a, double b, double c) {
    return Math.max(Math.min(a, b), Math.min(Math.max(a, b), c));
  }
}
