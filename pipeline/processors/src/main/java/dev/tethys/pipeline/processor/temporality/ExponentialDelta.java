package dev.tethys.pipeline.processor.temporality;

import dev.tethys.model.telemetry.ExponentialHistogramDataPoint;
import dev.tethys.pipeline.processor.Points;

/** What was added to an exponential histogram since an earlier point of it. */
final class ExponentialDelta {
  private ExponentialDelta() {}

  /**
   * Takes an earlier point away. After a reset all of the later one was added since; that it was
   * one shows by a count that has fallen, also that of a single bucket.
   */
  static void subtract(ExponentialHistogramDataPoint p, ExponentialHistogramDataPoint before) {
    p.clearMin();
    p.clearMax();
    if (p.count() < before.count() || p.zeroThreshold() < before.zeroThreshold()) {
      return;
    }
    // A point that takes away what is as fine as the coarser of both; the later one is finer only
    // when its source began anew and nobody saw it by the count.
    int scale = Math.min(p.scale(), before.scale());
    Points.Buckets positive = at(scale, before.positiveOffset(), before, true);
    Points.Buckets negative = at(scale, before.negativeOffset(), before, false);
    long zeros =
        before.zeroCount()
            + positive.takeUpTo(p.zeroThreshold(), scale)
            + negative.takeUpTo(p.zeroThreshold(), scale);
    Points.Buckets newPositive = at(scale, p.positiveOffset(), p, true);
    Points.Buckets newNegative = at(scale, p.negativeOffset(), p, false);
    if (zeros > p.zeroCount()
        || !newPositive.subtract(positive)
        || !newNegative.subtract(negative)) {
      return;
    }
    p.setScale(scale);
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

  private static Points.Buckets at(
      int scale, int offset, ExponentialHistogramDataPoint of, boolean positive) {
    Points.Buckets b = new Points.Buckets();
    b.add(offset, positive ? of.positiveCounts() : of.negativeCounts(), of.scale() - scale);
    return b;
  }
}
