package dev.tethys.app.collector;

import dev.tethys.model.telemetry.Attributes;
import dev.tethys.model.telemetry.DataPoint;
import dev.tethys.model.telemetry.HistogramDataPoint;
import dev.tethys.model.telemetry.Metric;
import dev.tethys.model.telemetry.MetricData;
import dev.tethys.model.telemetry.NumberDataPoint;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Counters and histograms since they were sent last. What was not sent stays in what follows. There
 * are as many series as the process has, so nothing is forgotten.
 */
final class DeltaMetrics {
  private static final long NANOS = 1_000_000;

  private record Series(String metric, Attributes attributes) {}

  private Map<Series, DataPoint> before = Map.of();
  private Map<Series, DataPoint> now = Map.of();
  private long beforeMillis;
  private long nowMillis;

  /** From a time on. */
  DeltaMetrics(long startMillis) {
    beforeMillis = startMillis;
    nowMillis = startMillis;
  }

  /** What is new of cumulative metrics, which it may change. */
  List<Metric> since(List<Metric> cumulative, long millis) {
    Map<Series, DataPoint> seen = new HashMap<>();
    for (Metric m : cumulative) {
      switch (m.data()) {
        case MetricData.Sum sum -> {
          sum.setTemporality(MetricData.TEMPORALITY_DELTA);
          for (NumberDataPoint p : sum.points()) {
            DataPoint old = begin(seen, m, p);
            if (old instanceof NumberDataPoint o && o.doubleValue() <= p.doubleValue()) {
              p.setDouble(p.doubleValue() - o.doubleValue());
            }
          }
        }
        case MetricData.Histogram h -> {
          h.setTemporality(MetricData.TEMPORALITY_DELTA);
          for (HistogramDataPoint p : h.points()) {
            DataPoint old = begin(seen, m, p);
            if (old instanceof HistogramDataPoint o
                && o.count() <= p.count()
                && Arrays.equals(o.explicitBounds(), p.explicitBounds())) {
              subtract(p, o);
            }
          }
        }
        case null, default -> {}
      }
    }
    now = seen;
    nowMillis = millis;
    return cumulative;
  }

  private @Nullable DataPoint begin(Map<Series, DataPoint> seen, Metric m, DataPoint p) {
    Series key = new Series(m.name(), p.attributes().copy());
    seen.put(key, p.copy());
    p.setStartTimeUnixNano(beforeMillis * NANOS);
    return before.get(key);
  }

  private static void subtract(HistogramDataPoint p, HistogramDataPoint o) {
    long[] counts = p.bucketCounts().clone();
    for (int i = 0; i < counts.length; i++) {
      counts[i] -= o.bucketCounts()[i];
    }
    p.setBucketCounts(counts);
    p.setCount(p.count() - o.count());
    p.setSum(p.sum() - o.sum());
  }

  /** What came last was taken. */
  void sent() {
    before = now;
    beforeMillis = nowMillis;
  }
}
