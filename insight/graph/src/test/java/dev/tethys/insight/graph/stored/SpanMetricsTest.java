package dev.tethys.insight.graph.stored;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.model.Labels;
import dev.tethys.model.Samples;
import dev.tethys.model.access.Scope;
import dev.tethys.model.guard.SeriesMemory;
import dev.tethys.model.telemetry.ResourceGroup;
import dev.tethys.model.telemetry.ScopeGroup;
import dev.tethys.model.telemetry.Span;
import dev.tethys.model.telemetry.TracesData;
import dev.tethys.model.traces.SpanBatch;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;

class SpanMetricsTest {
  private static final String TENANT = Scope.DEFAULT_TENANT;
  private static final long INTERVAL = 15_000;
  private static final long STALE = 900_000;

  private static SpanBatch batch(
      String service, String name, int kind, int status, long... millis) {
    TracesData data = new TracesData();
    ResourceGroup<Span> r = new ResourceGroup<>();
    r.resource().attributes().put("service.name", service);
    ScopeGroup<Span> s = new ScopeGroup<>();
    r.scopes().add(s);
    data.resources().add(r);
    for (long m : millis) {
      Span span = new Span();
      span.setTraceId(0, m + 1);
      span.setSpanId(1);
      span.setName(name);
      span.setKind(kind);
      span.setStatusCode(status);
      span.setStartTimeUnixNano(1_000_000);
      span.setEndTimeUnixNano(1_000_000 + m * 1_000_000);
      s.items().add(span);
    }
    return SpanBatch.of(data);
  }

  private static String[] labels(String service, String name, String kind, String status) {
    return new String[] {
      "service", service, "span_name", name, "span_kind", kind, "status_code", status
    };
  }

  @Test
  void countsCallsSizesAndLatencies() {
    SpanMetrics m = new SpanMetrics(100, 100);
    m.add(TENANT, batch("a", "GET", 2, 2, 1, 3, 30_000), 300, 1000);
    m.add(TENANT, batch("a", "GET", 2, 2, 5), 100, 1000);
    LastSamples out = new LastSamples();
    m.write(out, 16_000, INTERVAL, STALE);
    String[] l = labels("a", "GET", "SPAN_KIND_SERVER", "STATUS_CODE_ERROR");
    assertThat(out.last("traces_spanmetrics_calls_total", l)).isEqualTo(4);
    assertThat(out.last("traces_spanmetrics_size_total", l)).isEqualTo(400);
    assertThat(out.last("traces_spanmetrics_latency_count", l)).isEqualTo(4);
    assertThat(out.last("traces_spanmetrics_latency_sum", l)).isEqualTo(30.009);
    Labels bucket =
        Labels.of(l).toBuilder().set("__name__", "traces_spanmetrics_latency_bucket").build();
    assertThat(out.values.get(bucket.toBuilder().set("le", "0.002").build()))
        .containsExactly(0.0, 1.0);
    assertThat(out.values.get(bucket.toBuilder().set("le", "0.004").build()))
        .containsExactly(0.0, 2.0);
    assertThat(out.values.get(bucket.toBuilder().set("le", "16.384").build()))
        .containsExactly(0.0, 3.0);
    Labels slow = bucket.toBuilder().set("le", "+Inf").build();
    assertThat(out.values.get(slow)).containsExactly(0.0, 4.0);
    assertThat(out.exemplars).containsOnlyKeys(slow);
    assertThat(Objects.requireNonNull(out.exemplars.get(slow)).labels().get("traceID"))
        .isEqualTo("00000000000000000000000000007531");
    m.write(out, 31_000, INTERVAL, STALE);
    assertThat(out.values.get(slow)).containsExactly(0.0, 4.0, 4.0);
  }

  @Test
  void endsSeriesWithoutSpansAndBeginsThemAgainFromZero() {
    SpanMetrics m = new SpanMetrics(100, 100);
    m.add(TENANT, batch("a", "GET", 2, 0, 1), 10, 1000);
    LastSamples out = new LastSamples();
    m.write(out, 2000, INTERVAL, STALE);
    m.write(out, 1000 + STALE, INTERVAL, STALE);
    String[] l = labels("a", "GET", "SPAN_KIND_SERVER", "STATUS_CODE_UNSET");
    assertThat(
            Samples.isStale(Objects.requireNonNull(out.last("traces_spanmetrics_calls_total", l))))
        .isTrue();
    assertThat(m.size()).isZero();
    m.add(TENANT, batch("a", "GET", 2, 0, 1), 10, 2_000_000);
    m.write(out, 2_010_000, INTERVAL, STALE);
    assertThat(out.last("traces_spanmetrics_calls_total", l)).isEqualTo(1);
  }

  @Test
  void countsSpansBeyondTheLimitsAsOther() {
    SpanMetrics m = new SpanMetrics(10, 3);
    for (int i = 0; i < 6; i++) {
      m.add(TENANT, batch("a", "name " + i, 2, 0, 1), 10, 1000);
    }
    for (int i = 0; i < 50; i++) {
      m.add("other-tenant", batch("service " + i, "x", 2, 0, 1), 10, 1000);
    }
    LastSamples out = new LastSamples();
    m.write(out, 2000, INTERVAL, STALE);
    assertThat(
            out.last(
                "traces_spanmetrics_calls_total",
                labels("a", "other", "SPAN_KIND_SERVER", "STATUS_CODE_UNSET")))
        .isEqualTo(3);
    assertThat(m.size()).isLessThanOrEqualTo(22);
    assertThat(m.cut()).isGreaterThan(40);
    double all =
        out.values.entrySet().stream()
            .filter(e -> e.getKey().get("__name__").equals("traces_spanmetrics_calls_total"))
            .mapToDouble(e -> e.getValue().getLast())
            .sum();
    assertThat(all).isEqualTo(56);
    assertThat(List.copyOf(out.values.keySet()).getLast().toString()).isNotEmpty();
  }

  @Test
  void longNamesTakeTheMemoryOfSeries() {
    SeriesMemory memory = new SeriesMemory(20_000_000);
    SpanMetrics m = new SpanMetrics(1000, 1000, memory);
    for (int i = 0; i < 20; i++) {
      m.add(TENANT, batch("a", i + "n".repeat(100_000), 2, 0, 1), 100, 1000);
    }
    assertThat(m.cut()).as("each name takes 6 MB").isEqualTo(17);
    assertThat(m.size()).isEqualTo(4);
    m.write(new LastSamples(), 1000 + STALE, INTERVAL, STALE);
    assertThat(memory.inUse()).isZero();
  }

  @Test
  void separatesSpansOfTheNodeAgent() {
    SpanMetrics m = new SpanMetrics(100, 100);
    SpanBatch own = batch("a", "GET", 2, 1, 5);
    SpanBatch observed = batch("a", "GET", 2, 1, 7, 9);
    observed.scopeName[0] = observed.texts.add("tethys-node-agent");
    m.add(TENANT, own, 100, 1000);
    m.add(TENANT, observed, 100, 1000);
    LastSamples out = new LastSamples();
    m.write(out, 16_000, INTERVAL, STALE);
    String[] l = labels("a", "GET", "SPAN_KIND_SERVER", "STATUS_CODE_OK");
    assertThat(out.last("traces_spanmetrics_calls_total", l)).isEqualTo(1);
    String[] more = Arrays.copyOf(l, l.length + 2);
    more[l.length] = "observed_by";
    more[l.length + 1] = "node-agent";
    assertThat(out.last("traces_spanmetrics_calls_total", more)).isEqualTo(2);
  }
}
