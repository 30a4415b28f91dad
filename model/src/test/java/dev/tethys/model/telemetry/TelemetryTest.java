package dev.tethys.model.telemetry;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Objects;
import org.junit.jupiter.api.Test;

class TelemetryTest {
  private static <T extends Item<T>> ScopeGroup<T> scope(Telemetry<T> of) {
    ResourceGroup<T> r = new ResourceGroup<>();
    r.resource().attributes().put("service.name", "shop");
    ScopeGroup<T> s = new ScopeGroup<>();
    r.scopes().add(s);
    of.resources().add(r);
    return s;
  }

  @Test
  void countsDataPointsAndNotMetrics() {
    MetricsData data = new MetricsData();
    ScopeGroup<Metric> scope = scope(data);
    Metric gauge = new Metric();
    MetricData.Gauge points = new MetricData.Gauge();
    points.points().add(new NumberDataPoint());
    points.points().add(new NumberDataPoint());
    gauge.setData(points);
    scope.items().add(gauge);
    scope.items().add(new Metric());
    assertThat(data.itemCount()).isEqualTo(2);
  }

  @Test
  void metricCopySharesNothing() {
    MetricsData data = new MetricsData();
    ScopeGroup<Metric> scope = scope(data);
    Metric m = new Metric();
    MetricData.Histogram h = new MetricData.Histogram();
    h.setTemporality(MetricData.TEMPORALITY_DELTA);
    HistogramDataPoint p = new HistogramDataPoint();
    p.setSum(3);
    p.setBucketCounts(new long[] {1, 2});
    p.attributes().put("k", "v");
    Exemplar e = new Exemplar();
    e.setLong(7);
    p.exemplars().add(e);
    h.points().add(p);
    m.setData(h);
    scope.items().add(m);

    MetricsData copy = data.copy();
    p.bucketCounts()[0] = 9;
    p.clearSum();
    p.attributes().put("k", "w");
    e.setDouble(1);
    h.points().clear();

    MetricData.Histogram ch =
        (MetricData.Histogram)
            Objects.requireNonNull(
                copy.resources().getFirst().scopes().getFirst().items().getFirst().data());
    assertThat(ch.temporality()).isEqualTo(MetricData.TEMPORALITY_DELTA);
    HistogramDataPoint cp = ch.points().getFirst();
    assertThat(cp.bucketCounts()).containsExactly(1, 2);
    assertThat(cp.hasSum()).isTrue();
    assertThat(cp.sum()).isEqualTo(3);
    assertThat(cp.hasMin()).isFalse();
    assertThat(cp.attributes().get("k")).isEqualTo("v");
    assertThat(cp.exemplars().getFirst().isInt()).isTrue();
    assertThat(cp.exemplars().getFirst().longValue()).isEqualTo(7);
  }

  @Test
  void removesEmptyGroups() {
    LogsData data = new LogsData();
    ScopeGroup<LogRecord> kept = scope(data);
    kept.items().add(new LogRecord());
    data.resources().getFirst().scopes().add(new ScopeGroup<>());
    scope(data);
    data.removeEmpty();
    assertThat(data.resources()).hasSize(1);
    assertThat(data.resources().getFirst().scopes()).containsExactly(kept);
    assertThat(data.itemCount()).isEqualTo(1);
  }

  @Test
  void spanCopySharesNothing() {
    TracesData data = new TracesData();
    Span s = new Span();
    s.setTraceId(1, 2);
    SpanEvent event = new SpanEvent();
    event.setName("retry");
    s.events().add(event);
    scope(data).items().add(s);
    TracesData copy = data.copy();
    event.setName("other");
    s.links().add(new SpanLink());
    Span c = copy.resources().getFirst().scopes().getFirst().items().getFirst();
    assertThat(c.traceIdLow()).isEqualTo(2);
    assertThat(c.events().getFirst().name()).isEqualTo("retry");
    assertThat(c.hasLinks()).isFalse();
  }
}
