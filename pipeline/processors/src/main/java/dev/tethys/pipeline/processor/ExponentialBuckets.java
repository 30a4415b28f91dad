package dev.tethys.pipeline.processor;

import dev.tethys.model.telemetry.ExponentialHistogramDataPoint;

/** Mutable copy of the buckets of one sign of an exponential histogram. */
public final class ExponentialBuckets {
  private final int scale;
  private final int offset;
  private long[] counts;

  private ExponentialBuckets(int scale, int offset, long[] counts) {
    this.scale = scale;
    this.offset = offset;
    this.counts = counts;
  }

  public static ExponentialBuckets positive(ExponentialHistogramDataPoint of) {
    return new ExponentialBuckets(of.scale(), of.positiveOffset(), of.positiveCounts().clone());
  }

  public static ExponentialBuckets negative(ExponentialHistogramDataPoint of) {
    return new ExponentialBuckets(of.scale(), of.negativeOffset(), of.negativeCounts().clone());
  }

  int scale() {
    return scale;
  }

  /** Returns the index of the first bucket. */
  public int offset() {
    return offset;
  }

  public long[] counts() {
    return counts;
  }

  /** Returns the index of a bucket after the scale is lowered by {@code by}. */
  static long lowered(long index, long by) {
    return index >> Math.min(by, Long.SIZE - 1);
  }

  /** Returns the same counts at a coarser or equal scale. */
  public ExponentialBuckets at(int coarser) {
    long by = (long) scale - coarser;
    if (by == 0 || counts.length == 0) {
      return new ExponentialBuckets(coarser, offset, counts);
    }
    long low = lowered(offset, by);
    long high = lowered((long) offset + counts.length - 1, by);
    long[] fewer = new long[(int) (high - low) + 1];
    addTo(fewer, low, coarser);
    return new ExponentialBuckets(coarser, (int) low, fewer);
  }

  /**
   * Adds the counts to buckets of a coarser or equal scale whose first bucket has the index {@code
   * low}.
   */
  void addTo(long[] sums, long low, int coarser) {
    long by = (long) scale - coarser;
    for (int i = 0; i < counts.length; i++) {
      if (counts[i] != 0) {
        sums[(int) (lowered((long) offset + i, by) - low)] += counts[i];
      }
    }
  }

  /** Whether all buckets are empty. */
  boolean isEmpty() {
    return lowest() > highest();
  }

  /** Returns the lowest non-empty index at this scale. */
  long lowest() {
    int i = 0;
    while (i < counts.length && counts[i] == 0) {
      i++;
    }
    return (long) offset + i;
  }

  /** Returns the highest non-empty index at this scale. */
  long highest() {
    int i = counts.length - 1;
    while (i >= 0 && counts[i] == 0) {
      i--;
    }
    return (long) offset + i;
  }

  /**
   * Subtracts other counts of the same scale.
   *
   * @return whether every bucket was large enough; nothing is subtracted otherwise
   */
  public boolean subtract(ExponentialBuckets others) {
    long[] less = counts.clone();
    for (int i = 0; i < others.counts.length; i++) {
      long at = (long) others.offset + i - offset;
      if (others.counts[i] == 0) {
        continue;
      }
      if (at < 0 || at >= less.length || less[(int) at] < others.counts[i]) {
        return false;
      }
      less[(int) at] -= others.counts[i];
    }
    counts = less;
    return true;
  }

  /** Removes the buckets up to a threshold and returns their total count. */
  public long takeUpTo(double threshold) {
    if (!(threshold > 0)) {
      return 0;
    }
    long end = indexAbove(threshold);
    long n = 0;
    for (int i = 0; i < counts.length && (long) offset + i < end; i++) {
      n += counts[i];
      counts[i] = 0;
    }
    return n;
  }

  /**
   * Returns the threshold that splits no bucket with counts: the given one, or the upper bound of
   * the bucket that contains it.
   */
  double wholeThreshold(double threshold) {
    if (!(threshold > 0) || Double.isInfinite(threshold)) {
      return threshold;
    }
    long at = indexAbove(threshold);
    long i = at - offset;
    double exponent = log2(threshold);
    boolean parted =
        i >= 0
            && i < counts.length
            && counts[(int) i] != 0
            && Math.scalb(exponent - slack(exponent), scale) > at;
    double upper = Math.pow(2, Math.scalb((double) (at + 1), -scale));
    return parted && upper > threshold && !Double.isInfinite(upper) ? upper : threshold;
  }

  /** Returns the index of the first bucket that exceeds a threshold by more than rounding. */
  private long indexAbove(double threshold) {
    // A bucket reaches from 2^(index * 2^-scale) up to 2^((index+1) * 2^-scale).
    double exponent = log2(threshold);
    return (long) Math.floor(Math.scalb(exponent + slack(exponent), scale));
  }

  private static double log2(double value) {
    return Math.log(value) / Math.log(2);
  }

  /** Returns the maximum rounding error of a bound given as a number. */
  private static double slack(double exponent) {
    return 1e-12 * Math.max(1, Math.abs(exponent));
  }
}
