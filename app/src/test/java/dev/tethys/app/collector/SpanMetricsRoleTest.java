package dev.tethys.app.collector;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.app.TethysProcess;
import dev.tethys.pipeline.collector.BuiltIn;
import dev.tethys.pipeline.collector.ConfigSources;
import dev.tethys.testkit.Ports;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.ObjectMapper;

/** A collector that counts spans, from a request of OTLP to a file of metrics. */
class SpanMetricsRoleTest {
  private static final ObjectMapper JSON = new ObjectMapper();

  private static final String SPAN =
      """
      {"resourceSpans": [{
        "resource": {"attributes": [{"key": "service.name", "value": {"stringValue": "shop"}}]},
        "scopeSpans": [{"spans": [{
          "traceId": "5b8efff798038103d269b633813fc60c", "spanId": "eee19b7ec3c1b174",
          "name": "checkout", "kind": 2,
          "startTimeUnixNano": "1700000000000000000", "endTimeUnixNano": "1700000000011000000"
        }]}]
      }]}
      """;

  @TempDir private Path dir;

  private void write(int otlp, int batch, int interval) throws IOException {
    Files.writeString(
        dir.resolve("collector.yaml"),
        """
        receivers: {otlp: {protocols: {http: {endpoint: "127.0.0.1:%d"}}}}
        processors: {batch: {timeout: %dms}}
        connectors: {spanmetrics: {metrics_flush_interval: %dms}}
        exporters: {file: {path: "%s"}}
        service:
          telemetry: {metrics: {readers: [{pull: {exporter: {prometheus: {host: 127.0.0.1, port: 0}}}}]}}
          pipelines:
            traces: {receivers: [otlp], exporters: [spanmetrics]}
            metrics: {receivers: [spanmetrics], processors: [batch], exporters: [file]}
        """
            .formatted(otlp, batch, interval, dir.resolve("metrics.ndjson")));
  }

  /** Each number of calls that was written, with its start. */
  private List<String> calls() {
    List<String> out = new ArrayList<>();
    try {
      Path file = dir.resolve("metrics.ndjson");
      if (Files.exists(file)) {
        for (String line : Files.readAllLines(file)) {
          for (JsonNode m :
              JSON.readTree(line).at("/resourceMetrics/0/scopeMetrics/0/metrics").values()) {
            if (m.path("name").asString().equals("traces.span.metrics.calls")) {
              JsonNode p = m.at("/sum/dataPoints/0");
              out.add(p.path("asInt").asString() + " " + p.path("startTimeUnixNano").asString());
            }
          }
        }
      }
    } catch (IOException | RuntimeException e) {
      return List.of(); // a line that is being written
    }
    return out;
  }

  private String counted(String number) {
    TethysProcess.await(
        "a count of " + number,
        Duration.ofSeconds(60),
        () -> calls().stream().anyMatch(c -> c.startsWith(number + " ")),
        this::calls);
    return calls().stream().filter(c -> c.startsWith(number + " ")).findFirst().orElseThrow();
  }

  @Test
  void countsSurviveUnrelatedReload() throws Exception {
    int otlp = Ports.free();
    write(otlp, 5, 100);
    try (HttpClient http = HttpClient.newHttpClient();
        CollectorRole role =
            new CollectorRole(
                new ConfigSources(
                    List.of(dir.resolve("collector.yaml").toString()), List.of(), _ -> null),
                BuiltIn.components(),
                false,
                false)) {
      role.start();
      HttpRequest span =
          HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + otlp + "/v1/traces"))
              .header("Content-Type", "application/json")
              .POST(BodyPublishers.ofString(SPAN))
              .build();
      HttpRequest reload =
          HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + role.port() + "/-/reload"))
              .POST(BodyPublishers.noBody())
              .build();
      assertThat(http.send(span, BodyHandlers.ofString()).statusCode()).isEqualTo(200);
      String first = counted("1");
      write(otlp, 6, 100);
      assertThat(http.send(reload, BodyHandlers.ofString()).statusCode()).isEqualTo(200);
      assertThat(http.send(span, BodyHandlers.ofString()).statusCode()).isEqualTo(200);
      assertThat(counted("2").substring(2)).as("the same start").isEqualTo(first.substring(2));

      // A long interval: the counts are sent when the collector stops.
      write(otlp, 6, 3_600_000);
      assertThat(http.send(reload, BodyHandlers.ofString()).statusCode()).isEqualTo(200);
      for (int i = 0; i < 7; i++) {
        assertThat(http.send(span, BodyHandlers.ofString()).statusCode()).isEqualTo(200);
      }
      assertThat(calls()).noneMatch(c -> c.startsWith("7 "));
    }
    assertThat(counted("7")).isNotEmpty();
  }
}
