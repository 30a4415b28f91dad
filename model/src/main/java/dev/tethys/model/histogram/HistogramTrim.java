package dev.tethys.model.histogram;

import dev.tethys.model.Histogram;

/**
 * Removes the observations above or below a value, as PromQL's {@code </} and {@code >/} do. A
 * bucket that contains the value is split by interpolation; count and sum are then estimated from
 * the remaining buckets, each represented by its midpoint. If nothing is removed the histogram is
 * unchanged.
 */
final class HistogramTrim {
  private final Histogram h;
  private final double at;
  private final boolean dropAbove;
  private double count;
  private double sum;
  private boolean trimmed;
  private double kept;
  private double middle;

  private HistogramTrim(Histogram h, double at, boolean dropAbove) {
    this.h = h;
    this.at = at;
    this.dropAbove = dropAbove;
  }

  static Histogram trim(Histogram h, double at, boolean dropAbove) {
    return new HistogramTrim(h, at, dropAbove).run();
  }

  private Histogram run() {
    BucketRow positive = new BucketRow();
    BucketRow negative = new BucketRow();
    positive.load(h.positiveSpans(), h.positive());
    negative.load(h.negativeSpans(), h.negative());
    boolean hasPositive = side(positive, true);
    boolean hasNegative = side(negative, false);
    double zeroCount = h.zeroCount();
    if (zeroCount > 0) {
      trimZero(
          hasPositive && !hasNegative ? 0 : -h.zeroThreshold(),
          hasNegative && !hasPositive ? 0 : h.zeroThreshold());
      if (zeroCount != kept) {
        zeroCount = kept;
        trimmed = true;
      }
      sum += middle * kept;
      count += kept;
    }
    if (!trimmed) {
      return h;
    }
    positive.dropEmpty();
    negative.dropEmpty();
    return new Histogram(
        false,
        h.resetHint(),
        h.schema(),
        h.zeroThreshold(),
        zeroCount,
        count,
        sum,
        positive.spans(),
        positive.counts(),
        negative.spans(),
        negative.counts(),
        h.customBounds());
  }

  /** Trims the buckets of one side; gives whether it had any observation. */
  private boolean side(BucketRow row, boolean positive) {
    boolean any = false;
    for (int i = 0; i < row.size; i++) {
      double n = row.count[i];
      if (n == 0) {
        continue;
      }
      any = true;
      double near = BucketBounds.upper(row.index[i] - 1, h.schema(), h.customBounds());
      double far = BucketBounds.upper(row.index[i], h.schema(), h.customBounds());
      double lower = positive ? near : -far;
      double upper = positive ? far : -near;
      if (dropAbove ? upper <= at : lower >= at) {
        kept = n;
        middle = middle(lower, upper, positive);
      } else if (dropAbove ? lower < at : upper > at) {
        split(lower, upper, n, positive);
        if (n != kept) {
          row.count[i] = kept;
          trimmed = true;
        }
      } else {
        row.count[i] = 0;
        trimmed = true;
        continue;
      }
      count += kept;
      sum += middle * kept;
    }
    return any;
  }

  private void split(double lower, double upper, double n, boolean positive) {
    if (lower == Double.NEGATIVE_INFINITY) {
      splitEndlessBelow(upper, n);
      return;
    }
    if (upper == Double.POSITIVE_INFINITY) {
      // its observations have no upper bound: none is certainly below the value
      boolean keep = !dropAbove && at >= lower;
      kept = keep ? n : 0;
      middle = keep ? at : finiteOrZero(lower);
      return;
    }
    double below =
        at <= lower
            ? 0
            : at >= upper
                ? n
                : n * HistogramStatistics.fractionBelow(at, lower, upper, h.hasCustomBuckets());
    kept = dropAbove ? below : n - below;
    middle = dropAbove ? middle(lower, at, positive) : middle(at, upper, positive);
  }

  /** The first custom bucket; it is assumed to start at 0 if its upper bound is positive. */
  private void splitEndlessBelow(double upper, double n) {
    boolean finite = upper != Double.POSITIVE_INFINITY;
    if (dropAbove) {
      if (at >= upper) {
        kept = n;
        middle = 0;
      } else if (at > 0 && upper > 0 && finite) {
        kept = n * at / upper;
        middle = at / 2;
      } else if (upper <= 0) {
        kept = n;
        middle = at;
      } else {
        kept = 0;
        middle = finiteOrZero(upper);
      }
    } else if (at <= Double.NEGATIVE_INFINITY) {
      kept = n;
      middle = 0;
    } else if (at >= 0 && upper > at && finite) {
      kept = n * (1 - at / upper);
      middle = (at + upper) / 2;
    } else {
      kept = 0;
      middle = finiteOrZero(upper);
    }
  }

  private void trimZero(double lower, double upper) {
    if (dropAbove ? at <= lower : at >= upper) {
      kept = 0;
      middle = 0;
    } else if (dropAbove ? at >= upper : at <= lower) {
      kept = h.zeroCount();
      middle = (lower + upper) / 2;
    } else if (dropAbove) {
      kept = h.zeroCount() * ((at - lower) / (upper - lower));
      middle = (lower + at) / 2;
    } else {
      kept = h.zeroCount() * ((upper - at) / (upper - lower));
      middle = (at + upper) / 2;
    }
  }

  private double middle(double lower, double upper, boolean positive) {
    if (Double.isInfinite(lower)) {
      return Double.isInfinite(upper) ? 0 : upper > 0 ? upper / 2 : upper;
    }
    if (Double.isInfinite(upper)) {
      return lower;
    }
    if (h.hasCustomBuckets()) {
      return (lower + upper) / 2;
    }
    double geometric = Math.sqrt(Math.abs(lower * upper));
    return positive ? geometric : -geometric;
  }

  private static double finiteOrZero(double v) {
    return Double.isInfinite(v) ? 0 : v;
  }
}
