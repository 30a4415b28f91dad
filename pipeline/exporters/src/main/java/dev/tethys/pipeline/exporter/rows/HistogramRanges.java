package dev.tethys.pipeline.exporter.rows;

import dev.tethys.model.telemetry.DistributionDataPoint;
import dev.tethys.model.telemetry.ExponentialHistogramDataPoint;
import dev.tethys.model.telemetry.HistogramDataPoint;

/** Walks over the buckets of a histogram of either kind, the lowest first. */
public final class HistogramRanges {
  /** Receives non-empty buckets. */
  public interface Ranges {
    void range(double lower, double upper, long count);
  }

  private HistogramRanges() {}

  /** Passes the buckets of a histogram to a consumer. */
  public static void of(DistributionDataPoint d, Ranges to) {
    switch (d) {
      case HistogramDataPoint h -> explicit(h, to);
      case ExponentialHistogramDataPoint e -> exponential(e, to);
    }
  }

  private static void explicit(HistogramDataPoint h, Ranges to) {
    long[] counts = h.bucketCounts();
    double[] bounds = h.explicitBounds();
    for (int i = 0; i < counts.length; i++) {
      if (counts[i] > 0) {
        to.range(
            i == 0 || i > bounds.length ? Double.NEGATIVE_INFINITY : bounds[i - 1],
            i < bounds.length ? bounds[i] : Double.POSITIVE_INFINITY,
            counts[i]);
      }
    }
  }

  private static void exponential(ExponentialHistogramDataPoint e, Ranges to) {
    double ln = Math.scalb(Math.log(2), -e.scale());
    for (int i = e.negativeCounts().length - 1; i >= 0; i--) {
      if (e.negativeCounts()[i] > 0) {
        double index = (double) e.negativeOffset() + i;
        to.range(-exp(ln * (index + 1)), -exp(ln * index), e.negativeCounts()[i]);
      }
    }
    if (e.zeroCount() > 0) {
      to.range(-e.zeroThreshold(), e.zeroThreshold(), e.zeroCount());
    }
    for (int i = 0; i < e.positiveCounts().length; i++) {
      if (e.positiveCounts()[i] > 0) {
        double index = (double) e.positiveOffset() + i;
        to.range(exp(ln * index), exp(ln * (index + 1)), e.positiveCounts()[i]);
      }
    }
  }

  /**
   * Computes the exponential function; the outermost bucket may end beyond the range of a double.
   */
  private static double exp(double v) {
    return Math.min(Double.MAX_VALUE, Math.exp(v));
  }
}
