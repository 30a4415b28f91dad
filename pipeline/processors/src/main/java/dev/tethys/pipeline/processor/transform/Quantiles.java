package dev.tethys.pipeline.processor.transform;

import dev.tethys.model.telemetry.ExponentialHistogramDataPoint;
import dev.tethys.model.telemetry.HistogramDataPoint;

/** Quantiles out of buckets: linear inside of explicit ones, logarithmic in exponential ones. */
final class Quantiles {
  private Quantiles() {}

  /** NaN when there are no observations or no buckets. */
  static double of(HistogramDataPoint p, double q) {
    long[] counts = p.bucketCounts();
    double[] bounds = p.explicitBounds();
    long total = 0;
    for (long c : counts) {
      total += c;
    }
    if (total == 0 || counts.length != bounds.length + 1) {
      return Double.NaN;
    }
    double rank = q * total;
    double below = 0;
    for (int i = 0; i < counts.length; i++) {
      if (counts[i] > 0 && below + counts[i] >= rank) {
        double low = i > 0 ? bounds[i - 1] : first(p, bounds);
        double high = i < bounds.length ? bounds[i] : p.hasMax() ? p.max() : low;
        return low + (high - low) * (rank - below) / counts[i];
      }
      below += counts[i];
    }
    return bounds.length == 0 ? Double.NaN : bounds[bounds.length - 1];
  }

  private static double first(HistogramDataPoint p, double[] bounds) {
    if (p.hasMin()) {
      return p.min();
    }
    return bounds.length > 0 ? Math.min(0, bounds[0]) : 0;
  }

  /** NaN when there are no observations. */
  static double of(ExponentialHistogramDataPoint p, double q) {
    long total = p.zeroCount();
    for (long c : p.positiveCounts()) {
      total += c;
    }
    for (long c : p.negativeCounts()) {
      total += c;
    }
    if (total == 0) {
      return Double.NaN;
    }
    double rank = q * total;
    double below = 0;
    long[] negative = p.negativeCounts();
    for (int i = negative.length - 1; i >= 0; i--) {
      if (negative[i] > 0 && below + negative[i] >= rank) {
        double share = (rank - below) / negative[i];
        return -between(p, p.negativeOffset() + i, 1 - share);
      }
      below += negative[i];
    }
    if (p.zeroCount() > 0 && below + p.zeroCount() >= rank) {
      return 0;
    }
    below += p.zeroCount();
    long[] positive = p.positiveCounts();
    for (int i = 0; i < positive.length; i++) {
      if (positive[i] > 0 && below + positive[i] >= rank) {
        return between(p, p.positiveOffset() + i, (rank - below) / positive[i]);
      }
      below += positive[i];
    }
    return p.hasMax() ? p.max() : Double.NaN;
  }

  /** Between the bounds of a bucket, in the logarithm. */
  private static double between(ExponentialHistogramDataPoint p, int index, double share) {
    return Math.pow(2, (index + share) * Math.pow(2, -p.scale()));
  }
}
