package dev.tethys.model.histogram;

import dev.tethys.model.Histogram;
import java.util.Arrays;
import java.util.Objects;

/** Single operations on histograms; a row of them is cheaper with {@link HistogramAccumulator}. */
public final class HistogramArithmetic {
  private HistogramArithmetic() {}

  /** All counts and the sum times a factor; a negative factor gives a gauge. */
  public static Histogram multiply(Histogram h, double factor) {
    return new HistogramAccumulator(h).multiply(factor).toHistogram();
  }

  /** All counts and the sum with the other sign, as a gauge; empty buckets stay. */
  public static Histogram negate(Histogram h) {
    return new HistogramAccumulator(h).multiply(-1).withEmptyBuckets();
  }

  /** All counts and the sum divided; a negative divisor gives a gauge, 0 removes the buckets. */
  public static Histogram divide(Histogram h, double by) {
    return new HistogramAccumulator(h).divide(by).toHistogram();
  }

  /** Without the observations above a value; buckets that hold it are split by interpolation. */
  public static Histogram trimAbove(Histogram h, double value) {
    return HistogramTrim.trim(h, value, true);
  }

  /** Without the observations below a value; buckets that hold it are split by interpolation. */
  public static Histogram trimBelow(Histogram h, double value) {
    return HistogramTrim.trim(h, value, false);
  }

  /** The same observations without empty buckets and with as few spans as possible. */
  public static Histogram compact(Histogram h) {
    return isCompact(h.positiveSpans(), h.positive()) && isCompact(h.negativeSpans(), h.negative())
        ? h
        : withRows(
            h,
            h.schema(),
            row(h.positiveSpans(), h.positive()),
            row(h.negativeSpans(), h.negative()));
  }

  private static boolean isCompact(int[] spans, double[] buckets) {
    for (double b : buckets) {
      if (b == 0) {
        return false;
      }
    }
    for (int i = 0; i < spans.length; i += 2) {
      if (spans[i + 1] == 0 || i > 0 && spans[i] <= 0) {
        return false;
      }
    }
    return true;
  }

  private static BucketRow row(int[] spans, double[] buckets) {
    BucketRow row = new BucketRow();
    row.load(spans, buckets);
    return row;
  }

  private static Histogram withRows(
      Histogram h, int schema, BucketRow positive, BucketRow negative) {
    positive.dropEmpty();
    negative.dropEmpty();
    return new Histogram(
        h.integer(),
        h.resetHint(),
        schema,
        h.zeroThreshold(),
        h.zeroCount(),
        h.count(),
        h.sum(),
        positive.spans(),
        positive.counts(),
        negative.spans(),
        negative.counts(),
        h.customBounds());
  }

  /** Only count, sum, schema and hint. */
  public static Histogram withoutBuckets(Histogram h, Histogram.ResetHint hint) {
    return new Histogram(
        false,
        hint,
        h.schema(),
        0,
        0,
        h.count(),
        h.sum(),
        new int[0],
        new double[0],
        new int[0],
        new double[0],
        h.hasCustomBuckets() ? new double[0] : null);
  }

  /**
   * Whether two histograms are equal bit for bit in count, sum and populated buckets. The reset
   * hint, the kind of numbers and empty buckets do not matter.
   */
  public static boolean sameObservations(Histogram a, Histogram b) {
    if (a == b) {
      return true;
    }
    if (a.schema() != b.schema()
        || !sameBits(a.count(), b.count())
        || !sameBits(a.sum(), b.sum())
        || !sameBits(a.zeroCount(), b.zeroCount())
        || a.zeroThreshold() != b.zeroThreshold()) {
      return false;
    }
    if (a.hasCustomBuckets()
        && !HistogramAccumulator.sameBounds(
            Objects.requireNonNullElse(a.customBounds(), new double[0]),
            Objects.requireNonNullElse(b.customBounds(), new double[0]))) {
      return false;
    }
    return sameRow(a.positiveSpans(), a.positive(), b.positiveSpans(), b.positive())
        && sameRow(a.negativeSpans(), a.negative(), b.negativeSpans(), b.negative());
  }

  private static boolean sameRow(int[] spansA, double[] a, int[] spansB, double[] b) {
    if (Arrays.equals(spansA, spansB) && a.length == b.length) {
      for (int i = 0; i < a.length; i++) {
        if (!sameBits(a[i], b[i])) {
          return false;
        }
      }
      return true;
    }
    BucketRow ra = row(spansA, a);
    BucketRow rb = row(spansB, b);
    ra.dropEmpty();
    rb.dropEmpty();
    if (ra.size != rb.size) {
      return false;
    }
    for (int i = 0; i < ra.size; i++) {
      if (ra.index[i] != rb.index[i] || !sameBits(ra.count[i], rb.count[i])) {
        return false;
      }
    }
    return true;
  }

  private static boolean sameBits(double a, double b) {
    return Double.doubleToRawLongBits(a) == Double.doubleToRawLongBits(b);
  }

  /**
   * Weight of the histogram in float samples, for sample limits and statistics; the same figure as
   * in Prometheus.
   */
  public static int weight(Histogram h) {
    return (bytes(h) + 8) / 16;
  }

  /** Returns the size that determines {@link #weight}. */
  static int bytes(Histogram h) {
    double[] bounds = h.customBounds();
    return 168
        + 4 * (h.positiveSpans().length + h.negativeSpans().length)
        + 8 * (h.positive().length + h.negative().length + (bounds == null ? 0 : bounds.length));
  }
}
