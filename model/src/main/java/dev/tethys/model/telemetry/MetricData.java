package dev.tethys.model.telemetry;

import java.util.ArrayList;
import java.util.List;

/** The data points of a metric, which are all of the same kind. */
public abstract sealed class MetricData<P extends DataPoint> extends Message {
  /** Unspecified temporality. */
  public static final int TEMPORALITY_UNSPECIFIED = 0;

  /** Points count since the point before. */
  public static final int TEMPORALITY_DELTA = 1;

  /** Points count since one start. */
  public static final int TEMPORALITY_CUMULATIVE = 2;

  private final ArrayList<P> points = new ArrayList<>();

  private MetricData() {}

  /** The points, which may be changed in place. */
  public final List<P> points() {
    return points;
  }

  /** A deep copy. */
  public abstract MetricData<P> copy();

  @SuppressWarnings("unchecked") // the copy of a point is of its class, which is final
  final void copyPoints(MetricData<P> from) {
    setUnknownFields(from.unknownFields());
    points.ensureCapacity(from.points.size());
    for (P p : from.points) {
      points.add((P) p.copy());
    }
  }

  /** Data aggregated over time or since the last point. */
  public abstract static sealed class Aggregated<P extends DataPoint> extends MetricData<P> {
    private int temporality;

    private Aggregated() {}

    /** {@link #TEMPORALITY_DELTA}, {@link #TEMPORALITY_CUMULATIVE}, or neither. */
    public final int temporality() {
      return temporality;
    }

    public final void setTemporality(int temporality) {
      this.temporality = temporality;
    }
  }

  /** Values without aggregation. */
  public static final class Gauge extends MetricData<NumberDataPoint> {
    @Override
    public Gauge copy() {
      Gauge c = new Gauge();
      c.copyPoints(this);
      return c;
    }
  }

  /** Additive values. */
  public static final class Sum extends Aggregated<NumberDataPoint> {
    private boolean monotonic;

    /** Whether it never falls. */
    public boolean isMonotonic() {
      return monotonic;
    }

    public void setMonotonic(boolean monotonic) {
      this.monotonic = monotonic;
    }

    @Override
    public Sum copy() {
      Sum c = new Sum();
      c.copyPoints(this);
      c.setTemporality(temporality());
      c.monotonic = monotonic;
      return c;
    }
  }

  /** Histograms with explicit bounds. */
  public static final class Histogram extends Aggregated<HistogramDataPoint> {
    @Override
    public Histogram copy() {
      Histogram c = new Histogram();
      c.copyPoints(this);
      c.setTemporality(temporality());
      return c;
    }
  }

  /** Histograms with exponential buckets. */
  public static final class ExponentialHistogram extends Aggregated<ExponentialHistogramDataPoint> {
    @Override
    public ExponentialHistogram copy() {
      ExponentialHistogram c = new ExponentialHistogram();
      c.copyPoints(this);
      c.setTemporality(temporality());
      return c;
    }
  }

  /** Quantiles taken by the source. */
  public static final class Summary extends MetricData<SummaryDataPoint> {
    @Override
    public Summary copy() {
      Summary c = new Summary();
      c.copyPoints(this);
      return c;
    }
  }
}
