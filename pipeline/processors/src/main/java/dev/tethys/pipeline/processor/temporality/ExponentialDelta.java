package dev.tethys.pipeline.processor.temporality;

import dev.tethys.model.telemetry.ExponentialHistogramDataPoint;
import dev.tethys.pipeline.processor.ExponentialBuckets;

/** Difference between two points of an exponential histogram. */
final class ExponentialDelta {
  private ExponentialDelta() {}

  /**
   * Takes an earlier point away. After a reset all of the later one was added since; that it was
   * one shows by a count that has fallen, also that of a single bucket, a smaller threshold or
   * finer buckets.
   */
  static void subtract(ExponentialHistogramDataPoint p, ExponentialHistogramDataPoint before) {
    p.clearMin();
    p.clearMax();
    if (p.count() < before.count()
        || p.zeroThreshold() < before.zeroThreshold()
        || p.scale() > before.scale()) {
      return;
    }
    // At its own scale: what a threshold has swallowed there is a part of a coarser bucket.
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
