package dev.tethys.app;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import dev.tethys.testkit.Ports;
import dev.tethys.testkit.Shared;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.ObjectMapper;

/** The server among programs of the Prometheus family that we did not write. */
@Tag("slow")
class PeersTest {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String NHCB = "honor_labels: true+convert_classic_histograms_to_nhcb: true";

  @TempDir Path dir;

  private record Outcome(int exitCode, String output) {}

  private Outcome run(List<String> command, String input) throws IOException, InterruptedException {
    Path out = Files.createTempFile(dir, "out", ".txt");
    Process p =
        new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(out.toFile()).start();
    p.getOutputStream().write(input.getBytes(StandardCharsets.UTF_8));
    p.getOutputStream().close();
    assertThat(p.waitFor(30, TimeUnit.SECONDS)).isTrue();
    return new Outcome(p.exitValue(), Files.readString(out));
  }

  private Outcome promtool(String... args) throws IOException, InterruptedException {
    List<String> command = new ArrayList<>();
    command.add(Shared.peer("promtool").toString());
    command.addAll(List.of(args));
    return run(command, "");
  }

  private static Process start(Path dir, Path program, String... args) throws IOException {
    List<String> command = new ArrayList<>();
    command.add(program.toString());
    command.addAll(List.of(args));
    return new ProcessBuilder(command)
        .redirectErrorStream(true)
        .redirectOutput(Files.createTempFile(dir, "peer", ".log").toFile())
        .start();
  }

  @Test
  void promtoolQueriesItLikePrometheus() throws IOException, InterruptedException {
    Shared.peer("promtool");
    String config =
        """
        global: {scrape_interval: 3s}
        scrape_configs:
        - job_name: self
          static_configs: [{targets: ['127.0.0.1:{port}'], labels: {zone: b}}]
        """;
    try (TethysProcess server = TethysProcess.server(dir, config)) {
      server.await(
          "two scrapes",
          Duration.ofSeconds(60),
          () -> server.query("sum_over_time(up[1m]) > 1").contains("\"value\""));
      String url = "http://127.0.0.1:" + server.port;
      long now = System.currentTimeMillis() / 1000;
      String series = "up{instance=\"127.0.0.1:" + server.port + "\", job=\"self\", zone=\"b\"}";

      Outcome instant = promtool("query", "instant", url, "up");
      assertThat(instant.output()).startsWith(series + " => 1 @[");
      assertThat(instant.exitCode()).isZero();

      Outcome range =
          promtool(
              "query", "range", "--start=" + (now - 10), "--end=" + now, "--step=1s", url, "up");
      assertThat(range.output()).startsWith(series + " =>\n").contains("\n1 @[");

      assertThat(promtool("query", "series", "--match=up", url).output())
          .contains(
              "{__name__=\"up\", instance=\"127.0.0.1:"
                  + server.port
                  + "\", job=\"self\", zone=\"b\"}");
      assertThat(promtool("query", "labels", url, "zone").output()).isEqualTo("b\n");

      Outcome wrong = promtool("query", "instant", url, "sum(");
      assertThat(wrong.exitCode()).isEqualTo(1);
      assertThat(wrong.output()).contains("parse error");

      assertThat(promtool("check", "healthy", "--url=" + url).exitCode()).isZero();
      assertThat(promtool("check", "ready", "--url=" + url).exitCode()).isZero();
    }
  }

  @Test
  void promtoolFindsNoErrorInItsMetrics() throws IOException, InterruptedException {
    Path promtool = Shared.peer("promtool");
    try (TethysProcess server = TethysProcess.server(dir, "")) {
      for (String path : List.of("/metrics", "/metrics/host")) {
        Outcome check =
            run(List.of(promtool.toString(), "check", "metrics"), server.get(path).body());
        // 3 is for style: some names are Prometheus's and node_exporter's own.
        assertThat(check.exitCode()).as(check.output()).isIn(0, 3);
        assertThat(check.output()).doesNotContain("error while linting");
      }
    }
  }

  /** Scrapes one real program until it is up, and gives the responses to a query about it. */
  private String scraped(String job, int port, Process peer, String query) {
    String config =
        """
        global: {scrape_interval: 1s, scrape_native_histograms: true}
        scrape_configs:
        - {job_name: %s, static_configs: [{targets: ['127.0.0.1:%d']}]}
        """
            .formatted(job, port);
    try (TethysProcess server = TethysProcess.server(dir, config)) {
      server.await(
          job + " to be up",
          Duration.ofSeconds(60),
          () -> server.query("up == 1").contains("\"value\""));
      return server.query(query) + server.get("/api/v1/metadata").body();
    } finally {
      stop(peer);
    }
  }

  /** Ends a peer, and waits: what it writes at its end must not meet the removal of its folder. */
  private static void stop(Process peer) {
    peer.destroy();
    peer.onExit().orTimeout(60, java.util.concurrent.TimeUnit.SECONDS).join();
  }

  /** The label sets of an instant query, in order, as text. */
  private static List<String> series(String answer) {
    List<String> all = new ArrayList<>();
    JSON.readTree(answer).at("/data/result").forEach(r -> all.add(r.path("metric").toString()));
    all.sort(null);
    return all;
  }

  @Test
  void exposedLabelsConflictWithTargetLabelsAsInPrometheus() throws IOException {
    Path prometheus = Shared.peer("prometheus");
    HttpServer target =
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    byte[] page =
        """
        e_a{job="theirs",instance=""} 1
        e_b{instance="x"} 2
        e_c 3
        e_d{extra=""} 4
        e_e{instance="",job="",extra="F",exported_extra=""} 5
        # TYPE e_h histogram
        e_h_bucket{instance="",le="1"} 1
        e_h_bucket{instance="",le="+Inf"} 2
        e_h_sum{instance=""} 2
        e_h_count{instance=""} 2
        """
            .getBytes(StandardCharsets.UTF_8);
    target.createContext(
        "/",
        x -> {
          x.getResponseHeaders().set("Content-Type", "text/plain; version=0.0.4");
          x.sendResponseHeaders(200, page.length);
          x.getResponseBody().write(page);
          x.close();
        });
    target.start();
    StringBuilder config = new StringBuilder("global: {scrape_interval: 1s}\nscrape_configs:\n");
    for (String job : List.of("honor_labels: true", "honor_labels: false", NHCB)) {
      config.append(
          """
          - job_name: '%s'
            %s
            static_configs: [{targets: ['127.0.0.1:%d'], labels: {extra: E}}]
          """
              .formatted(job, job.replace("+", "\n  "), target.getAddress().getPort()));
    }
    int port = Ports.free();
    Path file = Files.writeString(dir.resolve("peer.yml"), config);
    Process peer =
        start(
            dir,
            prometheus,
            "--config.file=" + file,
            "--storage.tsdb.path=" + dir.resolve("peer"),
            "--enable-feature=native-histograms",
            "--web.listen-address=127.0.0.1:" + port);
    String query = "/api/v1/query?query=%7B__name__%3D~%22e_.%2B%22%7D";
    try (TethysProcess server = TethysProcess.server(dir, config.toString())) {
      List<List<String>> seen = new ArrayList<>(List.of(List.of(), List.of()));
      server.await(
          "both to have scraped all jobs",
          Duration.ofSeconds(60),
          () -> {
            try {
              seen.set(0, series(server.get(query).body()));
              seen.set(
                  1,
                  series(
                      TethysProcess.CLIENT
                          .send(
                              HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + query))
                                  .build(),
                              HttpResponse.BodyHandlers.ofString())
                          .body()));
              return seen.stream().allMatch(s -> s.size() == 22);
            } catch (IOException e) {
              return false;
            } catch (InterruptedException e) {
              throw new AssertionError(e);
            }
          });
      assertThat(seen.get(0)).isEqualTo(seen.get(1));
    } finally {
      stop(peer);
      target.stop(0);
    }
  }

  @Test
  void scrapesARealNodeExporter() throws IOException {
    int port = Ports.free();
    Process peer =
        start(
            dir, Shared.peer("prometheus-node-exporter"), "--web.listen-address=127.0.0.1:" + port);
    assertThat(scraped("node", port, peer, "node_cpu_seconds_total"))
        .contains("\"mode\":\"idle\"")
        .contains("\"node_load1\":[{\"type\":\"gauge\"");
  }

  @Test
  void scrapesARealPrometheus() throws IOException {
    int port = Ports.free();
    Path none = Files.writeString(dir.resolve("none.yml"), "global: {}\n");
    Process peer =
        start(
            dir,
            Shared.peer("prometheus"),
            "--config.file=" + none,
            "--storage.tsdb.path=" + dir.resolve("peer"),
            "--web.listen-address=127.0.0.1:" + port);
    assertThat(scraped("prometheus", port, peer, "prometheus_build_info"))
        .contains("\"goversion\":\"go")
        .contains("prometheus_tsdb_head_series");
  }

  /**
   * Debian's Alertmanager looks for its templates under /usr/share, where only an overlay puts
   * them.
   */
  @Test
  void scrapesARealAlertmanager() throws IOException, InterruptedException {
    Path alertmanager = Shared.peer("prometheus-alertmanager");
    Path share = alertmanager.resolve("../../share").normalize();
    String overlay = "mount -t overlay overlay -o lowerdir=" + share + ":/usr/share /usr/share";
    Assumptions.assumeTrue(
        run(List.of("unshare", "-m", "sh", "-c", overlay), "").exitCode() == 0,
        "needs a mount namespace with an overlay");
    int port = Ports.free();
    Path config =
        Files.writeString(dir.resolve("am.yml"), "route: {receiver: x}\nreceivers: [{name: x}]\n");
    Process peer =
        start(
            dir,
            Path.of("unshare"),
            "-m",
            "sh",
            "-c",
            overlay
                + " && exec "
                + alertmanager
                + " --config.file="
                + config
                + " --storage.path="
                + dir.resolve("am")
                + " --cluster.listen-address= --web.listen-address=127.0.0.1:"
                + port);
    assertThat(scraped("alertmanager", port, peer, "alertmanager_build_info"))
        .contains("\"goversion\":\"go");
  }

  @Test
  void realPrometheusWritesToItAndReadsFromIt() throws IOException {
    Path prometheus = Shared.peer("prometheus");
    int port = Ports.free();
    try (TethysProcess server =
        TethysProcess.server(dir, "", "--web.enable-remote-write-receiver")) {
      Path config =
          Files.writeString(
              dir.resolve("peer.yml"),
              """
              global: {scrape_interval: 1s, external_labels: {from: peer}}
              scrape_configs:
              - {job_name: peer, static_configs: [{targets: ['127.0.0.1:%1$d']}]}
              remote_write:
              - url: http://127.0.0.1:%2$d/api/v1/write
                protobuf_message: io.prometheus.write.v2.Request
                send_native_histograms: true
                queue_config: {batch_send_deadline: 1s}
              remote_read:
              - url: http://127.0.0.1:%2$d/api/v1/read
                read_recent: true
                filter_external_labels: false
              """
                  .formatted(port, server.port));
      Process peer =
          start(
              dir,
              prometheus,
              "--config.file=" + config,
              "--storage.tsdb.path=" + dir.resolve("peer"),
              "--web.listen-address=127.0.0.1:" + port);
      try {
        server.await(
            "samples pushed by Prometheus",
            Duration.ofSeconds(60),
            () -> server.query("up{job=\"peer\",from=\"peer\"}").contains("\"value\""));
        TethysProcess view = server;
        server.await(
            "Prometheus to read them back",
            Duration.ofSeconds(60),
            () -> {
              try {
                return TethysProcess.CLIENT
                    .send(
                        java.net.http.HttpRequest.newBuilder(
                                java.net.URI.create(
                                    "http://127.0.0.1:"
                                        + port
                                        + "/api/v1/query?query=up%7Bfrom%3D%22peer%22%7D"))
                            .build(),
                        java.net.http.HttpResponse.BodyHandlers.ofString())
                    .body()
                    .contains("\"from\":\"peer\"");
              } catch (IOException e) {
                return false;
              } catch (InterruptedException e) {
                throw new AssertionError(view.log(), e);
              }
            });
      } finally {
        stop(peer);
      }
    }
  }
}
