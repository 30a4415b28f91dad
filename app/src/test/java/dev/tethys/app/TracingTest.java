package dev.tethys.app;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import dev.tethys.testkit.Ports;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.http.HttpRequest;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** The server and its Alertmanager, traced into the collector. */
@Tag("slow")
class TracingTest {
  private static final JsonMapper JSON = new JsonMapper();
  private static final String TRACE = "4bf92f3577b34da6a3ce929d0e0e4736";

  /** Two muting stages, times, what was sent, attempts, one of them, its request, the log, all. */
  private static final int SPANS_OF_A_LOOK = 9;

  @TempDir Path dir;

  private record Seen(String service, JsonNode span) {
    String name() {
      return span.path("name").asString();
    }

    String id() {
      return span.path("spanId").asString();
    }

    String parent() {
      return span.path("parentSpanId").asString("");
    }

    String attribute(String key) {
      for (JsonNode a : span.path("attributes")) {
        if (a.path("key").asString().equals(key)) {
          return a.path("value").iterator().next().asString();
        }
      }
      return "";
    }
  }

  private List<Seen> seen() throws IOException {
    List<Seen> out = new ArrayList<>();
    for (String line : Files.readAllLines(dir.resolve("traces.json"))) {
      for (JsonNode r : JSON.readTree(line).path("resourceSpans")) {
        String service = "";
        for (JsonNode a : r.path("resource").path("attributes")) {
          if (a.path("key").asString().equals("service.name")) {
            service = a.path("value").path("stringValue").asString();
          }
        }
        for (JsonNode s : r.path("scopeSpans")) {
          for (JsonNode span : s.path("spans")) {
            out.add(new Seen(service, span));
          }
        }
      }
    }
    return out;
  }

  /** Those that have ended, sent or not. */
  private static double spansOfAlertmanager(String metrics) {
    return metrics
        .lines()
        .filter(l -> l.startsWith("tethys_tracing_") && l.contains("service=\"alertmanager\""))
        .mapToDouble(l -> Double.parseDouble(l.substring(l.lastIndexOf(' ') + 1)))
        .sum();
  }

  private static Seen first(List<Seen> all, String service, String name) {
    return all.stream()
        .filter(s -> s.service().equals(service) && s.name().equals(name))
        .findFirst()
        .orElseThrow(() -> new AssertionError("no span " + name + " of " + service));
  }

  private static Seen child(List<Seen> all, Seen parent, String name) {
    return all.stream()
        .filter(s -> s.parent().equals(parent.id()) && s.name().equals(name))
        .findFirst()
        .orElseThrow(() -> new AssertionError("no span " + name + " in " + parent.name()));
  }

  @Test
  void tracesQueriesRulesScrapesAndNotifications() throws Exception {
    List<String> told = new CopyOnWriteArrayList<>();
    HttpServer hook =
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    hook.createContext(
        "/",
        x -> {
          x.getRequestBody().readAllBytes();
          told.add(String.valueOf(x.getRequestHeaders().getFirst("traceparent")));
          x.sendResponseHeaders(200, -1);
          x.close();
        });
    hook.start();
    int grpc = Ports.free();
    int http = Ports.free();
    Files.writeString(
        dir.resolve("collector.yml"),
        """
        receivers:
          otlp:
            protocols:
              grpc: {endpoint: '127.0.0.1:%d'}
              http: {endpoint: '127.0.0.1:%d'}
        exporters: {file: {path: '%s'}}
        service:
          telemetry: {metrics: {level: none}}
          pipelines: {traces: {receivers: [otlp], exporters: [file]}}
        """
            .formatted(grpc, http, dir.resolve("traces.json")));
    Files.writeString(
        dir.resolve("am.yml"),
        """
        route: {receiver: r, group_wait: 0s}
        receivers: [{name: r, webhook_configs: [{url: 'http://127.0.0.1:%d/'}]}]
        tracing: {client_type: http, endpoint: '127.0.0.1:%d', insecure: true, sampling_fraction: 1}
        """
            .formatted(hook.getAddress().getPort(), http));
    Files.writeString(
        dir.resolve("rules.yml"),
        """
        groups:
        - name: g
          rules:
          - {record: one, expr: vector(1)}
          - {alert: Up, expr: 'one == 1'}
        """);
    String config =
        """
        global: {scrape_interval: 1s, evaluation_interval: 1s}
        rule_files: [rules.yml]
        scrape_configs:
        - {job_name: self, static_configs: [{targets: ['127.0.0.1:{port}']}]}
        tracing: {endpoint: '127.0.0.1:%d', insecure: true, sampling_fraction: 1, compression: gzip}
        """
            .formatted(grpc);
    try (TethysProcess collector =
        TethysProcess.launch(
            dir, 0, List.of("collector", "--config=" + dir.resolve("collector.yml")))) {
      try (TethysProcess p =
          TethysProcess.server(
              dir,
              config,
              "--alertmanager.config.file=" + dir.resolve("am.yml"),
              "--rules.alert.resend-delay=1s")) {
        p.await("a notification", Duration.ofSeconds(60), () -> !told.isEmpty());
        String range = "/api/v1/query_range?query=sum(up)%2B1&start=1&end=20&step=5&timeout=30s";
        p.send(
            HttpRequest.newBuilder(p.uri(range))
                .header("traceparent", "00-" + TRACE + "-00f067aa0ba902b7-01"));
        // What came before the last of them has ended.
        p.await(
            "several scrapes and evaluations",
            Duration.ofSeconds(60),
            () ->
                p.query("count_over_time(up[1m]) > 2 and on() count_over_time(one[1m]) > 2")
                    .contains("self"));
        p.await(
            "the whole of a look at a group",
            Duration.ofSeconds(60),
            () -> spansOfAlertmanager(p.get("/metrics").body()) >= SPANS_OF_A_LOOK);
        assertThat(p.stop()).isZero();
      }
      assertThat(collector.stop()).isZero();
    } finally {
      hook.stop(0);
    }
    List<Seen> all = seen();
    Seen request =
        all.stream()
            .filter(s -> s.span().path("traceId").asString().equals(TRACE))
            .filter(s -> s.name().equals("GET /api/v1/query_range"))
            .findFirst()
            .orElseThrow();
    assertThat(request.parent()).isEqualTo("00f067aa0ba902b7");
    assertThat(request.attribute("http.response.status_code")).isEqualTo("200");
    Seen query = child(all, request, "promqlRangeQuery");
    assertThat(query.attribute("query")).isEqualTo("sum(up)+1");
    assertThat(query.attribute("step")).isEqualTo("5");
    Seen exec = child(all, query, "promqlExec");
    child(all, exec, "promqlPrepare");
    child(all, exec, "promqlExecQueue");
    Seen eval = child(all, exec, "promqlEval");
    child(all, eval, "promqlInnerEval");
    child(all, eval, "promqlSort");

    Seen rule =
        all.stream()
            .filter(s -> s.name().equals("rule") && s.attribute("name").equals("Up"))
            .findFirst()
            .orElseThrow();
    assertThat(rule.attribute("group")).isEqualTo("g");
    assertThat(rule.attribute("index")).isEqualTo("1");
    child(all, rule, "promqlExec");
    Seen group = all.stream().filter(s -> s.id().equals(rule.parent())).findFirst().orElseThrow();
    assertThat(group.name()).isEqualTo("rule group");
    assertThat(group.parent()).isEmpty();
    Seen commit = first(all, "prometheus", "ruleCommit");
    Seen append =
        all.stream().filter(s -> s.id().equals(commit.parent())).findFirst().orElseThrow();
    assertThat(append.name()).isEqualTo("ruleAppendResults");
    assertThat(all).anyMatch(s -> s.name().equals("rule") && s.id().equals(append.parent()));

    Seen scrape = first(all, "prometheus", "scrape");
    assertThat(scrape.attribute("job")).isEqualTo("self");
    Seen get = child(all, scrape, "HTTP GET");
    // The target is the server itself, and takes part in the trace.
    assertThat(all).anyMatch(s -> s.name().equals("GET /metrics") && s.parent().equals(get.id()));

    Seen flush = first(all, "alertmanager", "dispatch.AggregationGroup.flush");
    assertThat(flush.attribute("alerting.alerts.count")).isEqualTo("1");
    child(all, flush, "notify.MuteStage.Exec");
    child(all, flush, "notify.DedupStage.Exec");
    child(all, flush, "notify.SetNotifiesStage.Exec");
    Seen attempt =
        child(all, child(all, flush, "notify.RetryStage.Exec"), "notify.Integration.Notify");
    assertThat(attempt.attribute("alerting.notify.integration.name")).isEqualTo("webhook");
    Seen post = child(all, attempt, "HTTP POST");
    assertThat(told)
        .contains("00-" + post.span().path("traceId").asString() + "-" + post.id() + "-01");
  }
}
