package dev.tethys.pipeline.processor.connector.spanmetrics;

import dev.tethys.model.histogram.ExponentialCounts;
import dev.tethys.model.telemetry.Attributes;
import dev.tethys.model.telemetry.DataPoint;
import dev.tethys.model.telemetry.Exemplar;
import dev.tethys.model.telemetry.ExponentialHistogramDataPoint;
import dev.tethys.model.telemetry.HistogramDataPoint;
import dev.tethys.model.telemetry.NumberDataPoint;
import dev.tethys.model.telemetry.Span;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/**
 * Counts of one attribute set. Guarded by the connector.
 *
 * @param <P> kind of the resulting points
 */
public abstract sealed class Series<P extends DataPoint> {
  private final Attributes attributes;
  private final long startNanos;
  private final Exemplars exemplars = new Exemplars();
  private long seenMillis;
  private long held;

  private Series(Attributes attributes, long startNanos) {
    this.attributes = attributes;
    this.startNanos = startNanos;
  }

  /** When it began. */
  public long startNanos() {
    return startNanos;
  }

  /** The bytes that it holds of the memory of series. */
  public long held() {
    return held;
  }

  public void setHeld(long bytes) {
    held = bytes;
  }

  /** When something was counted last. */
  public long seenMillis() {
    return seenMillis;
  }

  /** Counts a duration, as often as its span represents spans. */
  public final void count(double duration, long times, long nowMillis) {
    seenMillis = nowMillis;
    add(duration, times);
  }

  final void exemplar(Span span, double duration, int most) {
    exemplars.add(span, duration, most);
  }

  /** How it stands; its exemplars go with the point. */
  public final P point(long startNanos, long nanos) {
    P p = point();
    p.attributes().putAll(attributes);
    p.setStartTimeUnixNano(startNanos);
    p.setTimeUnixNano(nanos);
    exemplars.moveTo(exemplarsOf(p), nanos);
    return p;
  }

  abstract void add(double duration, long times);

  abstract P point();

  abstract List<Exemplar> exemplarsOf(P point);

  /** Count of spans. */
  public static final class Number extends Series<NumberDataPoint> {
    private long count;

    public Number(Attributes attributes, long startNanos) {
      super(attributes, startNanos);
    }

    @Override
    void add(double duration, long times) {
      count += times;
    }

    @Override
    NumberDataPoint point() {
      NumberDataPoint p = new NumberDataPoint();
      p.setLong(count);
      return p;
    }

    @Override
    List<Exemplar> exemplarsOf(NumberDataPoint point) {
      return point.exemplars();
    }
  }

  /** Duration histogram with fixed bounds. */
  public static final class Explicit extends Series<HistogramDataPoint> {
    private final double[] bounds;
    private final long[] counts;
    private long count;
    private double sum;

    public Explicit(Attributes attributes, long startNanos, double[] bounds) {
      super(attributes, startNanos);
      this.bounds = bounds;
      this.counts = new long[bounds.length + 1];
    }

    @Override
    void add(double duration, long times) {
      int at = Arrays.binarySearch(bounds, duration); // a bound belongs to the bucket below it
      counts[at < 0 ? -at - 1 : at] += times;
      count += times;
      sum += duration * times;
    }

    @Override
    HistogramDataPoint point() {
      HistogramDataPoint p = new HistogramDataPoint();
      p.setExplicitBounds(bounds.clone());
      p.setBucketCounts(counts.clone());
      p.setCount(count);
      p.setSum(sum);
      return p;
    }

    @Override
    List<Exemplar> exemplarsOf(HistogramDataPoint point) {
      return point.exemplars();
    }
  }

  /**
   * Duration histogram with exponential buckets; their scale is reduced when the number of buckets
   * exceeds its maximum.
   */
  public static final class Exponential extends Series<ExponentialHistogramDataPoint> {
    /** The finest and the coarsest scale of OpenTelemetry's SDKs. */
    private static final int MAX_SCALE = 20;

    private static final int MIN_SCALE = -10;

    private final ExponentialCounts counts;

    public Exponential(Attributes attributes, long startNanos, int maxSize) {
      super(attributes, startNanos);
      this.counts = new ExponentialCounts(MAX_SCALE, MIN_SCALE, maxSize);
    }

    @Override
    void add(double duration, long times) {
      counts.observe(duration, times);
    }

    @Override
    ExponentialHistogramDataPoint point() {
      ExponentialHistogramDataPoint p = new ExponentialHistogramDataPoint();
      p.setCount(counts.count());
      p.setSum(counts.sum());
      if (counts.count() > 0) {
        p.setMin(counts.min());
        p.setMax(counts.max());
      }
      p.setScale(counts.scale());
      p.setZeroCount(counts.zero());
      Map<Integer, Long> buckets = counts.positive(); // a duration is never negative
      if (!buckets.isEmpty()) {
        int first = Integer.MAX_VALUE;
        int last = Integer.MIN_VALUE;
        for (int key : buckets.keySet()) {
          first = Math.min(first, key);
          last = Math.max(last, key);
        }
        long[] dense = new long[last - first + 1];
        for (Map.Entry<Integer, Long> b : buckets.entrySet()) {
          dense[b.getKey() - first] = b.getValue();
        }
        p.setPositiveOffset(first);
        p.setPositiveCounts(dense);
      }
      return p;
    }

    @Override
    List<Exemplar> exemplarsOf(ExponentialHistogramDataPoint point) {
      return point.exemplars();
    }
  }
}
