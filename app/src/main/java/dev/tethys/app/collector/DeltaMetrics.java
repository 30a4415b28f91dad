package dev.tethys.app.collector;

import dev.tethys.codec.otlp.FamiliesToOtlp;
import dev.tethys.model.Labels;
import dev.tethys.model.MetricType;
import dev.tethys.model.exposition.MetricFamily;
import dev.tethys.model.exposition.MetricFamily.Buckets;
import dev.tethys.model.exposition.MetricFamily.Metric;
import dev.tethys.model.exposition.MetricFamily.Point;
import dev.tethys.model.exposition.MetricFamily.Value;
import dev.tethys.model.telemetry.MetricData;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Increases of counters and classic histograms since the last successful push. If a push fails, the
 * next one includes its increases. The number of series is that of the process, so none is evicted.
 * A series whose count decreased was reset; its whole value counts as increase.
 */
final class DeltaMetrics {
  private record Series(String metric, Labels labels) {}

  private Map<Series, Point> before = Map.of();
  private Map<Series, Point> now = Map.of();
  private long beforeMillis;
  private long nowMillis;

  /** Starts at a time. */
  DeltaMetrics(long startMillis) {
    beforeMillis = startMillis;
    nowMillis = startMillis;
  }

  /** Increases since the last push, before views merge series. */
  List<MetricFamily> since(List<MetricFamily> all, long millis) {
    Map<Series, Point> seen = new HashMap<>();
    List<MetricFamily> out = new ArrayList<>(all.size());
    for (MetricFamily f : all) {
      if (!isCounted(f)) {
        out.add(f);
        continue;
      }
      List<Metric> deltas = new ArrayList<>(f.metrics().size());
      for (Metric m : f.metrics()) {
        Series key = new Series(f.name(), m.labels());
        seen.put(key, m.point());
        deltas.add(
            new Metric(m.labels(), since(before.get(key), m.point()), m.timestamp(), beforeMillis));
      }
      out.add(new MetricFamily(f.name(), f.type(), f.help(), f.unit(), deltas));
    }
    now = seen;
    nowMillis = millis;
    return out;
  }

  /** Converts to OTLP and marks increases as deltas. */
  List<dev.tethys.model.telemetry.Metric> convert(List<MetricFamily> deltas) {
    List<dev.tethys.model.telemetry.Metric> out =
        FamiliesToOtlp.convert(deltas, beforeMillis, nowMillis);
    for (dev.tethys.model.telemetry.Metric m : out) {
      switch (m.data()) {
        case MetricData.Sum s -> s.setTemporality(MetricData.TEMPORALITY_DELTA);
        case MetricData.Histogram h -> h.setTemporality(MetricData.TEMPORALITY_DELTA);
        case null, default -> {}
      }
    }
    return out;
  }

  private static boolean isCounted(MetricFamily f) {
    return f.type() == MetricType.COUNTER
        || !f.metrics().isEmpty() && f.metrics().getFirst().point() instanceof Buckets;
  }

  private static Point since(@Nullable Point old, Point p) {
    return switch (p) {
      case Value v when old instanceof Value o && o.value() <= v.value() ->
          new Value(v.value() - o.value(), null);
      case Buckets b when old instanceof Buckets o -> since(o, b);
      default -> p;
    };
  }

  private static Buckets since(Buckets old, Buckets b) {
    boolean same = old.count() <= b.count() && Arrays.equals(old.bounds(), b.bounds());
    double[] cumulative = b.cumulative().clone();
    double inOld = 0;
    double inNew = 0;
    for (int i = 0; same && i < cumulative.length; i++) {
      same = old.cumulative()[i] - inOld <= b.cumulative()[i] - inNew;
      inOld = old.cumulative()[i];
      inNew = b.cumulative()[i];
      cumulative[i] -= inOld;
    }
    return same
        ? new Buckets(
            b.count() - old.count(), b.sum() - old.sum(), b.bounds(), cumulative, List.of())
        : b;
  }

  /** Records that the last push succeeded. */
  void sent() {
    before = now;
    beforeMillis = nowMillis;
  }
}
