package dev.tethys.pipeline.processor.transform;

import dev.tethys.model.telemetry.ExponentialHistogramDataPoint;
import dev.tethys.model.telemetry.HistogramDataPoint;
import dev.tethys.pipeline.ottl.EvaluationException;

/**
 * Percentiles of bucketed distributions: linear interpolation in explicit buckets, logarithmic in
 * exponential ones. As in the Collector, the rank is a whole observation of the point's count.
 */
final class Quantiles {
  private Quantiles() {}

  /**
   * Computes a percentile; NaN if there are no observations or no buckets.
   *
   * @throws EvaluationException if the buckets do not fit the bounds or the count
   */
  static double of(HistogramDataPoint p, double percentile) {
    long[] counts = p.bucketCounts();
    double[] bounds = p.explicitBounds();
    if (p.count() == 0 || counts.length == 0) {
      return Double.NaN;
    }
    if (counts.length != bounds.length + 1) {
      throw new EvaluationException(
          "a histogram of " + counts.length + " buckets has " + bounds.length + " bounds");
    }
    if (bounds.length == 0 && !(p.hasMin() && p.hasMax())) {
      return Double.NaN;
    }
    long rank = rank(p.count(), percentile);
    long below = 0;
    for (int i = 0; i < counts.length; i++) {
      if (below + counts[i] >= rank) {
        double low = i > 0 ? bounds[i - 1] : first(p, bounds);
        double high = i < bounds.length ? bounds[i] : p.hasMax() ? Math.max(low, p.max()) : low;
        return low + (high - low) * (rank - below) / counts[i];
      }
      below += counts[i];
    }
    throw tooFew(rank, below);
  }

  private static long rank(long count, double percentile) {
    return (long) Math.ceil(count * (percentile / 100));
  }

  private static EvaluationException tooFew(long rank, long counted) {
    return new EvaluationException(
        "the buckets have " + counted + " observations, the requested one is number " + rank);
  }

  private static double first(HistogramDataPoint p, double[] bounds) {
    if (p.hasMin()) {
      return p.min();
    }
    return bounds.length > 0 ? Math.min(0, bounds[0]) : 0;
  }

  /**
   * Computes a percentile; NaN if there are no observations or no buckets.
   *
   * @throws EvaluationException if the buckets do not fit the count
   */
  static double of(ExponentialHistogramDataPoint p, double percentile) {
    long[] negative = p.negativeCounts();
    long[] positive = p.positiveCounts();
    if (p.count() == 0 || negative.length == 0 && positive.length == 0 && p.zeroCount() == 0) {
      return Double.NaN;
    }
    long rank = rank(p.count(), percentile);
    long below = 0;
    for (int i = negative.length - 1; i >= 0; i--) {
      if (below + negative[i] >= rank) {
        double share = (double) (rank - below) / negative[i];
        return -between(p, p.negativeOffset() + i, 1 - share);
      }
      below += negative[i];
    }
    if (below + p.zeroCount() >= rank) {
      double low = negative.length == 0 && positive.length > 0 ? 0 : -p.zeroThreshold();
      double high = positive.length == 0 && negative.length > 0 ? 0 : p.zeroThreshold();
      return low + (high - low) * (rank - below) / p.zeroCount();
    }
    below += p.zeroCount();
    for (int i = 0; i < positive.length; i++) {
      if (below + positive[i] >= rank) {
        double share = (double) (rank - below) / positive[i];
        return between(p, p.positiveOffset() + i, share);
      }
      below += positive[i];
    }
    throw tooFew(rank, below);
  }

  /** Interpolates logarithmically between the bounds of a bucket. */
  private static double between(ExponentialHistogramDataPoint p, int index, double share) {
    return Math.pow(2, (index + share) * Math.pow(2, -p.scale()));
  }
}
