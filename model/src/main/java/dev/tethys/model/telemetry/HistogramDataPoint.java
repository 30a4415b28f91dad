package dev.tethys.model.telemetry;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A point of a histogram with explicit bounds. */
public final class HistogramDataPoint extends DataPoint {
  private long count;
  private boolean hasSum;
  private double sum;
  private boolean hasMin;
  private double min;
  private boolean hasMax;
  private double max;
  private long[] bucketCounts = NO_COUNTS;
  private double[] explicitBounds = NO_BOUNDS;
  private @Nullable ArrayList<Exemplar> exemplars;

  /** How many observations. */
  public long count() {
    return count;
  }

  public void setCount(long count) {
    this.count = count;
  }

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

  /** The exemplars, which may be changed in place. */
  public List<Exemplar> exemplars() {
    if (exemplars == null) {
      exemplars = new ArrayList<>(4);
    }
    return exemplars;
  }

  /** Whether {@link #exemplars()} has any; makes no list. */
  public boolean hasExemplars() {
    return exemplars != null && !exemplars.isEmpty();
  }

  /** Whether there is a sum. */
  public boolean hasSum() {
    return hasSum;
  }

  /** The sum; 0 if there is none. */
  public double sum() {
    return sum;
  }

  public void setSum(double sum) {
    this.sum = sum;
    hasSum = true;
  }

  public void clearSum() {
    sum = 0;
    hasSum = false;
  }

  /** Whether there is a min. */
  public boolean hasMin() {
    return hasMin;
  }

  /** The min; 0 if there is none. */
  public double min() {
    return min;
  }

  public void setMin(double min) {
    this.min = min;
    hasMin = true;
  }

  public void clearMin() {
    min = 0;
    hasMin = false;
  }

  /** Whether there is a max. */
  public boolean hasMax() {
    return hasMax;
  }

  /** The max; 0 if there is none. */
  public double max() {
    return max;
  }

  public void setMax(double max) {
    this.max = max;
    hasMax = true;
  }

  public void clearMax() {
    max = 0;
    hasMax = false;
  }

  /** A deep copy. */
  @Override
  public HistogramDataPoint copy() {
    HistogramDataPoint c = new HistogramDataPoint();
    c.copyCommon(this);
    c.count = count;
    c.hasSum = hasSum;
    c.sum = sum;
    c.hasMin = hasMin;
    c.min = min;
    c.hasMax = hasMax;
    c.max = max;
    c.bucketCounts = bucketCounts.clone();
    c.explicitBounds = explicitBounds.clone();
    if (exemplars != null) {
      for (Exemplar e : exemplars) {
        c.exemplars().add(e.copy());
      }
    }
    return c;
  }
}
