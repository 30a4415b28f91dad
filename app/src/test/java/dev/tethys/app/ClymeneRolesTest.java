package dev.tethys.app;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.codec.compression.Compression;
import dev.tethys.codec.remote.WriteRequestWriter;
import dev.tethys.model.Labels;
import dev.tethys.testkit.LokiDouble;
import dev.tethys.testkit.Ports;
import dev.tethys.web.HttpListener;
import dev.tethys.web.HttpListenerOptions;
import dev.tethys.web.Routes;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A role as its own process, configured by Clymene's flags and variables alone. */
@Tag("slow")
class ClymeneRolesTest {
  @TempDir private Path dir;

  private static String read(Path log) {
    try {
      return Files.readString(log);
    } catch (IOException e) {
      return e.toString();
    }
  }

  private static String get(HttpClient http, int port, String path) throws Exception {
    return http.send(
            HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path)).build(),
            BodyHandlers.ofString())
        .body();
  }

  private static int post(HttpClient http, int port, String path, byte[] body) {
    try {
      return http.send(
              HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path))
                  .POST(BodyPublishers.ofByteArray(body))
                  .build(),
              BodyHandlers.discarding())
          .statusCode();
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    } catch (IOException e) {
      return -1; // it does not listen yet
    }
  }

  @Test
  void gatewayWritesAgentDataToPrometheus() throws Exception {
    byte[] request =
        new WriteRequestWriter()
            .beginSeries(Labels.of("__name__", "up", "job", "node"))
            .sample(1_700_000_000_000L, 1)
            .endSeries()
            .toByteArray();
    byte[] body = Compression.SNAPPY.compress(request, 0, request.length, -1);
    List<byte[]> taken = new CopyOnWriteArrayList<>();
    int port = Ports.free();
    int metrics = Ports.free();
    Path log = dir.resolve("log");
    try (HttpListener database =
            HttpListener.start(
                HttpListenerOptions.on("127.0.0.1:0").withStopGrace(Duration.ofSeconds(1)),
                new Routes()
                    .post(
                        "/api/v1/write",
                        (q, r) -> {
                          byte[] b = q.bodyBytes(1 << 20);
                          taken.add(Compression.SNAPPY.decompress(b, 0, b.length, 1 << 20));
                          r.status(204).send();
                        }),
                null);
        HttpClient http = HttpClient.newHttpClient()) {
      ProcessBuilder b =
          new ProcessBuilder(
                  TethysProcess.small(
                      "gateway",
                      "--gateway.grpc-server.host-port=127.0.0.1:" + Ports.free(),
                      "--gateway.http-server.host-port=127.0.0.1:" + port,
                      "--metrics.http.host-port=127.0.0.1:" + metrics))
              .redirectErrorStream(true)
              .redirectOutput(log.toFile());
      b.environment().put("STORAGE_TYPE", "prometheus");
      b.environment().put("ADMIN_HTTP_HOST_PORTS", "127.0.0.1:" + Ports.free());
      b.environment()
          .put("PROMETHEUS_REMOTE_URL", "http://127.0.0.1:" + database.port() + "/api/v1/write");
      Process p = b.start();
      try {
        TethysProcess.await(
            "the gateway to take metrics",
            Duration.ofSeconds(90),
            () -> {
              assertThat(p.isAlive()).as(() -> read(log)).isTrue();
              return post(http, port, "/api/metrics", body) == 204;
            },
            () -> read(log));
        assertThat(taken).hasSize(1).first().isEqualTo(request);
        assertThat(post(http, port, "/api/v1/write", body)).isEqualTo(204);
        assertThat(post(http, port, "/api/logs", new byte[0])).as("no logs there").isEqualTo(404);
        assertThat(post(http, metrics, "/api/reload", new byte[0])).isEqualTo(200);
        assertThat(get(http, metrics, "/")).as("its pages").contains("&quot;gateway&quot;");
        assertThat(get(http, metrics, "/api/v1/pipelines"))
            .as("its graph")
            .contains("receiver:gateway", "exporter:prometheus_remote_write");
      } finally {
        p.destroy();
        if (!p.waitFor(60, TimeUnit.SECONDS)) {
          p.destroyForcibly().waitFor();
        }
      }
    }
  }

  /** The log agent, told by its variables: each line to Loki and to Elasticsearch. */
  @Test
  void promtailRoleSendsToItsDatabases() throws Exception {
    List<String> documents = new CopyOnWriteArrayList<>();
    int admin = Ports.free();
    Path log = dir.resolve("log");
    Path config = dir.resolve("config.yml");
    Files.writeString(dir.resolve("app.log"), "line one\nline two\n");
    Files.writeString(
        config,
        """
        server: {http_listen_port: %d}
        positions: {filename: %s/positions.yaml, sync_period: 100ms}
        limit_config: {readline_rate_enabled: true, readline_rate: 1000, readline_burst: 1000}
        scrape_configs:
        - job_name: app
          static_configs:
          - labels: {app: shop, __path__: %s/app.log}
        """
            .formatted(Ports.free(), dir, dir));
    try (LokiDouble loki = new LokiDouble();
        HttpListener elastic =
            HttpListener.start(
                HttpListenerOptions.on("127.0.0.1:0").withStopGrace(Duration.ofSeconds(1)),
                new Routes()
                    .post(
                        "/_bulk",
                        (q, r) -> {
                          byte[] sent = q.bodyBytes(1 << 20);
                          Compression c =
                              requireNonNull(Compression.named(q.header("Content-Encoding")));
                          byte[] b = c.decompress(sent, 0, sent.length, 1 << 20);
                          List<String> lines =
                              new String(b, java.nio.charset.StandardCharsets.UTF_8)
                                  .lines()
                                  .toList();
                          documents.addAll(lines);
                          r.header("Content-Type", "application/json")
                              .send(
                                  "{\"errors\":false,\"items\":["
                                      + "{\"create\":{\"status\":201}},"
                                          .repeat(lines.size() / 2 - 1)
                                      + "{\"create\":{\"status\":201}}]}");
                        }),
                null);
        HttpClient http = HttpClient.newHttpClient()) {
      Process p =
          ClymeneLogAgent.start(
              config,
              log,
              Map.of(
                  "STORAGE_TYPE",
                  "loki,elasticsearch",
                  "CLYMENE_PROMTAIL_TENANT_ID",
                  "team-a",
                  "LOKI_CLIENT_URL",
                  loki.url(),
                  "ES_SERVER_URLS",
                  "http://127.0.0.1:" + elastic.port(),
                  "ADMIN_HTTP_HOST_PORTS",
                  "127.0.0.1:" + admin));
      try {
        TethysProcess.await(
            "both to have the lines",
            Duration.ofMinutes(1),
            () ->
                loki.lines.contains("line two")
                    && documents.stream().anyMatch(d -> d.contains("line two")),
            () -> read(log));
        assertThat(loki.tenants).containsOnly("team-a");
        assertThat(loki.streams.getFirst()).contains("dc", "here", "shop");
        assertThat(documents.stream().filter(d -> d.contains("line one")).findFirst().orElseThrow())
            .contains(
                "\"app\":\"shop\"",
                "\"dc\":\"here\"",
                "\"entries.line\":\"line one\"",
                "\"tenant\":\"team-a\"");
        assertThat(get(http, admin, "/")).contains("\"status\":\"Server available\"");
        assertThat(get(http, admin, "/metrics")).contains("promtail_read_lines_total");
        p.destroy();
        assertThat(p.waitFor(20, TimeUnit.SECONDS)).isTrue();
      } finally {
        p.destroyForcibly();
      }
    }
    assertThat(Files.readString(dir.resolve("positions.yaml"))).contains("app.log: \"18\"");
  }
}
