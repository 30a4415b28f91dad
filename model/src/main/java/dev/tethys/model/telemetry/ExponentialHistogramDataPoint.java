package dev.tethys.model.telemetry;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A point of a histogram with exponential buckets. */
public final class ExponentialHistogramDataPoint extends DataPoint {
  private long count;
  private boolean hasSum;
  private double sum;
  private boolean hasMin;
  private double min;
  private boolean hasMax;
  private double max;
  private int scale;
  private long zeroCount;
  private double zeroThreshold;
  private int positiveOffset;
  private long[] positiveCounts = NO_COUNTS;
  private int negativeOffset;
  private long[] negativeCounts = NO_COUNTS;
  private @Nullable ArrayList<Exemplar> exemplars;

  /** How many observations. */
  public long count() {
    return count;
  }

  public void setCount(long count) {
    this.count = count;
  }

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
  public ExponentialHistogramDataPoint copy() {
    ExponentialHistogramDataPoint c = new ExponentialHistogramDataPoint();
    c.copyCommon(this);
    c.count = count;
    c.hasSum = hasSum;
    c.sum = sum;
    c.hasMin = hasMin;
    c.min = min;
    c.hasMax = hasMax;
    c.max = max;
    c.scale = scale;
    c.zeroCount = zeroCount;
    c.zeroThreshold = zeroThreshold;
    c.positiveOffset = positiveOffset;
    c.positiveCounts = positiveCounts.clone();
    c.negativeOffset = negativeOffset;
    c.negativeCounts = negativeCounts.clone();
    if (exemplars != null) {
      for (Exemplar e : exemplars) {
        c.exemplars().add(e.copy());
      }
    }
    return c;
  }
}
