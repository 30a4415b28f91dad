package dev.tethys.app;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.testkit.Ports;
import java.io.IOException;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The server as a process, from its command line to its responses. */
@Tag("slow")
class ServerTest {
  private static final String SELF =
      """
      global: {scrape_interval: 1s}
      scrape_configs:
      - job_name: self
        static_configs: [{targets: ['127.0.0.1:{port}']}]
      """;

  @TempDir Path dir;

  private static void awaitScrapes(TethysProcess server, String job) {
    server.await(
        "a scrape of " + job,
        Duration.ofSeconds(60),
        () -> server.query("up{job=\"" + job + "\"} == 1").contains("\"value\""));
  }

  @Test
  void monitorsItselfAndTheMachineWithoutConfiguration() {
    int port = Ports.free();
    try (TethysProcess server =
        TethysProcess.launch(dir, port, List.of("--web.listen-address=127.0.0.1:" + port))
            .awaitReady()) {
      awaitScrapes(server, "tethys");
      awaitScrapes(server, "node");
      assertThat(server.query("count(node_cpu_seconds_total)")).contains("\"value\"");
      assertThat(server.query("node_uname_info")).contains("\"sysname\":\"Linux\"");
      HttpResponse<String> page = server.get("/");
      assertThat(page.statusCode()).isEqualTo(200);
      assertThat(page.body()).contains("<base href=\"/\"");
      assertThat(server.get("/api/v1/status/config").body()).contains("job_name: node");
      assertThat(server.stop()).isZero();
    }
  }

  @Test
  void samplesSurviveStopAndKill() {
    try (TethysProcess first = TethysProcess.server(dir, SELF)) {
      awaitScrapes(first, "self");
      assertThat(first.stop()).isZero();
    }
    String before;
    try (TethysProcess second = TethysProcess.server(dir, SELF)) {
      awaitScrapes(second, "self");
      before = second.query("count_over_time(up{job=\"self\"}[1h])");
      second.kill();
    }
    try (TethysProcess third = TethysProcess.server(dir, SELF)) {
      assertThat(count(third.query("count_over_time(up{job=\"self\"}[1h])")))
          .isGreaterThanOrEqualTo(count(before));
    }
  }

  private static int count(String json) {
    java.util.regex.Matcher m =
        java.util.regex.Pattern.compile("\"value\":\\[[^,]+,\"(\\d+)\"").matcher(json);
    assertThat(m.find()).as(json).isTrue();
    return Integer.parseInt(m.group(1));
  }

  @Test
  void rejectsSecondServerOnTheSameFolder() {
    try (TethysProcess first = TethysProcess.server(dir, SELF)) {
      int port = Ports.free();
      TethysProcess second =
          TethysProcess.launch(
              dir,
              port,
              List.of(
                  "server",
                  "--config.file=" + dir.resolve("prometheus.yml"),
                  "--storage.tsdb.path=" + dir.resolve("data"),
                  "--web.listen-address=127.0.0.1:" + port));
      assertThat(second.exitCode()).isEqualTo(1);
      assertThat(second.log()).contains("data");
      assertThat(first.get("/-/ready").statusCode()).isEqualTo(200);
    }
  }

  @Test
  void badConfigurationStopsTheStartWithItsPosition() throws IOException {
    Path file = dir.resolve("prometheus.yml");
    Files.writeString(file, "global:\n  scrape_intervall: 5s\n");
    TethysProcess p = TethysProcess.launch(dir, 0, List.of("server", "--config.file=" + file));
    assertThat(p.exitCode()).isEqualTo(2);
    assertThat(p.log())
        .contains("prometheus.yml:2:3: unknown key \"scrape_intervall\"")
        .contains("scrape_interval");
  }

  @Test
  void namesUnknownAndUnsupportedFlags() {
    for (String[] c :
        new String[][] {
          {"--config.fil=x", "did you mean --config.file?"},
          {"--storage.agent.path=x", "add --agent"},
          {"--rules.max-concurrent-evals=0", "expected at least 1"},
          {"--storage.retention-rule=x", "expected SELECTOR=DURATION"},
          {"--storage.retention-rule={job=}=2d", "--storage.retention-rule={job=}=2d: "},
          {"--storage.downsample=5m", "expected RESOLUTION:AGE[:RETENTION]"},
          {"--storage.downsample=5m:20d", "only after its retention (samples are kept for 15d)"},
          {"--query.max-source-resolution=no", "expected auto, 0s or a duration"},
          {"--web.listen-address=localhost", "--web.listen-address: listen address \"localhost\""},
          {"--web.listen-address=:70000", "the port must be a number from 0 to 65535"},
          {"--query.timeout=abc", "--query.timeout=abc: not a valid duration"},
          {"--enable-feature=old-ui", "old-ui is valid in Prometheus but not built"}
        }) {
      TethysProcess p = TethysProcess.launch(dir, 0, List.of("server", c[0]));
      assertThat(p.exitCode()).as(c[0]).isEqualTo(2);
      assertThat(p.log()).contains(c[1]).doesNotContain("\tat ");
    }
  }

  @Test
  void namesUnusableFolderWithTheReason() throws IOException {
    Path file = Files.createFile(dir.resolve("file"));
    Files.writeString(dir.resolve("prometheus.yml"), "{}");
    TethysProcess p =
        TethysProcess.launch(
            dir,
            0,
            List.of(
                "server",
                "--config.file=" + dir.resolve("prometheus.yml"),
                "--storage.tsdb.path=" + file,
                "--web.listen-address=127.0.0.1:0"));
    assertThat(p.exitCode()).isEqualTo(1);
    assertThat(p.log()).contains(file + ": a file with this name already exists");
  }

  @Test
  void reloadAppliesGoodFileAndKeepsOldOneIfInvalid() throws IOException {
    try (TethysProcess server = TethysProcess.server(dir, SELF, "--web.enable-lifecycle")) {
      awaitScrapes(server, "self");
      Path file = dir.resolve("prometheus.yml");
      String good = Files.readString(file);

      Files.writeString(file, good + "- job_name: [\n");
      HttpResponse<String> bad = server.post("/-/reload", "text/plain", new byte[0]);
      assertThat(bad.statusCode()).isEqualTo(500);
      assertThat(bad.body()).contains("prometheus.yml:");
      assertThat(server.query("prometheus_config_last_reload_successful")).isNotEmpty();
      assertThat(server.get("/metrics").body())
          .contains("prometheus_config_last_reload_successful 0");
      assertThat(server.get("/api/v1/notifications").body())
          .contains("Configuration reload has failed.");
      assertThat(server.get("/api/v1/status/config").body()).contains("job_name: self");

      Files.writeString(
          file,
          good.replace("job_name: self", "job_name: renamed")
              + "storage: {tsdb: {retention: {time: 3d, percentage: 80, rules: [{match: x, time:"
              + " 1d}]}}}\n");
      assertThat(server.post("/-/reload", "text/plain", new byte[0]).statusCode()).isEqualTo(200);
      assertThat(server.get("/api/v1/notifications").body())
          .doesNotContain("Configuration reload has failed.");
      assertThat(server.get("/metrics").body())
          .contains("prometheus_config_last_reload_successful 1")
          .contains("prometheus_tsdb_retention_limit_seconds 259200")
          .contains("prometheus_tsdb_retention_limit_percentage 80");
      assertThat(server.get("/api/v1/status/runtimeinfo").body())
          .contains("\"storageRetention\":\"3d or 80%\"");
      awaitScrapes(server, "renamed");

      Files.writeString(file, good.replace("job_name: self", "job_name: hup"));
      new ProcessBuilder("kill", "-HUP", String.valueOf(server.pid())).start();
      awaitScrapes(server, "hup");
    }
  }

  @Test
  void storesDeltasUnchangedIfEnabled() {
    byte[] delta =
        """
        {"resourceMetrics":[{"scopeMetrics":[{"metrics":[{"name":"d","sum":{"isMonotonic":true,
        "aggregationTemporality":1,"dataPoints":[{"asInt":"7","timeUnixNano":"%d000000"}]}}]}]}]}
        """
            .formatted(System.currentTimeMillis())
            .getBytes(StandardCharsets.UTF_8);
    String path = "/api/v1/otlp/v1/metrics";
    try (TethysProcess server = TethysProcess.server(dir, SELF, "--web.enable-otlp-receiver")) {
      assertThat(server.post(path, "application/json", delta).body())
          .contains("invalid temporality and type combination");
    }
    try (TethysProcess server =
        TethysProcess.server(
            dir,
            SELF,
            "--web.enable-otlp-receiver",
            "--enable-feature=otlp-native-delta-ingestion")) {
      assertThat(server.post(path, "application/json", delta).statusCode()).isEqualTo(200);
      assertThat(server.query("d_total")).contains("\"7\"");
    }
  }

  @Test
  void lifecycleAdminAndReceiversAreOffByDefault() {
    try (TethysProcess server = TethysProcess.server(dir, SELF)) {
      byte[] none = new byte[0];
      assertThat(server.post("/-/reload", "text/plain", none).statusCode()).isEqualTo(403);
      assertThat(server.post("/-/quit", "text/plain", none).statusCode()).isEqualTo(403);
      assertThat(server.post("/api/v1/write", "application/x-protobuf", none).statusCode())
          .isEqualTo(404);
      assertThat(
              server.post("/api/v1/otlp/v1/metrics", "application/x-protobuf", none).statusCode())
          .isEqualTo(404);
      assertThat(
              server
                  .post(
                      "/api/v1/admin/tsdb/delete_series?match[]=up".replace("[]", "%5B%5D"),
                      "text/plain",
                      none)
                  .body())
          .contains("admin APIs disabled");
    }
  }

  @Test
  void removesDeletedSamplesAndOpensSnapshot() throws IOException {
    try (TethysProcess server = TethysProcess.server(dir, SELF, "--web.enable-admin-api")) {
      awaitScrapes(server, "self");
      byte[] none = new byte[0];
      HttpResponse<String> snapshot =
          server.post("/api/v1/admin/tsdb/snapshot", "text/plain", none);
      assertThat(snapshot.statusCode()).as(snapshot.body()).isEqualTo(200);
      long before = System.currentTimeMillis() / 1000;
      String name = snapshot.body().replaceAll(".*\"name\":\"([^\"]+)\".*", "$1");
      assertThat(dir.resolve("data/snapshots").resolve(name)).isDirectory();
      assertThat(
              server
                  .post(
                      "/api/v1/admin/tsdb/delete_series?match%5B%5D=process_cpu_seconds_total&end="
                          + before,
                      "text/plain",
                      none)
                  .statusCode())
          .isEqualTo(204);
      assertThat(server.query("count_over_time(process_cpu_seconds_total[1h] @ " + before + ")"))
          .contains("\"result\":[]");
      assertThat(
              server.post("/api/v1/admin/tsdb/clean_tombstones", "text/plain", none).statusCode())
          .isEqualTo(204);
    }
  }

  @Test
  void routePrefixAppliesToEverything() {
    try (TethysProcess server =
        TethysProcess.server(
            dir,
            SELF.replace("static_configs", "metrics_path: /mon/metrics\n  static_configs"),
            "--web.external-url=http://example.org/mon/",
            "--web.enable-lifecycle")) {
      assertThat(server.get("/mon/").body()).contains("<base href=\"/mon/\"");
      assertThat(server.get("/api/v1/labels").statusCode()).isEqualTo(404);
      awaitPrefixed(server);
    }
  }

  private static void awaitPrefixed(TethysProcess server) {
    server.await(
        "a scrape behind the prefix",
        Duration.ofSeconds(30),
        () -> server.get("/mon/api/v1/query?query=up").body().contains("\"1\""));
  }

  @Test
  void federationReturnsTheNewestSamples() {
    try (TethysProcess server = TethysProcess.server(dir, SELF)) {
      awaitScrapes(server, "self");
      String body = server.get("/federate?match%5B%5D=up").body();
      assertThat(body).contains("up{instance=\"127.0.0.1:" + server.port + "\",job=\"self\"} 1 ");
      assertThat(body.getBytes(StandardCharsets.UTF_8)).isNotEmpty();
      assertThat(server.get("/federate?match%5B%5D=process_cpu_seconds_total").body())
          .contains("# TYPE process_cpu_seconds_total counter\n");
    }
  }
}
