package dev.tethys.pipeline.processor;

import dev.tethys.model.telemetry.ArrayValue;
import dev.tethys.model.telemetry.Attributes;
import dev.tethys.model.telemetry.DataPoint;
import dev.tethys.model.telemetry.HistogramDataPoint;
import dev.tethys.model.telemetry.MetricsData;
import dev.tethys.model.telemetry.NumberDataPoint;
import dev.tethys.model.telemetry.ResourceGroup;
import dev.tethys.model.telemetry.ScopeGroup;
import dev.tethys.model.telemetry.Span;
import dev.tethys.model.telemetry.SpanEvent;
import dev.tethys.model.telemetry.TracesData;
import dev.tethys.pipeline.Signal;
import dev.tethys.pipeline.component.Connector;
import dev.tethys.pipeline.processor.connector.spanmetrics.SpanMetricsFactory;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Objects;

/**
 * Span metrics connector and its output. Traces, dimensions and expected results are those of the
 * Collector's connector tests.
 */
abstract class SpanMetricsCase {
  static final int SERVER = 2;
  static final int CLIENT = 3;
  static final int OK = 1;
  static final int ERROR = 2;
  static final long MS = 1_000_000;

  final Rig rig = new Rig();

  Connector connector(String yaml) throws IOException {
    Connector c =
        rig.connector(new SpanMetricsFactory(), Signal.TRACES, Signal.METRICS, yaml, "metrics/out");
    c.start();
    return c;
  }

  static Span span(int kind, int status, long high) {
    Span s = new Span();
    s.setName("/ping");
    s.setKind(kind);
    s.setStatusCode(status);
    s.setTraceId(high, 7);
    s.setSpanId(3);
    s.setStartTimeUnixNano(1_000 * MS);
    s.setEndTimeUnixNano(1_011 * MS);
    s.attributes().put("stringAttrName", "stringAttrValue");
    s.attributes().put("intAttrName", 99L);
    s.attributes().put("doubleAttrName", 99.99);
    s.attributes().put("boolAttrName", true);
    s.attributes().put("nullAttrName", null);
    s.attributes().put("mapAttrName", new Attributes());
    s.attributes().put("arrayAttrName", new ArrayValue());
    SpanEvent e = new SpanEvent();
    e.setName("exception");
    e.attributes().put("exception.type", "NullPointerException");
    s.events().add(e);
    return s;
  }

  static ResourceGroup<Span> resource(String service, Span... spans) {
    ResourceGroup<Span> r = new ResourceGroup<>();
    if (!service.isEmpty()) {
      r.resource().attributes().put("service.name", service);
    }
    r.resource().attributes().put("region", "us-east-1");
    ScopeGroup<Span> s = new ScopeGroup<>();
    s.items().addAll(List.of(spans));
    r.scopes().add(s);
    return r;
  }

  @SafeVarargs
  static TracesData traces(ResourceGroup<Span>... resources) {
    TracesData d = new TracesData();
    d.resources().addAll(List.of(resources));
    return d;
  }

  static TracesData sample() {
    return traces(
        resource("service-a", span(SERVER, OK, 1), span(CLIENT, OK, 1)),
        resource("service-b", span(SERVER, ERROR, 2)),
        resource(""));
  }

  static Span lasting(double millis) {
    Span s = span(SERVER, OK, 1);
    s.setEndTimeUnixNano(s.startTimeUnixNano() + (long) (millis * MS));
    return s;
  }

  MetricsData afterInterval() {
    rig.clock.pass(Duration.ofSeconds(60));
    return rig.lastMetrics();
  }

  static List<? extends DataPoint> points(MetricsData d, String name) {
    return Rig.all(d).stream()
        .filter(m -> m.name().equals(name))
        .flatMap(m -> Objects.requireNonNull(m.data()).points().stream())
        .toList();
  }

  static List<NumberDataPoint> calls(MetricsData d) {
    return points(d, "traces.span.metrics.calls").stream()
        .map(NumberDataPoint.class::cast)
        .toList();
  }

  static List<HistogramDataPoint> durations(MetricsData d) {
    return points(d, "traces.span.metrics.duration").stream()
        .map(HistogramDataPoint.class::cast)
        .toList();
  }
}
