package dev.tethys.app.delivery;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.codec.otlp.wire.OtlpWriter;
import dev.tethys.model.telemetry.Attributes;
import dev.tethys.model.telemetry.LogRecord;
import dev.tethys.model.telemetry.LogsData;
import dev.tethys.model.telemetry.ResourceGroup;
import dev.tethys.model.telemetry.ScopeGroup;
import dev.tethys.model.telemetry.Span;
import dev.tethys.model.telemetry.SpanEvent;
import dev.tethys.model.telemetry.SpanLink;
import dev.tethys.model.telemetry.TracesData;
import dev.tethys.pipeline.Batch;
import dev.tethys.pipeline.Encoding;
import dev.tethys.pipeline.Signal;
import java.time.Instant;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

/** What of Elasticsearch and OpenSearch is neither a metric nor any database's. */
abstract class SearchContract extends StoreContract {
  private static final int TRACES = 4;
  private static final int SPANS = 20;
  private static final int DEEP = 30;
  static final long BEGIN = 1_700_000_000_123_456_789L;

  /** Values that indexes of words have limits for, under names that are paths to them. */
  private static final Map<String, String> HOSTILE =
      new TreeMap<>(
          Map.of(
              "http.route", "/a/{b}\"\\\n\u0001",
              "a", "both a value",
              "a.b", "and an object's name",
              "..", "dots",
              "", "no name",
              "null\u0000", "\u0000",
              "long", "ü".repeat(20_000),
              "ends.", "x",
              "\ud83d\ude00", "\ud83d\ude00"));

  /** The node of the test, started if need be. */
  abstract SearchNode node() throws Exception;

  /** The exporter, and keys of it each after a comma. */
  abstract String exporter();

  abstract String more();

  private void send(Batch b, String index) throws Exception {
    try (TestPipeline p =
        new TestPipeline(
            b.signal(),
            exporter(),
            "endpoint: 'http://127.0.0.1:" + node().port() + "', " + index + more())) {
      p.send(b);
      p.drain(TIME_LIMIT);
      assertThat(p.balance().out()).as(p.balance() + p.refusal()).isEqualTo(b.items());
    }
  }

  private JsonNode search(String index, String field, String value) throws Exception {
    node().ask("/_refresh", "");
    return Found.json(
            node()
                .ask(
                    "/" + index + "/_search",
                    """
                    {"size":10000,"track_total_hits":true,"sort":["span_id"],"query":{"term":{"%s":"%s"}}}
                    """
                        .formatted(field, value)))
        .path("hits");
  }

  /** An attribute, wherever it is kept. */
  private static String attribute(JsonNode document, String field, String name) {
    JsonNode searched = document.path(field).path(name);
    return (searched.isMissingNode() ? document.path("unsearched_" + field).path(name) : searched)
        .asString();
  }

  private static Span span(int trace, int n) {
    Span s = new Span();
    s.setTraceId(0x1122334455667788L, trace + 1);
    s.setSpanId((long) trace << 32 | n + 1);
    s.setParentSpanId(n == 0 ? 0 : (long) trace << 32 | n);
    s.setName("GET /" + n + (n == 1 ? "x".repeat(40_000) : ""));
    s.setKind(2);
    s.setStartTimeUnixNano(BEGIN + n);
    s.setEndTimeUnixNano(BEGIN + n + 1000);
    if (n == 1) {
      s.setStatusCode(2);
      s.setStatusMessage("went \"wrong\"");
      s.setTraceState("k=v");
      HOSTILE.forEach(s.attributes()::put);
      Attributes deep = new Attributes();
      deep.put("in", "bottom");
      for (int i = 1; i < DEEP; i++) {
        Attributes outer = new Attributes();
        outer.put("in", deep);
        deep = outer;
      }
      s.attributes().put("deep", deep);
      SpanEvent e = new SpanEvent();
      e.setName("exception");
      e.setTimeUnixNano(BEGIN + 7);
      HOSTILE.forEach(e.attributes()::put);
      s.events().add(e);
      SpanLink l = new SpanLink();
      l.setTraceId(5, 6);
      l.setSpanId(7);
      s.links().add(l);
    }
    return s;
  }

  @Test
  void findsEverySpanAsADocument() throws Exception {
    TracesData d = new TracesData();
    ResourceGroup<Span> group = new ResourceGroup<>();
    group.resource().attributes().put("service.name", "web");
    HOSTILE.forEach(group.resource().attributes()::put);
    ScopeGroup<Span> scope = new ScopeGroup<>();
    scope.scope().setName("library");
    scope.scope().setVersion("1");
    for (int t = 0; t < TRACES; t++) {
      for (int n = 0; n < SPANS; n++) {
        scope.items().add(span(t, n));
      }
    }
    group.scopes().add(scope);
    d.resources().add(group);
    send(
        new Batch(Signal.TRACES, Encoding.OTLP, new OtlpWriter().write(d), TRACES * SPANS, 0),
        "traces_index: traces-tethys-contract");
    String index = "traces-tethys-contract";
    assertThat(search(index, "service", "web").at("/total/value").asInt())
        .isEqualTo(TRACES * SPANS);
    JsonNode trace = search(index, "trace_id", "11223344556677880000000000000003");
    assertThat(trace.at("/total/value").asInt()).isEqualTo(SPANS);
    for (int n = 0; n < SPANS; n++) {
      Span s = span(2, n);
      JsonNode got = trace.path("hits").get(n).path("_source");
      assertThat(got.path("span_id").asString()).isEqualTo("%016x".formatted(s.spanId()));
      assertThat(got.path("name").asString()).isEqualTo(s.name());
      assertThat(Instant.parse(got.path("@timestamp").asString()))
          .isEqualTo(Instant.ofEpochSecond(1_700_000_000L, 123_456_789L + n));
      assertThat(got.path("duration_nanos").asLong()).isEqualTo(1000);
      assertThat(got.path("status").asString()).isEqualTo(n == 1 ? "error" : "unset");
    }
    JsonNode failed = trace.path("hits").get(1).path("_source");
    HOSTILE.forEach(
        (k, v) -> {
          assertThat(attribute(failed, "attributes", k)).isEqualTo(v);
          assertThat(attribute(failed, "resource", k)).isEqualTo(v);
          assertThat(failed.at("/events/0/attributes").path(k).asString()).isEqualTo(v);
        });
    JsonNode deep = failed.path("unsearched_attributes").path("deep");
    for (int i = 0; i < DEEP; i++) {
      deep = deep.path("in");
    }
    assertThat(deep.asString()).isEqualTo("bottom");
    assertThat(failed.path("status_message").asString()).isEqualTo("went \"wrong\"");
    assertThat(failed.at("/links/0/span_id").asString()).isEqualTo("0000000000000007");
    assertThat(search(index, "status", "error").at("/total/value").asInt()).isEqualTo(TRACES);
    assertThat(search(index, "attributes.a.b", "and an object's name").at("/total/value").asInt())
        .isEqualTo(TRACES);
  }

  @Test
  void writesEveryLogRecordAsADocument() throws Exception {
    LogsData d = new LogsData();
    ResourceGroup<LogRecord> group = new ResourceGroup<>();
    group.resource().attributes().put("service.name", "web");
    ScopeGroup<LogRecord> scope = new ScopeGroup<>();
    for (int n = 0; n < SPANS; n++) {
      LogRecord r = new LogRecord();
      r.setTimeUnixNano(BEGIN + n);
      r.setBody("line " + n + " " + HOSTILE.get("http.route"));
      HOSTILE.forEach(r.attributes()::put);
      scope.items().add(r);
    }
    group.scopes().add(scope);
    d.resources().add(group);
    send(
        new Batch(Signal.LOGS, Encoding.OTLP, new OtlpWriter().write(d), SPANS, 0),
        "logs_index: logs-tethys-contract");
    node().ask("/_refresh", "");
    JsonNode hits =
        Found.json(
                node()
                    .ask(
                        "/logs-tethys-contract/_search",
                        "{\"size\":1000,\"sort\":[\"@timestamp\"]}"))
            .at("/hits/hits");
    assertThat(hits).hasSize(SPANS);
    for (int n = 0; n < SPANS; n++) {
      JsonNode got = hits.get(n).path("_source");
      assertThat(got.toString()).contains("line " + n + " ");
      HOSTILE.forEach((k, v) -> assertThat(attribute(got, "attributes", k)).isEqualTo(v));
    }
  }
}
