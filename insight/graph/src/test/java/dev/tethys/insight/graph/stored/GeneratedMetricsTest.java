package dev.tethys.insight.graph.stored;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.model.Labels;
import dev.tethys.model.access.Scope;
import dev.tethys.model.exposition.MetricFamily;
import dev.tethys.model.exposition.Registry;
import dev.tethys.model.telemetry.ResourceGroup;
import dev.tethys.model.telemetry.ScopeGroup;
import dev.tethys.model.telemetry.Span;
import dev.tethys.model.telemetry.TracesData;
import dev.tethys.model.traces.SpanAppendResult;
import dev.tethys.model.traces.SpanBatch;
import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.Test;

class GeneratedMetricsTest {
  private static final Instant NOW = Instant.ofEpochSecond(1_700_000_000);

  private final LastSamples out = new LastSamples();
  private final Registry registry = new Registry();
  private final GeneratedMetrics metrics =
      new GeneratedMetrics(GeneratedMetrics.Settings.DEFAULT, () -> out, () -> NOW, registry);

  /** Sides of a request, 0 the client, 1 the server, which end at a distance from the clock. */
  private static SpanBatch request(Duration distance, int... sides) {
    TracesData data = new TracesData();
    for (int side : sides) {
      ResourceGroup<Span> r = new ResourceGroup<>();
      r.resource().attributes().put("service.name", side == 0 ? "web" : "cart");
      ScopeGroup<Span> s = new ScopeGroup<>();
      r.scopes().add(s);
      data.resources().add(r);
      Span span = new Span();
      span.setTraceId(0, distance.toMillis() + 1_000_000_000_000L);
      span.setSpanId(1 + side);
      span.setParentSpanId(side);
      span.setName("GET");
      span.setKind(side == 0 ? 3 : 2);
      long end = NOW.plus(distance).toEpochMilli() * 1_000_000;
      span.setStartTimeUnixNano(end - Duration.ofHours(1).toNanos());
      span.setEndTimeUnixNano(end);
      s.items().add(span);
    }
    return SpanBatch.of(data);
  }

  private void append(String tenant, SpanBatch b) {
    metrics.appended(tenant, b, 100, SpanAppendResult.stored(b.spans));
  }

  private double total(String name) {
    return out.values.entrySet().stream()
        .filter(e -> e.getKey().get(Labels.METRIC_NAME).equals(name))
        .mapToDouble(e -> e.getValue().getLast())
        .sum();
  }

  @Test
  void spansThatEndFarFromTheClockAreNotCounted() {
    for (Duration distance :
        new Duration[] {
          Duration.ofDays(-30),
          Duration.ofDays(3),
          Duration.ofMinutes(-6),
          Duration.ofMinutes(6),
          Duration.ofMinutes(-4), // a long span: it began an hour before
          Duration.ofMinutes(4),
          Duration.ZERO
        }) {
      append(Scope.DEFAULT_TENANT, request(distance, 0, 1));
    }
    metrics.write();
    assertThat(total("traces_spanmetrics_calls_total")).isEqualTo(6);
    assertThat(total("traces_service_graph_request_total")).isEqualTo(3);
    assertThat(
            registry.gather().stream()
                .filter(f -> f.name().equals("tethys_traces_span_metrics_distant_spans_total"))
                .map(f -> f.metrics().getFirst().point())
                .mapToDouble(p -> ((MetricFamily.Value) p).value())
                .sum())
        .isEqualTo(8);
  }

  @Test
  void spansOfTwoTenantsAreNotPaired() {
    append("acme", request(Duration.ZERO, 0));
    append("beta", request(Duration.ZERO, 1));
    metrics.write();
    assertThat(out.values.keySet())
        .noneMatch(l -> l.get("client").equals("web") && l.get("server").equals("cart"));
  }
}
