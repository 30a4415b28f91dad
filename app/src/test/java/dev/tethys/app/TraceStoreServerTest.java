package dev.tethys.app;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.testkit.Ports;
import io.jaegertracing.internal.exceptions.SenderException;
import io.jaegertracing.thrift.internal.senders.UdpSender;
import io.jaegertracing.thriftjava.Process;
import io.jaegertracing.thriftjava.Span;
import java.io.IOException;
import java.net.http.HttpRequest;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Spans into the store of a server by its protocols, and out by its APIs. */
@Tag("slow")
class TraceStoreServerTest {
  private static final Duration SOON = Duration.ofSeconds(60);

  @TempDir Path dir;

  private static int post(TethysProcess p, String path, String tenant, String body) {
    return p.send(
            HttpRequest.newBuilder(p.uri(path))
                .header("Content-Type", "application/json")
                .header("X-Scope-OrgID", tenant)
                .POST(HttpRequest.BodyPublishers.ofString(body)))
        .statusCode();
  }

  private static String span(String service, String trace, long seconds) {
    return """
        {"resourceSpans":[{"resource":{"attributes":[{"key":"service.name",
        "value":{"stringValue":"%s"}}]},"scopeSpans":[{"spans":[{"traceId":"%s",
        "spanId":"0000000000000001","name":"GET /","kind":2,
        "startTimeUnixNano":"%d000000000","endTimeUnixNano":"%d100000000"}]}]}]}
        """
        .formatted(service, trace, seconds, seconds);
  }

  @Test
  void storesServesAndCountsSpans() throws IOException {
    long now = System.currentTimeMillis() / 1000;
    String trace = "0000000000000000000000000000000a";
    String zipkin =
        "[{\"traceId\":\"b\",\"id\":\"1\",\"name\":\"zip\",\"kind\":\"CLIENT\",\"timestamp\":"
            + now
            + "000000,\"duration\":1000,\"localEndpoint\":{\"serviceName\":\"z\"}}]";
    try (TethysProcess p = TethysProcess.server(dir, "")) {
      p.await("ready", SOON, () -> p.get("/-/ready").statusCode() == 200);
      assertThat(post(p, "/v1/traces", "fake", span("web", trace, now))).isEqualTo(200);
      assertThat(post(p, "/otlp/v1/traces", "t2", span("hidden", trace, now))).isEqualTo(200);
      assertThat(post(p, "/v1/traces", "a|b", span("web", trace, now))).isEqualTo(400);
      assertThat(post(p, "/v1/traces", "fake", "{")).isEqualTo(400);
      assertThat(post(p, "/api/v2/spans", "fake", zipkin)).isEqualTo(202);
      served(p);
      assertThat(p.get("/metrics").body()).contains("tethys_traces_parts 0");
      assertThat(post(p, "/flush", "fake", "")).isEqualTo(204);
      assertThat(p.get("/metrics").body()).contains("tethys_traces_parts 2"); // of two tenants
      served(p);
      assertThat(p.get("/metrics").body())
          .contains("tempo_distributor_spans_received_total{tenant=\"fake\"} 2")
          .contains("tempo_discarded_spans_total{reason=\"invalid_tenant\",tenant=\"other\"} 1");
      p.await(
          "span metrics",
          SOON,
          () ->
              p.get("/api/v1/query?query=traces_spanmetrics_calls_total")
                  .body()
                  .contains("\"service\":\"web\""));
      p.await("those of the tenant", SOON, () -> metrics(p, "t2").contains("hidden"));
      assertThat(metrics(p, "t2")).doesNotContain("\"web\"");
      assertThat(metrics(p, "fake")).contains("\"web\"").doesNotContain("hidden");
      assertThat(get(p, "/api/v1/query?query=up", "a|b")).contains("bad_data");
    }
    try (TethysProcess p = TethysProcess.server(dir, "traces: {span_metrics: false}")) {
      p.await("ready", SOON, () -> p.get("/-/ready").statusCode() == 200);
      served(p); // after a restart
    }
  }

  @Test
  void deletionSurvivesRestart() throws IOException {
    long now = System.currentTimeMillis() / 1000;
    String a = "0000000000000000000000000000000a";
    String b = "0000000000000000000000000000000b";
    try (TethysProcess p = TethysProcess.server(dir, "", "--web.enable-admin-api")) {
      p.await("ready", SOON, () -> p.get("/-/ready").statusCode() == 200);
      for (String trace : List.of(a, b)) {
        assertThat(post(p, "/v1/traces", "fake", span("web", trace, now))).isEqualTo(200);
      }
      assertThat(post(p, "/v1/traces", "t2", span("kept", a, now))).isEqualTo(200);
      assertThat(post(p, "/tempo/api/delete?traceId=a", "fake", "")).isEqualTo(200);
      deleted(p);
    }
    try (TethysProcess p = TethysProcess.server(dir, "")) {
      p.await("ready", SOON, () -> p.get("/-/ready").statusCode() == 200);
      deleted(p);
      assertThat(post(p, "/tempo/api/delete?traceId=b", "fake", "")).isEqualTo(403);
    }
  }

  private static void deleted(TethysProcess p) {
    assertThat(p.get("/tempo/api/delete").body()).contains("trace:id = ");
    assertThat(p.get("/tempo/api/traces/a").statusCode()).isEqualTo(404);
    assertThat(p.get("/tempo/api/traces/b").body()).contains("GET /");
    String other =
        p.send(HttpRequest.newBuilder(p.uri("/tempo/api/traces/a")).header("X-Scope-OrgID", "t2"))
            .body();
    assertThat(other).contains("kept");
    assertThat(p.get("/tempo/api/search").body())
        .contains("\"traceID\":\"" + "0".repeat(31) + "b\"")
        .doesNotContain("\"traceID\":\"" + "0".repeat(31) + "a\"");
    String counted =
        "/tempo/api/metrics/query?q=%7B%7D%7Ccount_over_time()&start="
            + (System.currentTimeMillis() / 1000 - 3000)
            + "&end="
            + (System.currentTimeMillis() / 1000 + 60);
    assertThat(p.get(counted).body()).contains("\"value\":1}");
  }

  @Test
  void storesDatagramsOfJaegerClients() throws Exception {
    int port = Ports.free();
    try (TethysProcess p =
        TethysProcess.server(dir, "", "--traces.jaeger-compact-listen-address=127.0.0.1:" + port)) {
      UdpSender udp = new UdpSender("127.0.0.1", port, 0);
      Span span = new Span(10L, 0L, 7L, 0L, "pay", 1, System.currentTimeMillis() * 1000, 250L);
      p.await(
          "the span",
          SOON,
          () -> {
            try {
              udp.send(new Process("shop"), List.of(span)); // a datagram may be lost
            } catch (SenderException e) {
              throw new IllegalStateException(e);
            }
            return p.get("/tempo/api/traces/a").body().contains("\"pay\"");
          });
      udp.close();
    }
  }

  @Test
  void traceRulesRecordAndAlert() throws IOException {
    Files.writeString(
        dir.resolve("rules.yml"),
        """
        groups:
          - name: traces
            type: traces
            tenant: t
            interval: 1s
            rules:
              - record: service:spans:count1h
                expr: '{ kind = server } | count_over_time() by (resource.service.name) with (range=1h)'
              - alert: Web
                expr: '{ resource.service.name = "web" } | count_over_time() > 0 with (range=1h)'
        """);
    long now = System.currentTimeMillis() / 1000;
    String trace = "0000000000000000000000000000000a";
    try (TethysProcess p = TethysProcess.server(dir, "rule_files: [rules.yml]")) {
      assertThat(post(p, "/v1/traces", "t", span("web", trace, now - 60))).isEqualTo(200);
      p.await(
          "recorded series",
          SOON,
          () ->
              p.get("/api/v1/query?query=service:spans:count1h")
                  .body()
                  .contains("\"resource_service_name\":\"web\""));
      p.await("alert", SOON, () -> p.get("/api/v1/alerts").body().contains("\"firing\""));
      assertThat(p.get("/api/v1/rules").body()).contains("\"type\":\"traces\",\"tenant\":\"t\"");
    }
  }

  /** Every page over HTTP that reads the metric store. */
  private static String metrics(TethysProcess p, String tenant) {
    StringBuilder out = new StringBuilder();
    for (String path :
        List.of(
            "/api/v1/query?query=traces_spanmetrics_calls_total",
            "/api/v1/query?query=count%20by%20(service)(%7B__name__=~%22traces.*%22%7D)",
            "/api/v1/query_range?query=traces_spanmetrics_calls_total&step=5&start="
                + (System.currentTimeMillis() / 1000 - 60)
                + "&end="
                + System.currentTimeMillis() / 1000,
            "/api/v1/label/service/values",
            "/api/v1/series?match[]=%7Bservice!=%22%22%7D",
            "/api/v1/query_exemplars?query=traces_spanmetrics_latency_bucket&start=1&end="
                + System.currentTimeMillis() / 1000,
            "/api/v1/status/tsdb",
            "/api/v1/status/cardinality?label=service",
            "/api/v1/services",
            "/api/v1/services/map",
            "/federate?match[]=%7Bservice!=%22%22%7D",
            "/metrics",
            "/jaeger/api/metrics/calls?service=hidden&service=web")) {
      out.append(get(p, path, tenant)).append('\n');
    }
    return out.toString();
  }

  private static String get(TethysProcess p, String path, String tenant) {
    return p.send(HttpRequest.newBuilder(p.uri(path)).header("X-Scope-OrgID", tenant).GET()).body();
  }

  private static void served(TethysProcess p) {
    assertThat(p.get("/jaeger/api/services").body()).contains("[\"web\",\"z\"]");
    assertThat(p.get("/zipkin/api/v2/trace/b").body()).contains("\"name\":\"zip\"");
    assertThat(p.get("/tempo/api/traces/a").body()).contains("GET /").doesNotContain("hidden");
    assertThat(p.get("/tempo/api/search?q=%7Bname%3D%22GET%20/%22%7D").body())
        .contains("\"rootServiceName\":\"web\"");
    assertThat(p.get("/tempo/api/search?q=%7Bname%3D").statusCode()).isEqualTo(400);
    assertThat(p.get("/tempo/api/v2/search/tags").body()).contains("service.name");
  }
}
