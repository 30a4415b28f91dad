package dev.tethys.model.telemetry;

/** A point of a histogram with explicit bounds. */
public final class HistogramDataPoint extends DistributionDataPoint {
  private long[] bucketCounts = NO_COUNTS;
  private double[] explicitBounds = NO_BOUNDS;

  /** Observations in each bucket: one more than bounds, or none at all. */
  public long[] bucketCounts() {
    return bucketCounts;
  }

  public void setBucketCounts(long[] bucketCounts) {
    this.bucketCounts = bucketCounts;
  }

  /** Upper bounds of the buckets but the last, ascending. */
  public double[] explicitBounds() {
    return explicitBounds;
  }

  public void setExplicitBounds(double[] explicitBounds) {
    this.explicitBounds = explicitBounds;
  }

  /** A deep copy. */
  @Override
  public HistogramDataPoint copy() {
    HistogramDataPoint c = new HistogramDataPoint();
    c.copyDistribution(this);
    c.bucketCounts = bucketCounts.clone();
    c.explicitBounds = explicitBounds.clone();
    return c;
  }
}
