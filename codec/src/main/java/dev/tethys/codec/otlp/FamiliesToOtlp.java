package dev.tethys.codec.otlp;

import dev.tethys.model.Labels;
import dev.tethys.model.MetricType;
import dev.tethys.model.exposition.MetricFamily;
import dev.tethys.model.exposition.MetricFamily.Buckets;
import dev.tethys.model.exposition.MetricFamily.Native;
import dev.tethys.model.exposition.MetricFamily.Quantiles;
import dev.tethys.model.exposition.MetricFamily.Value;
import dev.tethys.model.telemetry.DataPoint;
import dev.tethys.model.telemetry.HistogramDataPoint;
import dev.tethys.model.telemetry.Metric;
import dev.tethys.model.telemetry.MetricData;
import dev.tethys.model.telemetry.NumberDataPoint;
import dev.tethys.model.telemetry.SummaryDataPoint;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Creates OTLP metrics from the families that a program exposes about itself. */
public final class FamiliesToOtlp {
  private static final String TOTAL = "_total";
  private static final long NANOS = 1_000_000;

  private final long startMillis;
  private final long nowMillis;

  private FamiliesToOtlp(long startMillis, long nowMillis) {
    this.startMillis = startMillis;
    this.nowMillis = nowMillis;
  }

  /**
   * One metric for each family; counters lose their {@code _total}, which OTLP does not have.
   *
   * @param startMillis start time of counters that do not have one
   */
  public static List<Metric> convert(
      List<MetricFamily> families, long startMillis, long nowMillis) {
    FamiliesToOtlp to = new FamiliesToOtlp(startMillis, nowMillis);
    List<Metric> out = new ArrayList<>(families.size());
    for (MetricFamily f : families) {
      if (!f.metrics().isEmpty()) {
        out.add(to.metric(f));
      }
    }
    return out;
  }

  private Metric metric(MetricFamily f) {
    Metric m = new Metric();
    boolean counter = f.type() == MetricType.COUNTER;
    m.setName(
        counter && f.name().endsWith(TOTAL)
            ? f.name().substring(0, f.name().length() - TOTAL.length())
            : f.name());
    m.setDescription(f.help());
    m.setUnit(f.unit());
    switch (f.metrics().getFirst().point()) {
      case Value v when counter -> {
        MetricData.Sum sum = new MetricData.Sum();
        sum.setMonotonic(true);
        sum.setTemporality(MetricData.TEMPORALITY_CUMULATIVE);
        numbers(f, sum);
        m.setData(sum);
      }
      case Value v -> {
        MetricData.Gauge gauge = new MetricData.Gauge();
        numbers(f, gauge);
        m.setData(gauge);
      }
      case Buckets b -> m.setData(buckets(f));
      case Quantiles q -> m.setData(quantiles(f));
      case Native n -> natives(f, m);
    }
    return m;
  }

  private <P extends DataPoint> P point(P p, MetricFamily.Metric from, boolean counts) {
    Long at = from.timestamp();
    p.setTimeUnixNano((at == null ? nowMillis : at) * NANOS);
    if (counts) {
      p.setStartTimeUnixNano(
          (from.startTimestamp() == 0 ? startMillis : from.startTimestamp()) * NANOS);
    }
    for (Labels.Label l : from.labels().toList()) {
      p.attributes().add(l.name(), l.value());
    }
    return p;
  }

  private void numbers(MetricFamily f, MetricData<NumberDataPoint> to) {
    for (MetricFamily.Metric x : f.metrics()) {
      if (x.point() instanceof Value v) {
        NumberDataPoint p = point(new NumberDataPoint(), x, to instanceof MetricData.Sum);
        p.setDouble(v.value());
        to.points().add(p);
      }
    }
  }

  private MetricData.Histogram buckets(MetricFamily f) {
    MetricData.Histogram data = new MetricData.Histogram();
    data.setTemporality(MetricData.TEMPORALITY_CUMULATIVE);
    for (MetricFamily.Metric x : f.metrics()) {
      if (x.point() instanceof Buckets b) {
        HistogramDataPoint p = point(new HistogramDataPoint(), x, true);
        long[] counts = new long[b.bounds().length];
        for (int i = 0; i < counts.length; i++) {
          counts[i] = Math.round(b.cumulative()[i] - (i == 0 ? 0 : b.cumulative()[i - 1]));
        }
        p.setExplicitBounds(Arrays.copyOf(b.bounds(), Math.max(0, counts.length - 1)));
        p.setBucketCounts(counts);
        p.setCount(Math.round(b.count()));
        p.setSum(b.sum());
        data.points().add(p);
      }
    }
    return data;
  }

  private MetricData.Summary quantiles(MetricFamily f) {
    MetricData.Summary data = new MetricData.Summary();
    for (MetricFamily.Metric x : f.metrics()) {
      if (x.point() instanceof Quantiles q) {
        SummaryDataPoint p = point(new SummaryDataPoint(), x, true);
        p.setCount(Math.round(q.count()));
        p.setSum(q.sum());
        p.setQuantiles(q.quantiles().clone());
        p.setQuantileValues(q.values().clone());
        data.points().add(p);
      }
    }
    return data;
  }

  private void natives(MetricFamily f, Metric to) {
    FamilySeries series =
        FamilySeries.of(to, MetricType.HISTOGRAM, true, new FamilySeries.Starts());
    for (MetricFamily.Metric x : f.metrics()) {
      if (x.point() instanceof Native n) {
        series.enter("", x.labels());
        series.histogram(nowMillis, n.histogram());
      }
    }
    series.finish((labels, millis, value) -> {});
    MetricData<?> data = to.data();
    if (data != null) {
      for (DataPoint p : data.points()) {
        p.setStartTimeUnixNano(startMillis * NANOS);
      }
    }
  }
}
