package dev.tethys.pipeline.processor.temporality;

import dev.tethys.model.telemetry.ExponentialHistogramDataPoint;
import dev.tethys.pipeline.processor.ExponentialBuckets;

/** Difference between two points of an exponential histogram. */
final class ExponentialDelta {
  private ExponentialDelta() {}

  /**
   * Subtracts an earlier point. After a reset the later point counts whole. A reset shows as a
   * lower count, in total or of a bucket, a smaller threshold or finer buckets.
   */
  static void subtract(ExponentialHistogramDataPoint p, ExponentialHistogramDataPoint before) {
    p.clearMin();
    p.clearMax();
    if (p.count() < before.count()
        || p.zeroThreshold() < before.zeroThreshold()
        || p.scale() > before.scale()) {
      return;
    }
    // At its own scale: observations absorbed by the threshold there are part of a coarser bucket.
    ExponentialBuckets positive = ExponentialBuckets.positive(before);
    ExponentialBuckets negative = ExponentialBuckets.negative(before);
    long zeros =
        before.zeroCount()
            + positive.takeUpTo(p.zeroThreshold())
            + negative.takeUpTo(p.zeroThreshold());
    int scale = p.scale();
    ExponentialBuckets newPositive = ExponentialBuckets.positive(p).at(scale);
    ExponentialBuckets newNegative = ExponentialBuckets.negative(p).at(scale);
    if (zeros > p.zeroCount()
        || !newPositive.subtract(positive.at(scale))
        || !newNegative.subtract(negative.at(scale))) {
      return;
    }
    p.setPositiveOffset(newPositive.offset());
    p.setPositiveCounts(newPositive.counts());
    p.setNegativeOffset(newNegative.offset());
    p.setNegativeCounts(newNegative.counts());
    p.setZeroCount(p.zeroCount() - zeros);
    p.setCount(p.count() - before.count());
    if (p.hasSum() && before.hasSum()) {
      p.setSum(p.sum() - before.sum());
    }
  }
}
