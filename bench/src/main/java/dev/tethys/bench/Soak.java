package dev.tethys.bench;

import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A server that scrapes many targets for a long time: prints memory and CPU each minute and, at the
 * end, whether every scrape that was due was made and answered, and whether memory grew.
 */
final class Soak {
  private static final HttpClient CLIENT = HttpClient.newHttpClient();
  private static final int BLOCK_MINUTES = 10;
  private static final Pattern NUMBER = Pattern.compile("\"value\":\\[[0-9.]+,\"([^\"]+)\"]");

  private final int targets;
  private final int series;
  private final int interval;
  private final int minutes;
  private final AtomicLong answered = new AtomicLong();

  private Soak(Map<String, Integer> options) {
    targets = options.getOrDefault("targets", 0);
    series = options.getOrDefault("series", 0);
    interval = options.getOrDefault("interval", 0);
    minutes = options.getOrDefault("minutes", 0);
  }

  /** Options are {@code targets=200 series=500 interval=15 minutes=60}; 0 when all was well. */
  static int run(String[] args) throws Exception {
    Map<String, Integer> options =
        new LinkedHashMap<>(Map.of("targets", 200, "series", 500, "interval", 15, "minutes", 60));
    for (String a : args) {
      String[] kv = a.split("=", 2);
      if (kv.length != 2 || !options.containsKey(kv[0])) {
        System.err.println("tethys bench soak: unknown option " + a + "; there are " + options);
        return 2;
      }
      options.put(kv[0], Integer.parseInt(kv[1]));
    }
    return new Soak(options).run();
  }

  private int run() throws Exception {
    Path dir = Files.createTempDirectory("tethys-soak");
    HttpServer exporter = exporter();
    int port = freePort();
    Path config = dir.resolve("prometheus.yml");
    Files.writeString(config, config(port, exporter.getAddress().getPort()));
    Process server =
        new ProcessBuilder(
                System.getProperty(
                    "tethys.launcher", Path.of("tethys").toAbsolutePath().toString()),
                "server",
                "--config.file=" + config,
                "--storage.tsdb.path=" + dir.resolve("data"),
                // Several blocks an hour: memory must be flat over them, not within one.
                "--storage.tsdb.min-block-duration=" + BLOCK_MINUTES + "m",
                "--web.listen-address=127.0.0.1:" + port)
            .redirectErrorStream(true)
            .redirectOutput(dir.resolve("log").toFile())
            .start();
    try {
      return watch(server, port, dir);
    } finally {
      server.destroy();
      server.waitFor(30, TimeUnit.SECONDS);
      exporter.stop(0);
    }
  }

  private int watch(Process server, int port, Path dir) throws Exception {
    System.out.printf(
        "%d targets x %d series every %d s, %d minutes, log in %s%n",
        targets, series, interval, minutes, dir.resolve("log"));
    System.out.println("minute\trss_MB\tcpu_s\tscrapes\ttargets_up\tseries");
    List<Long> rss = new ArrayList<>();
    long begin = System.nanoTime();
    for (int m = 1; m <= minutes; m++) {
      long due = begin + TimeUnit.MINUTES.toNanos(m);
      TimeUnit.NANOSECONDS.sleep(Math.max(0, due - System.nanoTime()));
      if (!server.isAlive()) {
        System.out.println("the server ended with " + server.exitValue());
        return 1;
      }
      rss.add(status(server.pid(), "VmRSS"));
      System.out.printf(
          Locale.ROOT,
          "%d\t%d\t%.1f\t%d\t%s\t%s%n",
          m,
          rss.getLast() / 1024,
          cpuSeconds(server.pid()),
          answered.get(),
          query(port, "sum(up)"),
          query(port, "prometheus_tsdb_head_series"));
    }
    double least = Double.parseDouble(query(port, "min(min_over_time(up[" + minutes + "m]))"));
    double fewest =
        Double.parseDouble(query(port, "min(count_over_time(up[" + (minutes - 1) + "m]))"));
    double due = Math.floor((minutes - 1) * 60.0 / interval) - 1;
    double failed =
        Double.parseDouble(
            query(port, "sum(prometheus_target_scrapes_sample_out_of_order_total) or vector(0)"));
    long early = rss.get(rss.size() / 3);
    long late = rss.getLast();
    boolean ok = least == 1 && fewest >= due && failed == 0 && late < early * 1.15;
    System.out.printf(
        Locale.ROOT,
        "least up %.0f (1 wanted), fewest scrapes of a target %.0f (%.0f due), out of order %.0f, memory"
            + " %d MB after a third, %d MB at the end: %s%n",
        least,
        fewest,
        due,
        failed,
        early / 1024,
        late / 1024,
        ok ? "well" : "NOT WELL");
    return ok ? 0 : 1;
  }

  private String config(int ownPort, int exporterPort) {
    StringBuilder sb = new StringBuilder();
    sb.append("global: {scrape_interval: ").append(interval).append("s}\nscrape_configs:\n");
    sb.append("- {job_name: self, static_configs: [{targets: ['127.0.0.1:")
        .append(ownPort)
        .append("']}]}\n");
    for (int t = 0; t < targets; t++) {
      sb.append("- {job_name: t")
          .append(t)
          .append(", metrics_path: /")
          .append(t)
          .append(", static_configs: [{targets: ['127.0.0.1:")
          .append(exporterPort)
          .append("']}]}\n");
    }
    return sb.toString();
  }

  private HttpServer exporter() throws IOException {
    HttpServer http =
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 1024);
    http.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
    http.createContext(
        "/",
        exchange -> {
          long n = answered.incrementAndGet();
          StringBuilder sb = new StringBuilder(series * 80);
          sb.append("# TYPE soak_requests_total counter\n");
          for (int s = 0; s < series; s++) {
            sb.append("soak_requests_total{handler=\"/api/v1/things/")
                .append(s)
                .append("\",method=\"GET\",code=\"200\"} ")
                .append(s % 3 == 0 ? s : n * (s + 1) % 1_000_000_007L)
                .append('\n');
          }
          byte[] body = sb.toString().getBytes(StandardCharsets.UTF_8);
          exchange.getResponseHeaders().set("Content-Type", "text/plain; version=0.0.4");
          exchange.sendResponseHeaders(200, body.length);
          exchange.getResponseBody().write(body);
          exchange.close();
        });
    http.start();
    return http;
  }

  private static int freePort() throws IOException {
    try (ServerSocket s = new ServerSocket(0)) {
      return s.getLocalPort();
    }
  }

  private static String query(int port, String promql) throws IOException, InterruptedException {
    HttpResponse<String> r =
        CLIENT.send(
            HttpRequest.newBuilder(
                    URI.create(
                        "http://127.0.0.1:"
                            + port
                            + "/api/v1/query?query="
                            + URLEncoder.encode(promql, StandardCharsets.UTF_8)))
                .timeout(Duration.ofSeconds(60))
                .build(),
            HttpResponse.BodyHandlers.ofString());
    Matcher m = NUMBER.matcher(r.body());
    return m.find() ? m.group(1) : "NaN";
  }

  static long status(long pid, String key) throws IOException {
    for (String line : Files.readAllLines(Path.of("/proc/" + pid + "/status"))) {
      if (line.startsWith(key + ":")) {
        return Long.parseLong(line.replaceAll("\\D", ""));
      }
    }
    return 0;
  }

  private static double cpuSeconds(long pid) throws IOException {
    String s = Files.readString(Path.of("/proc/" + pid + "/stat"));
    String[] f = s.substring(s.lastIndexOf(')') + 2).split(" ");
    return (Long.parseLong(f[11]) + Long.parseLong(f[12])) / 100.0;
  }
}
