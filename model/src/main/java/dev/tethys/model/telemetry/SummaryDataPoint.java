package dev.tethys.model.telemetry;

/** A point of a summary. */
public final class SummaryDataPoint extends DataPoint {
  private long count;
  private double sum;
  private double[] quantiles = NO_BOUNDS;
  private double[] quantileValues = NO_BOUNDS;

  public long count() {
    return count;
  }

  public void setCount(long count) {
    this.count = count;
  }

  public double sum() {
    return sum;
  }

  public void setSum(double sum) {
    this.sum = sum;
  }

  /** The quantiles, from 0 to 1. */
  public double[] quantiles() {
    return quantiles;
  }

  public void setQuantiles(double[] quantiles) {
    this.quantiles = quantiles;
  }

  /** The value at each of {@link #quantiles()}: an array of the same length. */
  public double[] quantileValues() {
    return quantileValues;
  }

  public void setQuantileValues(double[] quantileValues) {
    this.quantileValues = quantileValues;
  }

  /** A deep copy. */
  @Override
  public SummaryDataPoint copy() {
    SummaryDataPoint c = new SummaryDataPoint();
    c.copyCommon(this);
    c.count = count;
    c.sum = sum;
    c.quantiles = quantiles.clone();
    c.quantileValues = quantileValues.clone();
    return c;
  }
}
