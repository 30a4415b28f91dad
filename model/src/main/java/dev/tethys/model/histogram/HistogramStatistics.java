package dev.tethys.model.histogram;

import dev.tethys.model.CompensatedSum;
import dev.tethys.model.GoMath;
import dev.tethys.model.Histogram;

/**
 * Estimates from native histograms. Within the zero bucket and custom buckets observations are
 * assumed to be spread evenly; within exponential buckets evenly on a logarithmic scale. A
 * histogram without negative buckets has nothing below 0 in its zero bucket, and the other way
 * round.
 *
 * <p>Reused from sample to sample; not thread-safe.
 */
public final class HistogramStatistics {
  /** Note for the reader about an estimate from NaN observations. */
  public enum NanNote {
    NONE,
    /** The quantile is among NaN observations. */
    RESULT_IS_NAN,
    /** NaN observations count as the highest and push the quantile up. */
    SKEWED,
    /** NaN observations are in no fraction. */
    EXCLUDED
  }

  private final HistogramBuckets buckets = new HistogramBuckets();
  private NanNote note = NanNote.NONE;

  /** Note on the most recent estimate. */
  public NanNote note() {
    return note;
  }

  /** Returns the value below which the share {@code q} of observations lies; see {@link #note}. */
  public double quantile(double q, Histogram h) {
    note = NanNote.NONE;
    if (q < 0) {
      return Double.NEGATIVE_INFINITY;
    }
    if (q > 1) {
      return Double.POSITIVE_INFINITY;
    }
    if (h.count() == 0 || Double.isNaN(q)) {
      return Double.NaN;
    }
    buckets.load(h, true);
    boolean nanSum = Double.isNaN(h.sum());
    boolean forward = nanSum || q < 0.5;
    double rank = forward ? q * h.count() : (1 - q) * h.count();
    int n = buckets.size();
    int step = forward ? 1 : -1;
    int i = forward ? 0 : n - 1;
    int at = -1;
    double count = 0;
    for (; i >= 0 && i < n; i += step) {
      at = i;
      if (buckets.count(i) == 0) {
        continue;
      }
      count += buckets.count(i);
      if (count >= rank) {
        break;
      }
    }
    double lower = at < 0 ? 0 : buckets.lower(at);
    double upper = at < 0 ? 0 : buckets.upper(at);
    double inBucket = at < 0 ? 0 : buckets.count(at);
    if (h.hasCustomBuckets()) {
      if (lower == Double.NEGATIVE_INFINITY) {
        if (upper <= 0) {
          return upper;
        }
        lower = 0;
      } else if (upper == Double.POSITIVE_INFINITY) {
        return lower;
      }
    } else if (lower < 0 && upper > 0) {
      if (h.negative().length == 0 && h.positive().length > 0) {
        lower = 0;
      } else if (h.positive().length == 0 && h.negative().length > 0) {
        upper = 0;
      }
    }
    if (count > h.count()) {
      count = h.count(); // sums of buckets can be off by rounding
    }
    if (count < rank) {
      if (nanSum) {
        note = NanNote.RESULT_IS_NAN;
        return Double.NaN;
      }
      return upper;
    }
    rank = forward ? rank - (count - inBucket) : count - rank;
    if (nanSum) {
      // observations counted but not in a bucket are NaN; otherwise -Inf and +Inf made the sum NaN
      for (int k = i + 1; k < n; k++) {
        inBucket = buckets.count(k);
        lower = buckets.lower(k);
        upper = buckets.upper(k);
        count += inBucket;
      }
      if (count < h.count()) {
        note = NanNote.SKEWED;
      }
    }
    double fraction = rank / inBucket;
    if (h.hasCustomBuckets() || lower <= 0 && upper >= 0) {
      return lower + (upper - lower) * fraction;
    }
    double logLower = GoMath.log2(Math.abs(lower));
    double logUpper = GoMath.log2(Math.abs(upper));
    return lower > 0
        ? GoMath.exp2(logLower + (logUpper - logLower) * fraction)
        : -GoMath.exp2(logUpper + (logLower - logUpper) * (1 - fraction));
  }

  /** The share of observations between two values; see {@link #note}. */
  public double fraction(double from, double to, Histogram h) {
    note = NanNote.NONE;
    if (h.count() == 0 || Double.isNaN(from) || Double.isNaN(to)) {
      return Double.NaN;
    }
    if (from >= to) {
      return 0;
    }
    buckets.load(h, true);
    double rank = 0;
    double fromRank = Double.NaN;
    double toRank = Double.NaN;
    boolean fromSet = false;
    boolean toSet = false;
    double count = 0;
    int i = 0;
    for (; i < buckets.size(); i++) {
      double n = buckets.count(i);
      double lower = buckets.lower(i);
      double upper = buckets.upper(i);
      count += n;
      boolean linear = h.hasCustomBuckets();
      if (linear) {
        // Custom buckets have no zero bucket; as in classic histograms, the first one begins at 0
        // where it ends above.
        if (lower == Double.NEGATIVE_INFINITY && upper > 0) {
          lower = 0;
        }
      } else if (lower <= 0 && upper >= 0) {
        linear = true;
        if (h.negative().length == 0 && h.positive().length > 0) {
          lower = 0;
        } else if (h.positive().length == 0 && h.negative().length > 0) {
          upper = 0;
        }
      }
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
        fromRank = rankWithin(from, rank, n, lower, upper, linear);
        fromSet = true;
      }
      if (!toSet && lower < to && upper > to) {
        toRank = rankWithin(to, rank, n, lower, upper, linear);
        toSet = true;
      }
      if (fromSet && toSet) {
        break;
      }
      rank += n;
    }
    if (Double.isNaN(h.sum())) {
      for (i++; i < buckets.size(); i++) {
        count += buckets.count(i);
      }
      if (count < h.count()) {
        note = NanNote.EXCLUDED;
      }
    } else {
      count = h.count();
    }
    if (!fromSet || fromRank > count) {
      fromRank = count;
    }
    if (!toSet || toRank > count) {
      toRank = count;
    }
    return (toRank - fromRank) / h.count();
  }

  private static double rankWithin(
      double v, double rank, double n, double lower, double upper, boolean linear) {
    if (linear && lower == Double.NEGATIVE_INFINITY) {
      return n; // nothing can be said within an endless bucket
    }
    return rank + n * fractionBelow(v, lower, upper, linear);
  }

  /** The share of a bucket's width below a value inside its finite bounds. */
  static double fractionBelow(double v, double lower, double upper, boolean linear) {
    if (linear) {
      return (v - lower) / (upper - lower);
    }
    double logLower = GoMath.log2(Math.abs(lower));
    double logUpper = GoMath.log2(Math.abs(upper));
    double logV = GoMath.log2(Math.abs(v));
    return v > 0
        ? (logV - logLower) / (logUpper - logLower)
        : 1 - ((logV - logUpper) / (logLower - logUpper));
  }

  /**
   * The variance of the observations, each assumed in the middle of its bucket: geometric,
   * arithmetic in custom buckets, 0 in the zero bucket.
   */
  public double variance(Histogram h) {
    note = NanNote.NONE;
    buckets.load(h, true);
    double mean = h.sum() / h.count();
    double sum = 0;
    double carry = 0;
    for (int i = 0; i < buckets.size(); i++) {
      double n = buckets.count(i);
      if (n == 0) {
        continue;
      }
      double lower = buckets.lower(i);
      double upper = buckets.upper(i);
      double middle;
      if (h.hasCustomBuckets()) {
        middle = (upper + lower) / 2.0;
      } else if (lower <= 0 && upper >= 0) {
        middle = 0;
      } else {
        middle = Math.sqrt(upper * lower);
        if (upper < 0) {
          middle = -middle;
        }
      }
      double delta = middle - mean;
      double v = n * delta * delta;
      double t = sum + v;
      carry = CompensatedSum.carry(sum, v, t, carry);
      sum = t;
    }
    return (sum + carry) / h.count();
  }
}
