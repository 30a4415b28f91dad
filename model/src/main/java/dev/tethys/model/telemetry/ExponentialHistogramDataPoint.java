package dev.tethys.model.telemetry;

/** A point of a histogram with exponential buckets. */
public final class ExponentialHistogramDataPoint extends DistributionDataPoint {
  private int scale;
  private long zeroCount;
  private double zeroThreshold;
  private int positiveOffset;
  private long[] positiveCounts = NO_COUNTS;
  private int negativeOffset;
  private long[] negativeCounts = NO_COUNTS;

  /** Bounds are powers of 2^(2^-scale). */
  public int scale() {
    return scale;
  }

  public void setScale(int scale) {
    this.scale = scale;
  }

  public long zeroCount() {
    return zeroCount;
  }

  public void setZeroCount(long zeroCount) {
    this.zeroCount = zeroCount;
  }

  /** Observations up to this absolute value are in the zero bucket. */
  public double zeroThreshold() {
    return zeroThreshold;
  }

  public void setZeroThreshold(double zeroThreshold) {
    this.zeroThreshold = zeroThreshold;
  }

  /** The index of the first positive bucket. */
  public int positiveOffset() {
    return positiveOffset;
  }

  public void setPositiveOffset(int positiveOffset) {
    this.positiveOffset = positiveOffset;
  }

  public long[] positiveCounts() {
    return positiveCounts;
  }

  public void setPositiveCounts(long[] positiveCounts) {
    this.positiveCounts = positiveCounts;
  }

  /** The index of the first negative bucket. */
  public int negativeOffset() {
    return negativeOffset;
  }

  public void setNegativeOffset(int negativeOffset) {
    this.negativeOffset = negativeOffset;
  }

  public long[] negativeCounts() {
    return negativeCounts;
  }

  public void setNegativeCounts(long[] negativeCounts) {
    this.negativeCounts = negativeCounts;
  }

  /** A deep copy. */
  @Override
  public ExponentialHistogramDataPoint copy() {
    ExponentialHistogramDataPoint c = new ExponentialHistogramDataPoint();
    c.copyDistribution(this);
    c.scale = scale;
    c.zeroCount = zeroCount;
    c.zeroThreshold = zeroThreshold;
    c.positiveOffset = positiveOffset;
    c.positiveCounts = positiveCounts.clone();
    c.negativeOffset = negativeOffset;
    c.negativeCounts = negativeCounts.clone();
    return c;
  }
}
