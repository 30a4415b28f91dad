package dev.tethys.pipeline.ottl;

import dev.tethys.model.telemetry.ArrayValue;
import dev.tethys.model.telemetry.Attributes;
import dev.tethys.model.telemetry.DataPoint;
import dev.tethys.model.telemetry.Exemplar;
import dev.tethys.model.telemetry.HistogramDataPoint;
import dev.tethys.model.telemetry.LogRecord;
import dev.tethys.model.telemetry.Metric;
import dev.tethys.model.telemetry.MetricData;
import dev.tethys.model.telemetry.NumberDataPoint;
import dev.tethys.model.telemetry.ResourceGroup;
import dev.tethys.model.telemetry.ScopeGroup;
import dev.tethys.model.telemetry.Span;
import dev.tethys.model.telemetry.SpanEvent;
import dev.tethys.model.telemetry.SpanLink;

/** One item of each kind, with something in every field. */
final class Samples {
  private static final long T = 1_700_000_000_123_456_789L;

  private Samples() {}

  /** A cursor at a new item of a context and all around it. */
  static Cursor at(OttlContext context) {
    ResourceGroup<?> resource = new ResourceGroup<LogRecord>();
    resource.setSchemaUrl("https://r");
    resource.resource().attributes().put("service.name", "shop");
    resource.resource().attributes().put("host.ip", "10.1.2.3");
    resource.resource().setDroppedAttributesCount(2);
    ScopeGroup<?> scope = new ScopeGroup<LogRecord>();
    scope.setSchemaUrl("https://s");
    scope.scope().setName("lib");
    scope.scope().setVersion("1.2");
    scope.scope().attributes().put("k", "v");
    Cursor at = new Cursor().atResource(resource).atScope(scope);
    switch (context) {
      case LOG -> at.atLog(log());
      case SPAN, SPAN_EVENT, SPAN_LINK -> {
        Span s = span();
        at.atSpan(s).atEvent(s.events().getFirst(), 0).atLink(s.links().getFirst());
      }
      case METRIC, DATA_POINT, EXEMPLAR -> {
        Metric m = sum();
        DataPoint p =
            ((MetricData.Sum) java.util.Objects.requireNonNull(m.data())).points().getFirst();
        at.atMetric(m).atPoint(p).atExemplar(((NumberDataPoint) p).exemplars().getFirst());
      }
      case RESOURCE, SCOPE, PROFILE, PROFILE_SAMPLE -> {}
    }
    return at;
  }

  static Attributes attributes() {
    Attributes a = new Attributes();
    a.put("str", "hello");
    a.put("int", 42L);
    a.put("dbl", 2.5);
    a.put("yes", true);
    a.put("bytes", new byte[] {1, 2, 0xf});
    a.put("empty", null);
    a.put("list", ArrayValue.of("a", 1L, 2.5, true));
    a.put("strs", ArrayValue.of("x", "y", "z"));
    a.put("nums", ArrayValue.of(3L, 1L, 2L));
    Attributes inner = new Attributes();
    inner.put("k", "v");
    inner.put("n", 7L);
    Attributes deep = new Attributes();
    deep.put("x", "y");
    inner.put("deep", deep);
    a.put("map", inner);
    a.put("umlaut", "äöü€𝄞");
    a.put("path", "/user/17/list/9");
    return a;
  }

  static LogRecord log() {
    LogRecord l = new LogRecord();
    l.setTimeUnixNano(T);
    l.setObservedTimeUnixNano(T + 1_000_000_000L);
    l.setSeverityNumber(13);
    l.setSeverityText("WARN");
    l.setEventName("login");
    l.setBody("user=joe id=17");
    l.attributes().putAll(attributes());
    l.setDroppedAttributesCount(3);
    l.setFlags(1);
    l.setTraceId(0x0102030405060708L, 0x090a0b0c0d0e0f10L);
    l.setSpanId(0x1112131415161718L);
    return l;
  }

  static Span span() {
    Span s = new Span();
    s.setTraceId(0x0102030405060708L, 0x090a0b0c0d0e0f10L);
    s.setSpanId(0x1112131415161718L);
    s.setParentSpanId(0x2122232425262728L);
    s.setTraceState("a=1,b=2");
    s.setName("GET /x");
    s.setKind(2);
    s.setStartTimeUnixNano(T);
    s.setEndTimeUnixNano(T + 2_500_000_000L);
    s.attributes().putAll(attributes());
    s.setDroppedAttributesCount(1);
    s.setDroppedEventsCount(4);
    s.setDroppedLinksCount(5);
    s.setStatusCode(2);
    s.setStatusMessage("bad");
    s.setFlags(257);
    SpanEvent e = new SpanEvent();
    e.setName("exception");
    e.setTimeUnixNano(T + 5);
    e.attributes().put("exception.type", "E");
    s.events().add(e);
    SpanLink l = new SpanLink();
    l.setTraceId(1, 2);
    l.setSpanId(3);
    l.setTraceState("x=y");
    l.attributes().put("l", "m");
    s.links().add(l);
    return s;
  }

  static Metric sum() {
    Metric m = new Metric();
    m.setName("http.requests");
    m.setDescription("how many");
    m.setUnit("1");
    m.metadata().put("m", "d");
    MetricData.Sum sum = new MetricData.Sum();
    sum.setMonotonic(true);
    sum.setTemporality(MetricData.TEMPORALITY_CUMULATIVE);
    NumberDataPoint p = new NumberDataPoint();
    p.setDouble(1.5);
    p.setStartTimeUnixNano(T - 60_000_000_000L);
    p.setTimeUnixNano(T);
    p.attributes().put("code", "200");
    Exemplar e = new Exemplar();
    e.setDouble(0.5);
    e.setTimeUnixNano(T);
    e.setTraceId(7, 8);
    e.setSpanId(9);
    e.attributes().put("f", "g");
    p.exemplars().add(e);
    sum.points().add(p);
    m.setData(sum);
    return m;
  }

  static Metric histogram() {
    Metric m = new Metric();
    m.setName("latency");
    MetricData.Histogram h = new MetricData.Histogram();
    h.setTemporality(MetricData.TEMPORALITY_DELTA);
    HistogramDataPoint p = new HistogramDataPoint();
    p.setCount(6);
    p.setSum(12.5);
    p.setMin(0.5);
    p.setMax(8);
    p.setExplicitBounds(new double[] {1, 5});
    p.setBucketCounts(new long[] {1, 2, 3});
    h.points().add(p);
    m.setData(h);
    return m;
  }
}
