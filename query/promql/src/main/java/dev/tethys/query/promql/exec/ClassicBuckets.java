package dev.tethys.query.promql.exec;

import java.util.Arrays;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * The buckets of one classic histogram at one step: cumulative counts by upper bound. Buckets with
 * equal bounds are added. Counts that fall are first taken for rounding (up to {@link #TOLERANCE}),
 * then lifted to the previous one. Reused; not thread-safe.
 */
final class ClassicBuckets {
  /** Relative differences up to this are rounding errors. */
  static final double TOLERANCE = 1e-12;

  private static final double MIN_NORMAL = Double.MIN_NORMAL;

  private double[] bound = new double[32];
  private double[] count = new double[32];
  private int size;
  private boolean prepared;
  private boolean forced;
  private double minFixed;
  private double maxFixed;
  private double maxDifference;

  /** Parses the bucket bound in a label value, as Go reads floats; null if invalid. */
  static @Nullable Double parseBound(String le) {
    String s = le.toLowerCase(Locale.ROOT);
    String unsigned = s.startsWith("+") || s.startsWith("-") ? s.substring(1) : s;
    if (unsigned.equals("inf") || unsigned.equals("infinity")) {
      return s.startsWith("-") ? Double.NEGATIVE_INFINITY : Double.POSITIVE_INFINITY;
    }
    if (s.equals("nan")) {
      return Double.NaN;
    }
    if (unsigned.isEmpty()
        || !(unsigned.charAt(0) == '.' || Character.isDigit(unsigned.charAt(0)))
        || unsigned.endsWith("d")
        || unsigned.endsWith("f")) {
      return null;
    }
    try {
      return Double.valueOf(le);
    } catch (NumberFormatException e) {
      return null;
    }
  }

  void clear() {
    size = 0;
    prepared = false;
    forced = false;
  }

  int size() {
    return size;
  }

  void add(double upper, double n) {
    if (size == bound.length) {
      bound = Arrays.copyOf(bound, size * 2);
      count = Arrays.copyOf(count, size * 2);
    }
    int i = size++;
    // nearly always in order already: insertion sort
    while (i > 0 && bound[i - 1] > upper) {
      bound[i] = bound[i - 1];
      count[i] = count[i - 1];
      i--;
    }
    bound[i] = upper;
    count[i] = n;
  }

  /** Whether the last quantile needed counts to be lifted. */
  boolean forcedMonotonic() {
    return forced;
  }

  double minFixed() {
    return minFixed;
  }

  double maxFixed() {
    return maxFixed;
  }

  double maxDifference() {
    return maxDifference;
  }

  private boolean endsAtInfinity() {
    return bound[size - 1] == Double.POSITIVE_INFINITY;
  }

  private void merge() {
    int n = 0;
    for (int i = 1; i < size; i++) {
      if (bound[i] == bound[n]) {
        count[n] += count[i];
      } else {
        n++;
        bound[n] = bound[i];
        count[n] = count[i];
      }
    }
    size = n + 1;
  }

  private void makeMonotonic() {
    minFixed = Double.POSITIVE_INFINITY;
    maxFixed = Double.NEGATIVE_INFINITY;
    maxDifference = 0;
    double previous = count[0];
    for (int i = 1; i < size; i++) {
      double now = count[i];
      if (now == previous) {
        continue;
      }
      if (almostEqual(previous, now)) {
        count[i] = previous;
      } else if (now < previous) {
        count[i] = previous;
        forced = true;
        minFixed = Math.min(minFixed, bound[i]);
        maxFixed = Math.max(maxFixed, bound[i]);
        if (previous - now > maxDifference) {
          maxDifference = previous - now;
        }
      } else {
        previous = now;
      }
    }
  }

  private static boolean almostEqual(double a, double b) {
    if (Double.isNaN(a) && Double.isNaN(b)) {
      return true;
    }
    double sum = Math.abs(a) + Math.abs(b);
    double diff = Math.abs(a - b);
    if (a == 0 || b == 0 || sum < MIN_NORMAL) {
      return diff < TOLERANCE * MIN_NORMAL;
    }
    return diff / Math.min(sum, Double.MAX_VALUE) < TOLERANCE;
  }

  /** Returns the value below which the share {@code q} lies; changes the buckets the first time. */
  double quantile(double q) {
    forced = false;
    if (Double.isNaN(q)) {
      return Double.NaN;
    }
    if (q < 0) {
      return Double.NEGATIVE_INFINITY;
    }
    if (q > 1) {
      return Double.POSITIVE_INFINITY;
    }
    if (!endsAtInfinity()) {
      return Double.NaN;
    }
    if (!prepared) {
      merge();
      makeMonotonic();
      prepared = true;
    }
    if (size < 2 || count[size - 1] == 0) {
      return Double.NaN;
    }
    double rank = q * count[size - 1];
    int b = 0;
    int high = size - 1;
    while (b < high) {
      int middle = (b + high) >>> 1;
      if (count[middle] >= rank) {
        high = middle;
      } else {
        b = middle + 1;
      }
    }
    if (b == size - 1) {
      return bound[size - 2];
    }
    if (b == 0 && bound[0] <= 0) {
      return bound[0];
    }
    double start = 0;
    double end = bound[b];
    double n = count[b];
    if (b > 0) {
      start = bound[b - 1];
      n -= count[b - 1];
      rank -= count[b - 1];
    }
    return start + (end - start) * (rank / n);
  }

  /** Returns the share of observations between two values. */
  double fraction(double from, double to) {
    if (!endsAtInfinity()) {
      return Double.NaN;
    }
    merge();
    double total = count[size - 1];
    if (total == 0 || Double.isNaN(from) || Double.isNaN(to)) {
      return Double.NaN;
    }
    if (from >= to) {
      return 0;
    }
    double rank = 0;
    double fromRank = 0;
    double toRank = 0;
    boolean fromSet = false;
    boolean toSet = false;
    double lower = bound[0] <= 0 ? Double.NEGATIVE_INFINITY : 0;
    for (int i = 0; i < size; i++) {
      if (i > 0) {
        lower = bound[i - 1];
      }
      double upper = bound[i];
      if (!fromSet && lower >= from) {
        fromRank = rank;
        fromSet = true;
      }
      if (!toSet && lower >= to) {
        toRank = rank;
        toSet = true;
      }
      if (fromSet && toSet) {
        break;
      }
      if (!fromSet && lower < from && upper > from) {
        fromRank = within(from, rank, count[i], lower, upper);
        fromSet = true;
      }
      if (!toSet && lower < to && upper > to) {
        toRank = within(to, rank, count[i], lower, upper);
        toSet = true;
      }
      if (fromSet && toSet) {
        break;
      }
      rank = count[i];
    }
    if (!fromSet || fromRank > total) {
      fromRank = total;
    }
    if (!toSet || toRank > total) {
      toRank = total;
    }
    return (toRank - fromRank) / total;
  }

  private static double within(double v, double rank, double n, double lower, double upper) {
    return lower == Double.NEGATIVE_INFINITY
        ? n
        : rank + (n - rank) * (v - lower) / (upper - lower);
  }
}
