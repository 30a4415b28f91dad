package dev.tethys.pipeline.processor.connector;

import dev.tethys.insight.graph.Durations;
import dev.tethys.model.histogram.ExponentialCounts;
import dev.tethys.model.telemetry.Attributes;
import dev.tethys.model.telemetry.DataPoint;
import dev.tethys.model.telemetry.ExponentialHistogramDataPoint;
import dev.tethys.model.telemetry.HistogramDataPoint;
import dev.tethys.model.telemetry.Metric;
import dev.tethys.model.telemetry.MetricData;
import dev.tethys.model.telemetry.NumberDataPoint;
import java.util.List;
import java.util.Map;

/** OTLP points and metrics of counters and distributions. */
public final class CountPoints {
  private CountPoints() {}

  /** Creates a counter point. */
  public static NumberDataPoint of(long count) {
    NumberDataPoint p = new NumberDataPoint();
    p.setLong(count);
    return p;
  }

  /** Creates a distribution point. */
  public static DataPoint of(Durations d) {
    return switch (d) {
      case Durations.Classic c -> {
        HistogramDataPoint p = new HistogramDataPoint();
        p.setExplicitBounds(c.bounds());
        p.setBucketCounts(c.counts());
        p.setCount(c.count());
        p.setSum(c.sum());
        yield p;
      }
      case Durations.Exponential e -> exponential(e.counts());
    };
  }

  private static DataPoint exponential(ExponentialCounts counts) {
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

  /** Sets the attributes and times of a point. */
  public static <P extends DataPoint> P with(P p, Attributes a, long startNanos, long nanos) {
    p.attributes().putAll(a);
    p.setStartTimeUnixNano(startNanos);
    p.setTimeUnixNano(nanos);
    return p;
  }

  /** Creates a metric from at least one point, all of the same kind. */
  @SuppressWarnings("unchecked") // all points are of the kind of the first
  public static Metric metric(String name, String unit, int temporality, List<DataPoint> points) {
    MetricData.Aggregated<?> data =
        switch (points.getFirst()) {
          case NumberDataPoint _ -> {
            MetricData.Sum sum = new MetricData.Sum();
            sum.setMonotonic(true);
            yield sum;
          }
          case HistogramDataPoint _ -> new MetricData.Histogram();
          case ExponentialHistogramDataPoint _ -> new MetricData.ExponentialHistogram();
          default -> throw new IllegalArgumentException("points of " + name + " have no counts");
        };
    data.setTemporality(temporality);
    ((List<DataPoint>) data.points()).addAll(points);
    Metric m = new Metric();
    m.setName(name);
    m.setUnit(unit);
    m.setData(data);
    return m;
  }
}
