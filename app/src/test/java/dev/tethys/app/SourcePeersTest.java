package dev.tethys.app;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import dev.tethys.testkit.Ports;
import dev.tethys.testkit.ServerProcess;
import dev.tethys.testkit.Shared;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.ObjectMapper;

/** A server whose services and pages read real Prometheus-compatible servers. */
@Tag("slow")
class SourcePeersTest {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final Duration LIMIT = Duration.ofSeconds(90);

  @TempDir Path dir;
  private HttpServer exporter;
  private volatile String page = "";

  @BeforeEach
  void start() throws Exception {
    exporter = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    exporter.createContext(
        "/metrics",
        x -> {
          byte[] b = page.getBytes(StandardCharsets.UTF_8);
          x.getResponseHeaders().set("Content-Type", "text/plain");
          x.sendResponseHeaders(200, b.length);
          x.getResponseBody().write(b);
          x.close();
        });
    exporter.start();
    page = page(true);
  }

  @AfterEach
  void stop() {
    exporter.stop(0);
  }

  private static String page(boolean whole) {
    StringBuilder sb = new StringBuilder();
    sb.append("node_info{machine_id=\"m1\",hostname=\"web-1\",kernel_version=\"6.1\"} 1\n");
    sb.append("container_info{machine_id=\"m1\",container_id=\"/docker/cart\",image=\"c:1\"} 1\n");
    for (int i = 0; i < 200; i++) {
      sb.append("container_resources_cpu_usage_seconds_total{machine_id=\"m1\",container_id=\"/c/");
      sb.append(i).append("\"} ").append(i * 1.25 + System.nanoTime() / 1e9).append('\n');
    }
    sb.append("node_odd{path=\"C:\\\\a \\\"b\\\"\\n\",emoji=\"😀\"} NaN\n");
    sb.append("node_large 1e308\nnode_small 4.9e-324\nnode_endless +Inf\n");
    if (whole) {
      sb.append("node_gone 1\n");
    }
    return sb + "unwanted 1\n";
  }

  private ServerProcess prometheus(int port) throws Exception {
    Path config =
        Files.writeString(
            dir.resolve("peer.yml"),
            """
            global: {scrape_interval: 1s}
            scrape_configs:
              - job_name: agent
                static_configs: [{targets: ['127.0.0.1:%d']}]
            """
                .formatted(exporter.getAddress().getPort()));
    return new ServerProcess(
        port,
        dir.resolve("peer.log"),
        Map.of(),
        List.of(
            Shared.peer("prometheus").toString(),
            "--config.file=" + config,
            "--storage.tsdb.path=" + dir.resolve("peer"),
            "--web.listen-address=127.0.0.1:" + port));
  }

  private TethysProcess tethys(int source) {
    return TethysProcess.server(
        dir,
        "global: {}\n",
        "--insight.source=prod=http://127.0.0.1:" + source,
        "--insight.source.interval=5s");
  }

  private static JsonNode source(TethysProcess t) {
    return JSON.readTree(t.get("/api/v1/insight/source").body()).at("/data/sources/0");
  }

  /** Samples of a range selector by series, without the label cluster. */
  private static Map<String, String> samples(String answer) {
    Map<String, String> out = new TreeMap<>();
    for (JsonNode s : JSON.readTree(answer).at("/data/result")) {
      List<String> labels = new ArrayList<>();
      s.path("metric")
          .forEachEntry(
              (k, v) -> {
                if (!k.equals("cluster")) {
                  labels.add(k + "=" + v.asString());
                }
              });
      labels.sort(null);
      List<String> values = new ArrayList<>(); // peers format numbers differently
      for (JsonNode v : s.path("values")) {
        String text = v.path(1).asString().replace("Inf", "Infinity");
        values.add(v.path(0).asDouble() + "=" + Double.parseDouble(text));
      }
      out.put(labels.toString(), values.toString());
    }
    return out;
  }

  private static String at(String query, long time) {
    return "/api/v1/query?time="
        + time
        + "&query="
        + URLEncoder.encode(query, StandardCharsets.UTF_8);
  }

  private static void awaitState(TethysProcess t, String state) {
    t.await("state " + state, LIMIT, () -> source(t).path("state").asString().equals(state));
  }

  @Test
  void showsEntitiesAndSamplesOfPrometheus() throws Exception {
    int port = Ports.free();
    try (ServerProcess peer = prometheus(port);
        TethysProcess t = tethys(port)) {
      awaitState(t, "ok");
      t.await(
          "15 s of samples",
          LIMIT,
          () -> t.query("count_over_time(node_gone[20s]) >= 15").contains("\"value\""));
      long now = System.currentTimeMillis() / 1000 - 8;
      String all = "{__name__=~\"(node|container)_.+\"}[10s]";
      Map<String, String> expected = samples(peer.get(at(all, now)));
      assertThat(expected).hasSizeGreaterThan(200);
      assertThat(samples(t.get(at(all, now)).body())).containsExactlyEntriesOf(expected);
      assertThat(t.query("unwanted")).contains("\"result\":[]");
      assertThat(t.query("up")).contains("\"cluster\":\"prod\"");
      page = page(false);
      t.await("the end of a series", LIMIT, () -> t.query("node_gone").contains("\"result\":[]"));
      assertThat(t.query("node_large")).contains("\"value\"");
      t.await(
          "entities",
          LIMIT,
          () -> t.get("/api/v1/insight/entities?kind=node").body().contains("prod/machine:m1"));
      assertThat(t.get("/api/v1/insight/entities?kind=container").body()).contains("cart");
      peer.kill();
      awaitState(t, "away");
      assertThat(source(t).path("error").asString()).contains("127.0.0.1:" + port);
    }
    try (ServerProcess peer = prometheus(port);
        TethysProcess t = tethys(port)) {
      awaitState(t, "ok");
      assertThat(source(t).path("missing").size()).isZero();
      assertThat(t.query("count_over_time(node_gone[5m]) > 10")).contains("\"value\"");
      assertThat(peer.port()).isEqualTo(port);
    }
  }

  @Test
  void copiesSamplesOfVictoriaMetrics() throws Exception {
    int port = Ports.free();
    Path config =
        Files.writeString(
            dir.resolve("vm.yml"),
            """
            scrape_configs:
              - job_name: agent
                scrape_interval: 1s
                static_configs: [{targets: ['127.0.0.1:%d']}]
            """
                .formatted(exporter.getAddress().getPort()));
    try (ServerProcess peer =
            new ServerProcess(
                port,
                dir.resolve("vm.log"),
                Map.of(),
                List.of(
                    Shared.peer("victoria-metrics").toString(),
                    "-storageDataPath=" + dir.resolve("vm"),
                    "-httpListenAddr=127.0.0.1:" + port,
                    "-promscrape.config=" + config));
        TethysProcess t = tethys(port)) {
      awaitState(t, "ok");
      t.await(
          "15 s of samples",
          LIMIT,
          () -> t.query("count_over_time(node_gone[30s]) >= 15").contains("\"value\""));
      long now = System.currentTimeMillis() / 1000 - 10;
      String all = "{__name__=~\"container_.+|node_large|node_small|node_gone\"}[10s]";
      Map<String, String> expected = samples(peer.get(at(all, now)));
      assertThat(expected).hasSizeGreaterThan(200);
      assertThat(samples(t.get(at(all, now)).body())).containsExactlyEntriesOf(expected);
      page = page(false);
      t.await("the end of a series", LIMIT, () -> t.query("node_gone").contains("\"result\":[]"));
    }
  }
}
