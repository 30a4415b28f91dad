package dev.tethys.app.server;

import dev.tethys.app.WarmUpFolder;
import dev.tethys.app.cli.FlagSet;
import dev.tethys.codec.remote.WriteRequestWriter;
import dev.tethys.codec.snappy.SnappyBlock;
import dev.tethys.config.HttpClientConfig;
import dev.tethys.model.Labels;
import dev.tethys.model.storage.StorageException;
import dev.tethys.web.client.Answer;
import dev.tethys.web.client.Call;
import dev.tethys.web.client.HttpClientFactory;
import dev.tethys.web.client.WebClient;
import java.io.IOException;
import java.io.OutputStream;
import java.net.ServerSocket;
import java.net.URI;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/**
 * The run that a start-up cache is made from: a server in a temporary folder that scrapes and takes
 * pushed samples, and a second one that recovers what the first would have left if it had been
 * killed, and answers queries for some seconds. What they load, link and run often is ready at
 * every later start. All of a cache is resident memory, so the run keeps to what servers do: it
 * asks over plain HTTP, because the classes of TLS alone would make the cache a tenth larger.
 */
public final class WarmUp {
  private static final int HOSTS = 20;
  private static final int SERIES = 200;
  private static final int STEPS = 60;
  private static final int ROUNDS = 12;

  private static final String[] PATHS = {
    "/",
    "/-/ready",
    "/metrics",
    Server.HOST_METRICS,
    "/api/v1/labels",
    "/api/v1/label/__name__/values",
    "/api/v1/series?match%5B%5D=up",
    "/api/v1/targets",
    "/api/v1/metadata",
    "/api/v1/status/tsdb",
    "/api/v1/status/runtimeinfo",
    "/api/v1/status/config",
    "/api/v1/status/flags",
    "/federate?match%5B%5D=up"
  };

  private static final String[] QUERIES = {
    "up",
    "warm_requests_total{host=\"h3\"}",
    "rate(warm_requests_total[5m])",
    "sum by (host) (rate(warm_requests_total{code!=\"500\"}[5m]))",
    "1 - avg by (host) (rate(warm_requests_total{code=~\"2..\"}[2m]))",
    "topk(5, warm_temperature)",
    "warm_temperature / on (host, code, path) warm_requests_total",
    "max_over_time(warm_temperature[10m])",
    "avg_over_time(warm_temperature[10m])",
    "quantile_over_time(0.9, warm_temperature[10m])",
    "deriv(warm_temperature[10m])",
    "increase(warm_requests_total[10m])",
    "irate(warm_requests_total[2m])",
    "count({__name__=~\"warm_.*\"})",
    "count by (__name__) ({__name__=~\"warm_.*\"})",
    "max_over_time(sum(rate(warm_requests_total[5m]))[10m:1m])",
    "label_replace(rate(warm_requests_total[5m]), \"x\", \"$1\", \"host\", \"h(.*)\")",
    "sort_desc(sum by (host) (rate(warm_requests_total[5m])))",
    "histogram_quantile(0.9, sum by (le)"
        + " (rate(prometheus_http_request_duration_seconds_bucket[1m])))",
    "stddev by (host) (warm_temperature) > bool 0.5",
    "absent(nothing)"
  };

  private final WebClient client;
  private final String base;

  private WarmUp(WebClient client, int port) {
    this.client = client;
    this.base = "http://127.0.0.1:" + port;
  }

  /** Runs it; the exit code of the process. */
  public static int run() {
    AgentRole.isAskedFor(List.of()); // as every start of a server asks
    try (WarmUpFolder written = WarmUpFolder.create()) {
      Path folder = written.path();
      int port;
      try (ServerSocket s = new ServerSocket(0)) {
        port = s.getLocalPort();
      }
      Path config = folder.resolve("prometheus.yml");
      Files.writeString(
          config,
          Configuration.defaults("127.0.0.1:" + port)
              .replace("scrape_interval: 10s", "scrape_interval: 1s"));
      FlagSet flags = flags(config, folder.resolve("data"), port);
      long end = System.currentTimeMillis();
      try (HttpClientFactory clients = new HttpClientFactory("warm-up")) {
        WarmUp warmUp = new WarmUp(clients.client(HttpClientConfig.DEFAULT), port);
        Path killed = folder.resolve("killed");
        try (Server _ = ServerRole.start(flags)) {
          warmUp.write(end);
          copy(folder.resolve("data"), killed);
        }
        try (Server _ = ServerRole.start(flags(config, killed, port))) {
          warmUp.read(end);
        }
      }
      return 0;
    } catch (IOException | InterruptedException | StorageException e) {
      System.err.println("warm-up: " + e);
      return 1;
    }
  }

  private static FlagSet flags(Path config, Path data, int port) {
    return ServerFlags.set()
        .parse(
            List.of(
                "--config.file=" + config,
                "--storage.tsdb.path=" + data,
                "--web.listen-address=127.0.0.1:" + port,
                "--web.enable-remote-write-receiver",
                "--log.level=error"));
  }

  private void write(long end) throws IOException, InterruptedException {
    long start = end - STEPS * 15_000L;
    for (int step = 0; step < STEPS; step++) {
      push(start + step * 15_000L, step);
    }
  }

  private void read(long end) throws IOException, InterruptedException {
    long start = end - STEPS * 15_000L;
    for (int round = 0; round < ROUNDS; round++) {
      for (String p : PATHS) {
        get(p);
      }
      for (String q : QUERIES) {
        String query = "query=" + URLEncoder.encode(q, StandardCharsets.UTF_8);
        String range = "&start=" + start / 1000 + "&end=" + end / 1000 + "&step=15";
        get("/api/v1/query?" + query);
        get("/api/v1/query_range?" + query + range);
      }
    }
  }

  private void push(long time, int step) throws IOException, InterruptedException {
    WriteRequestWriter w = new WriteRequestWriter();
    for (int h = 0; h < HOSTS; h++) {
      for (int s = 0; s < SERIES; s++) {
        boolean gauge = s % 4 == 0;
        Labels labels =
            Labels.of(
                Labels.METRIC_NAME,
                gauge ? "warm_temperature" : "warm_requests_total",
                "host",
                "h" + h,
                "code",
                s % 3 == 0 ? "500" : "200",
                "path",
                "/p/" + s);
        w.beginSeries(labels)
            .sample(time, gauge ? 20 + Math.sin(step * 0.1 + s) : (double) step * (s + h))
            .endSeries();
      }
    }
    byte[] body = SnappyBlock.encode(w.buffer(), 0, w.size());
    send(
        Call.post(URI.create(base + "/api/v1/write"), "application/x-protobuf", body)
            .withHeader("Content-Encoding", "snappy")
            .withHeader("X-Prometheus-Remote-Write-Version", "0.1.0"));
  }

  private void get(String path) throws IOException, InterruptedException {
    send(Call.get(URI.create(base + path)));
  }

  private void send(Call call) throws IOException, InterruptedException {
    try (Answer answer = client.send(call)) {
      answer.body().transferTo(OutputStream.nullOutputStream());
    }
  }

  /** What a server that is killed now would leave behind. */
  private static void copy(Path data, Path to) throws IOException {
    List<Path> found;
    try (Stream<Path> s = Files.walk(data)) {
      found = s.toList(); // parents before what is in them
    }
    for (Path p : found) {
      Path target = to.resolve(data.relativize(p).toString());
      if (Files.isDirectory(p)) {
        Files.createDirectories(target);
      } else if (!p.endsWith("lock")) {
        Files.copy(p, target);
      }
    }
  }
}
