package dev.tethys.app;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.testkit.Ports;
import dev.tethys.testkit.Shared;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.math.BigDecimal;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Remote write out of real processes into real ones, with a kill -9 on either side. */
@Tag("slow")
class RemoteWritePeersTest {
  private static final Pattern VALUE = Pattern.compile("\"value\":\\[[0-9.e+]+,\"([^\"]*)\"]");

  @TempDir Path dir;
  private final List<Process> started = new ArrayList<>();

  @AfterEach
  void stop() throws InterruptedException {
    for (Process p : started) {
      p.destroyForcibly().waitFor();
    }
  }

  private Process start(Path program, String... args) throws IOException {
    List<String> command = new ArrayList<>();
    command.add(program.toString());
    command.addAll(List.of(args));
    Process p =
        new ProcessBuilder(command)
            .redirectErrorStream(true)
            .redirectOutput(Files.createTempFile(dir, "peer", ".log").toFile())
            .start();
    started.add(p);
    return p;
  }

  private Process prometheus(int port) throws IOException {
    Path config = dir.resolve("peer.yml");
    if (!Files.exists(config)) {
      Files.writeString(config, "global: {}\n");
    }
    return start(
        Shared.peer("prometheus"),
        "--config.file=" + config,
        "--storage.tsdb.path=" + dir.resolve("prometheus"),
        "--web.listen-address=127.0.0.1:" + port,
        "--web.enable-remote-write-receiver");
  }

  /** The only value of a query, -1 while there is none. */
  private static double ask(String base, String promql) {
    try {
      HttpResponse<String> r =
          TethysProcess.CLIENT.send(
              HttpRequest.newBuilder(
                      URI.create(
                          base
                              + "/api/v1/query?query="
                              + URLEncoder.encode(promql, StandardCharsets.UTF_8)))
                  .timeout(Duration.ofSeconds(20))
                  .build(),
              HttpResponse.BodyHandlers.ofString());
      Matcher m = VALUE.matcher(r.body());
      return m.find() ? Double.parseDouble(m.group(1)) : -1;
    } catch (IOException e) {
      return -1;
    } catch (InterruptedException e) {
      throw new UncheckedIOException(new IOException(e));
    }
  }

  private static final Pattern SERIES =
      Pattern.compile("\\{\"metric\":\\{([^}]*)},\"values\":\\[((?:\\[[^]]*],?)*)]");
  private static final Pattern SAMPLE = Pattern.compile("\\[([0-9.e+]+),");

  /** The times of all samples of the last ten minutes, by what tells series apart. */
  private static Map<String, Set<String>> samples(String base, String selector, double at) {
    Map<String, Set<String>> out = new HashMap<>();
    String body;
    try {
      body =
          TethysProcess.CLIENT
              .send(
                  HttpRequest.newBuilder(
                          URI.create(
                              base
                                  + "/api/v1/query?time=%.3f&query=".formatted(at)
                                  + URLEncoder.encode(selector + "[10m]", StandardCharsets.UTF_8)))
                      .timeout(Duration.ofSeconds(20))
                      .build(),
                  HttpResponse.BodyHandlers.ofString())
              .body();
    } catch (IOException e) {
      return out;
    } catch (InterruptedException e) {
      throw new UncheckedIOException(new IOException(e));
    }
    body = body.replace("\\u0027", "'"); // as VictoriaMetrics writes it
    for (Matcher m = SERIES.matcher(body); m.find(); ) {
      String series =
          Arrays.stream(m.group(1).split(","))
              .filter(l -> !l.equals("\"from\":\"a\""))
              .sorted()
              .collect(Collectors.joining(","));
      Set<String> times = new TreeSet<>();
      for (Matcher v = SAMPLE.matcher(m.group(2)); v.find(); ) {
        // Some write .420, others .42.
        String time = new BigDecimal(v.group(1)).stripTrailingZeros().toPlainString();
        assertThat(times.add(time)).as("a sample once only").isTrue();
      }
      out.put(series, times);
    }
    return out;
  }

  private static boolean holdsAll(Map<String, Set<String>> there, Map<String, Set<String>> wanted) {
    return wanted.entrySet().stream()
        .allMatch(e -> there.getOrDefault(e.getKey(), Set.of()).containsAll(e.getValue()));
  }

  private static String url(int port) {
    return "http://127.0.0.1:" + port;
  }

  @Test
  void everySampleArrivesIfEitherSideIsKilled() throws Exception {
    Shared.peer("prometheus");
    int prom = Ports.free();
    int victoria = Ports.free();
    Process receiver = prometheus(prom);
    start(
        Shared.peer("victoria-metrics"),
        "-storageDataPath=" + dir.resolve("victoria"),
        "-httpListenAddr=127.0.0.1:" + victoria,
        "-search.latencyOffset=0s",
        "-dedup.minScrapeInterval=1ms");
    Files.writeString(
        dir.resolve("rules.yml"),
        "groups: [{name: g, interval: 1s, rules: [{record: 'up:sum', expr: sum(up)}]}]\n");
    Path other = Files.createDirectory(dir.resolve("other"));
    try (TethysProcess second =
        TethysProcess.server(other, "global: {}", "--web.enable-remote-write-receiver")) {
      String config =
          """
          global: {scrape_interval: 1s, evaluation_interval: 1s, external_labels: {from: a}}
          rule_files: [rules.yml]
          scrape_configs:
          - job_name: self
            static_configs: [{targets: ['127.0.0.1:{port}'], labels: {instance: me}}]
          remote_write:
          - name: prometheus
            url: %s/api/v1/write
            queue_config: &queue {batch_send_deadline: 1s, max_backoff: 500ms}
          - {name: victoria, url: '%s/api/v1/write', queue_config: *queue}
          - name: tethys
            url: %s/api/v1/write
            protobuf_message: io.prometheus.write.v2.Request
            queue_config: *queue
          """
              .formatted(url(prom), url(victoria), url(second.port));
      long scrapes = 6;
      TethysProcess first = TethysProcess.server(dir, config);
      try {
        first.await(
            "samples in Prometheus",
            Duration.ofSeconds(60),
            () -> ask(url(prom), "count_over_time(up{from=\"a\"}[10m])") >= 2);
        receiver.destroyForcibly().waitFor();
        first.await(
            "scrapes while Prometheus is down",
            Duration.ofSeconds(60),
            () -> ask(url(victoria), "count_over_time(up{from=\"a\"}[10m])") >= scrapes);
      } finally {
        first.kill();
      }
      prometheus(prom);
      // At another address: the series are the same, whichever target brings them.
      try (TethysProcess again = TethysProcess.server(dir, config)) {
        again.await(
            "scrapes after the restart",
            Duration.ofSeconds(60),
            () -> ask(url(again.port), "count_over_time(up[10m])") >= scrapes + 4);
        double at = System.currentTimeMillis() / 1000.0;
        // Without quantiles: they are NaN initially, which VictoriaMetrics does not keep.
        Map<String, Set<String>> stored =
            samples(url(again.port), "{job=\"self\",quantile=\"\"}", at);
        Map<String, Set<String>> rules = samples(url(again.port), "up:sum", at);
        assertThat(stored).hasSizeGreaterThan(100);
        assertThat(rules).hasSize(1);
        for (String to : new String[] {url(prom), url(victoria), url(second.port)}) {
          again.await(
              "all samples in " + to,
              Duration.ofSeconds(60),
              () ->
                  holdsAll(samples(to, "{job=\"self\",quantile=\"\",from=\"a\"}", at), stored)
                      && holdsAll(samples(to, "up:sum{from=\"a\"}", at), rules));
          // A scrape may have been passed on that the store did not live to keep.
          Map<String, Set<String>> there =
              samples(to, "{job=\"self\",quantile=\"\",from=\"a\"}", at);
          stored.forEach(
              (series, s) -> assertThat(there.get(series)).hasSizeBetween(s.size(), s.size() + 1));
        }
        String page = again.get("/metrics").body();
        assertThat(page)
            .contains("prometheus_remote_storage_samples_total{remote_name=\"victoria\"")
            .contains("prometheus_remote_storage_samples_pending{remote_name=\"tethys\"")
            .contains("prometheus_remote_storage_highest_timestamp_in_seconds");
        assertThat(again.get("/api/v1/status/config").body()).contains("remote_write");
      }
    }
  }
}
