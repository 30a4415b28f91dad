package dev.tethys.model.telemetry;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Common base of histogram points with any kind of buckets. */
public abstract sealed class DistributionDataPoint extends DataPoint
    permits HistogramDataPoint, ExponentialHistogramDataPoint {
  private long count;
  private boolean hasSum;
  private double sum;
  private boolean hasMin;
  private double min;
  private boolean hasMax;
  private double max;
  private @Nullable ArrayList<Exemplar> exemplars;

  DistributionDataPoint() {}

  /** Returns the number of observations. */
  public final long count() {
    return count;
  }

  public final void setCount(long count) {
    this.count = count;
  }

  /** The exemplars, which may be changed in place. */
  public final List<Exemplar> exemplars() {
    if (exemplars == null) {
      exemplars = new ArrayList<>(4);
    }
    return exemplars;
  }

  /** Whether {@link #exemplars()} has any; makes no list. */
  public final boolean hasExemplars() {
    return exemplars != null && !exemplars.isEmpty();
  }

  /** Whether there is a sum. */
  public final boolean hasSum() {
    return hasSum;
  }

  /** The sum; 0 if there is none. */
  public final double sum() {
    return sum;
  }

  public final void setSum(double sum) {
    this.sum = sum;
    hasSum = true;
  }

  public final void clearSum() {
    sum = 0;
    hasSum = false;
  }

  /** Whether there is a min. */
  public final boolean hasMin() {
    return hasMin;
  }

  /** The min; 0 if there is none. */
  public final double min() {
    return min;
  }

  public final void setMin(double min) {
    this.min = min;
    hasMin = true;
  }

  public final void clearMin() {
    min = 0;
    hasMin = false;
  }

  /** Whether there is a max. */
  public final boolean hasMax() {
    return hasMax;
  }

  /** The max; 0 if there is none. */
  public final double max() {
    return max;
  }

  public final void setMax(double max) {
    this.max = max;
    hasMax = true;
  }

  public final void clearMax() {
    max = 0;
    hasMax = false;
  }

  final void copyDistribution(DistributionDataPoint from) {
    copyCommon(from);
    count = from.count;
    hasSum = from.hasSum;
    sum = from.sum;
    hasMin = from.hasMin;
    min = from.min;
    hasMax = from.hasMax;
    max = from.max;
    if (from.exemplars != null) {
      for (Exemplar e : from.exemplars) {
        exemplars().add(e.copy());
      }
    }
  }
}
