package dev.tethys.app.collector;

import static dev.tethys.testkit.Waiting.await;
import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.pipeline.collector.BuiltIn;
import dev.tethys.pipeline.collector.ConfigSources;
import dev.tethys.testkit.Ports;
import dev.tethys.web.HttpListener;
import dev.tethys.web.HttpListenerOptions;
import dev.tethys.web.Routes;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.ObjectMapper;

/** Types, help and units of scraped metrics behind a processor, and behind a gateway. */
@Tag("slow")
class ScrapedTypesRoleTest {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final int SCRAPES = 4;

  @TempDir Path dir;
  private final AtomicInteger scrapes = new AtomicInteger();

  private String page() {
    int n = scrapes.incrementAndGet();
    return """
    # HELP requests Requests.
    # TYPE requests counter
    requests_total{code="200"} %d
    # HELP latency_seconds Latency.
    # TYPE latency_seconds histogram
    # UNIT latency_seconds seconds
    latency_seconds_bucket{le="1"} %d
    latency_seconds_bucket{le="+Inf"} %d
    latency_seconds_sum %d
    latency_seconds_count %d
    # TYPE depth gauge
    depth 3
    # EOF
    """
        .formatted(5 * n, n, 2 * n, 3 * n, 2 * n);
  }

  private List<String> lines(String file) {
    try {
      Path p = dir.resolve(file);
      return Files.exists(p) ? Files.readAllLines(p) : List.of();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Metrics of a line of the file exporter, by name. */
  private static Map<String, JsonNode> metrics(String line) {
    Map<String, JsonNode> out = new TreeMap<>();
    for (JsonNode r : JSON.readTree(line).path("resourceMetrics")) {
      for (JsonNode s : r.path("scopeMetrics")) {
        for (JsonNode m : s.path("metrics")) {
          out.put(m.path("name").asString(), m);
        }
      }
    }
    return out;
  }

  private List<Map<String, JsonNode>> scraped(String file) {
    return lines(file).stream()
        .map(ScrapedTypesRoleTest::metrics)
        .filter(m -> m.containsKey("depth") && m.containsKey("requests_total"))
        .toList();
  }

  private static void check(Map<String, JsonNode> scrape, int kind) {
    assertThat(scrape).containsKeys("requests_total", "latency_seconds");
    JsonNode counter = Objects.requireNonNull(scrape.get("requests_total"));
    JsonNode histogram = Objects.requireNonNull(scrape.get("latency_seconds"));
    assertThat(counter.path("sum").path("aggregationTemporality").asInt())
        .as(counter.toString())
        .isEqualTo(kind);
    assertThat(counter.path("sum").path("isMonotonic").asBoolean()).isTrue();
    assertThat(counter.path("description").asString()).isEqualTo("Requests.");
    assertThat(histogram.path("histogram").path("aggregationTemporality").asInt())
        .as(histogram.toString())
        .isEqualTo(kind);
    assertThat(histogram.path("description").asString()).isEqualTo("Latency.");
    assertThat(histogram.path("unit").asString()).isEqualTo("seconds");
  }

  @Test
  void typesMatchTheTargetAfterAProcessorAndAGateway() throws Exception {
    int gateway = Ports.free();
    Path file = dir.resolve("collector.yaml");
    try (HttpListener target =
        HttpListener.start(
            HttpListenerOptions.on("127.0.0.1:0").withStopGrace(Duration.ofSeconds(1)),
            new Routes()
                .get(
                    "/metrics",
                    (q, r) ->
                        r.send(
                            "application/openmetrics-text; version=1.0.0; charset=utf-8",
                            page().getBytes(StandardCharsets.UTF_8))),
            null)) {
      Files.writeString(
          file,
          """
          receivers:
            prometheus:
              config:
                scrape_configs:
                  - job_name: t
                    scrape_interval: 200ms
                    scrape_timeout: 200ms
                    static_configs: [{targets: ['127.0.0.1:%d']}]
            gateway: {http: {endpoint: '127.0.0.1:%d'}}
          processors: {cumulativetodelta: }
          exporters:
            file/delta: {path: '%s/delta.json', flush_interval: 100ms}
            file/gateway: {path: '%s/gateway.json', flush_interval: 100ms}
            clymene: {http: {endpoint: 'http://127.0.0.1:%d/api/metrics'}}
          service:
            telemetry: {metrics: {level: none}}
            pipelines:
              metrics/delta:
                {receivers: [prometheus], processors: [cumulativetodelta], exporters: [file/delta]}
              metrics/out: {receivers: [prometheus], exporters: [clymene]}
              metrics/in: {receivers: [gateway], exporters: [file/gateway]}
          """
              .formatted(target.port(), gateway, dir, dir, gateway));
      CollectorRole role =
          new CollectorRole(
              new ConfigSources(List.of(file.toString()), List.of(), k -> null),
              BuiltIn.components(),
              false,
              false);
      role.start();
      try {
        await(
            Duration.ofMinutes(1),
            () -> "scrapes in both files",
            () ->
                scraped("delta.json").size() >= SCRAPES
                    && scraped("gateway.json").size() >= SCRAPES);
      } finally {
        role.close();
      }
    }
    for (Map<String, JsonNode> m : scraped("delta.json")) {
      check(m, 1);
      assertThat(m).doesNotContainKeys("latency_seconds_bucket", "latency_seconds_count");
    }
    for (Map<String, JsonNode> m : scraped("gateway.json")) {
      check(m, 2);
      assertThat(m).doesNotContainKeys("latency_seconds_bucket", "latency_seconds_count");
    }
  }
}
