package dev.tethys.model.histogram;

import dev.tethys.model.Histogram;
import dev.tethys.model.Histogram.ResetHint;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Detects counter resets between histograms. A hint of the later sample decides. Without a hint, a
 * decreased count of observations, of the zero bucket or of a bucket is a reset; so are a finer
 * schema and a narrower zero bucket, which occur only together with a reset. For a coarser schema
 * or a wider zero bucket, the earlier sample is converted before the comparison.
 */
public final class CounterReset {
  private static final double[] NO_BOUNDS = {};

  private CounterReset() {}

  /** Whether a reset happened between two samples. */
  public static boolean between(Histogram previous, Histogram current) {
    if (current.resetHint() == ResetHint.RESET) {
      return true;
    }
    if (current.resetHint() == ResetHint.NOT_RESET) {
      return false;
    }
    if (current.count() < previous.count()) {
      return true;
    }
    if (current.hasCustomBuckets()) {
      if (!previous.hasCustomBuckets()) {
        return true;
      }
      double[] now = bounds(current);
      double[] before = bounds(previous);
      if (!HistogramAccumulator.sameBounds(now, before)) {
        return shrankBetweenCommonBounds(previous, before, current, now);
      }
    }
    if (current.schema() > previous.schema()
        || current.zeroThreshold() < previous.zeroThreshold()) {
      return true;
    }
    if (sameLayout(previous, current)) {
      return current.zeroCount() < previous.zeroCount()
          || shrank(previous.positive(), current.positive())
          || shrank(previous.negative(), current.negative());
    }
    BucketRow positive = row(previous.positiveSpans(), previous.positive());
    BucketRow negative = row(previous.negativeSpans(), previous.negative());
    double zeroCount = previous.zeroCount();
    if (current.zeroThreshold() > previous.zeroThreshold()) {
      ZeroBucket zero = new ZeroBucket().start(previous.zeroThreshold(), previous.zeroCount(), 0);
      zero.widen(current.zeroThreshold(), previous.schema(), positive, negative, false);
      if (zero.threshold != current.zeroThreshold()) {
        return true; // it ends within a populated bucket of the earlier sample
      }
      zeroCount = zero.count;
    }
    return current.zeroCount() < zeroCount
        || shrank(positive, previous, row(current.positiveSpans(), current.positive()), current)
        || shrank(negative, previous, row(current.negativeSpans(), current.negative()), current);
  }

  /**
   * Returns the reset hint of a stored sample: if the sample came without one, no reset since the
   * previous sample, provided that it has the same layout. A reset is never claimed, because an
   * older sample may still be written between the two.
   */
  public static ResetHint hint(@Nullable Histogram previous, Histogram current) {
    if (previous == null || current.resetHint() != ResetHint.UNKNOWN) {
      return current.resetHint();
    }
    boolean sameLayout =
        !previous.isStale()
            && !current.isStale()
            && previous.resetHint() != ResetHint.GAUGE
            && previous.schema() == current.schema()
            && previous.zeroThreshold() == current.zeroThreshold()
            && HistogramAccumulator.sameBounds(bounds(previous), bounds(current));
    return sameLayout && !between(previous, current) ? ResetHint.NOT_RESET : ResetHint.UNKNOWN;
  }

  private static double[] bounds(Histogram h) {
    double[] b = h.customBounds();
    return b == null ? NO_BOUNDS : b;
  }

  private static boolean sameLayout(Histogram a, Histogram b) {
    return a.schema() == b.schema()
        && a.zeroThreshold() == b.zeroThreshold()
        && Arrays.equals(a.positiveSpans(), b.positiveSpans())
        && Arrays.equals(a.negativeSpans(), b.negativeSpans())
        && a.positive().length == b.positive().length
        && a.negative().length == b.negative().length;
  }

  private static boolean shrank(double[] before, double[] now) {
    for (int i = 0; i < before.length; i++) {
      if (now[i] < before[i]) {
        return true;
      }
    }
    return false;
  }

  private static BucketRow row(int[] spans, double[] buckets) {
    BucketRow row = new BucketRow();
    row.load(spans, buckets);
    return row;
  }

  private static boolean shrank(
      BucketRow before, Histogram previous, BucketRow now, Histogram current) {
    if (!current.hasCustomBuckets()) {
      if (previous.schema() > current.schema()) {
        before.reduce(previous.schema(), current.schema(), false);
      }
      dropWithinZero(before, current);
      dropWithinZero(now, current);
    }
    int n = 0;
    for (int i = 0; i < before.size; i++) {
      while (n < now.size && now.index[n] < before.index[i]) {
        n++;
      }
      boolean same = n < now.size && now.index[n] == before.index[i];
      if (same ? now.count[n] < before.count[i] : before.count[i] != 0) {
        return true;
      }
    }
    return false;
  }

  private static void dropWithinZero(BucketRow row, Histogram current) {
    int n = 0;
    while (current.zeroThreshold() > 0
        && n < row.size
        && BucketBounds.exponential(row.index[n], current.schema()) <= current.zeroThreshold()) {
      n++;
    }
    row.dropFirst(n);
  }

  private static boolean shrankBetweenCommonBounds(
      Histogram previous, double[] before, Histogram current, double[] now) {
    BucketRow p = row(previous.positiveSpans(), previous.positive());
    BucketRow c = row(current.positiveSpans(), current.positive());
    int ip = 0;
    int ic = 0;
    int bp = 0;
    int bc = 0;
    while (bp <= before.length && bc <= now.length) {
      double boundBefore = bp < before.length ? before[bp] : Double.POSITIVE_INFINITY;
      double boundNow = bc < now.length ? now[bc] : Double.POSITIVE_INFINITY;
      if (boundNow == boundBefore) {
        double sumNow = 0;
        for (; ic < c.size && c.index[ic] <= bc; ic++) {
          sumNow += c.count[ic];
        }
        double sumBefore = 0;
        for (; ip < p.size && p.index[ip] <= bp; ip++) {
          sumBefore += p.count[ip];
        }
        if (sumNow < sumBefore) {
          return true;
        }
        bp++;
        bc++;
      } else if (boundNow < boundBefore) {
        bc++;
      } else {
        bp++;
      }
    }
    return false;
  }
}
