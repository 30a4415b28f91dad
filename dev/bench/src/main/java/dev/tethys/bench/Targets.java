package dev.tethys.bench;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;

/**
 * Many targets in one discovery that changes repeatedly, together with constant ones. Prints the
 * delay of the constant targets' scrapes, since they show every pause, and the time until the
 * targets equal the discovered ones. The scraped program runs in the same process as the clock, so
 * a measured gap is never smaller than the server's.
 *
 * <p>At each change a tenth of the targets is replaced by new ones and another tenth changes its
 * labels; in the middle all are removed, and all return with the next change.
 */
final class Targets {
  private static final int STEADY = 20;
  private static final Pattern POOL =
      Pattern.compile(
          "(?m)^prometheus_target_scrape_pool_targets\\{scrape_job=\"many\"} ([0-9.e+]+)$");

  private final int targets;
  private final int every;
  private final int interval;
  private final int changes;
  private final boolean file;
  private final Map<String, Long> lastSeen = new ConcurrentHashMap<>();
  private final AtomicLong longestGap = new AtomicLong();
  private final AtomicLong manyScrapes = new AtomicLong();
  private final AtomicLong steadyScrapes = new AtomicLong();
  private volatile byte[] list = {};

  private Targets(Options options, boolean file) throws Options.WrongException {
    this.targets = options.count("targets");
    this.every = options.count("every");
    this.interval = options.count("interval");
    this.changes = options.count("changes");
    this.file = file;
  }

  /**
   * Options are {@code targets=100000 every=60 interval=600 changes=6}, seconds; words are servers
   * and kinds of discovery. 0 if everything was found.
   */
  static int run(String[] args) throws Exception {
    Options options =
        new Options()
            .with("targets", 100_000)
            .with("every", 60)
            .with("interval", 600)
            .with("changes", 6)
            .withWords(
                "servers and kinds (tethys, prometheus, file, http)",
                List.of("tethys", "prometheus", "file", "http")::contains)
            .read(args);
    List<String> words = options.words();
    int failures = 0;
    for (String kind : List.of("http", "file")) {
      for (String server : List.of("tethys", "prometheus")) {
        boolean asked =
            (words.contains(kind) || !(words.contains("http") || words.contains("file")))
                && (words.contains(server)
                    || !(words.contains("tethys") || words.contains("prometheus")));
        if (asked) {
          failures += new Targets(options, kind.equals("file")).race(server);
        }
      }
    }
    return failures == 0 ? 0 : 1;
  }

  private int race(String name) throws Exception {
    HttpServer exporter = exporter();
    int port = exporter.getAddress().getPort();
    Path dir = Files.createTempDirectory("tethys-targets");
    Path listed = dir.resolve("many.json");
    publish(0, targets, port, listed);
    try (ServerUnderTest server = Contender.of(name).start(dir, config(port, listed))) {
      return watch(name, server, port, listed);
    } finally {
      exporter.stop(0);
    }
  }

  private int watch(String name, ServerUnderTest server, int port, Path listed) throws Exception {
    System.out.printf(
        "%s: %d targets by %s, a change every %d s%n",
        name, targets, file ? "file" : "HTTP", every);
    System.out.println("change\ttargets\tfound_after_s\tlongest_gap_s\tcpu_s\trss_MB\tscrapes");
    long timeLimit = System.nanoTime() + TimeUnit.MINUTES.toNanos(1);
    while (found(server) < 0 && server.isAlive() && System.nanoTime() < timeLimit) {
      TimeUnit.MILLISECONDS.sleep(100);
    }
    double cpu = 0;
    int failures = 0;
    for (int change = 0; change <= changes; change++) {
      int present = change == changes / 2 ? 0 : targets;
      longestGap.set(0);
      long begin = System.nanoTime();
      publish(change, present, port, listed);
      double after = -1;
      long due = begin + TimeUnit.SECONDS.toNanos(every);
      while (System.nanoTime() < due) {
        if (!server.isAlive()) {
          System.out.println("the server ended with " + server.exitValue());
          return 1;
        }
        if (after < 0 && found(server) == present && (change == 0 || newOnesSeen(present))) {
          after = (System.nanoTime() - begin) / 1e9;
        }
        TimeUnit.MILLISECONDS.sleep(500);
      }
      failures += after < 0 ? 1 : 0;
      double now = server.figures().cpuSeconds();
      System.out.printf(
          Locale.ROOT,
          "%d\t%d\t%.1f\t%.2f\t%.1f\t%d\t%d%n",
          change,
          present,
          after,
          longestGap.get() / 1e9,
          now - cpu,
          server.figures().resident() / 1024,
          manyScrapes.getAndSet(0) + steadyScrapes.getAndSet(0));
      cpu = now;
    }
    return failures;
  }

  /**
   * Whether new targets were seen: if all were new, the count alone would match that of the
   * previous ones.
   */
  private boolean newOnesSeen(int present) {
    return present == 0 || manyScrapes.get() > 0;
  }

  private static long found(ServerUnderTest server) throws InterruptedException {
    try {
      HttpResponse<String> r =
          server.send(server.request("/metrics"), HttpResponse.BodyHandlers.ofString());
      Matcher m = POOL.matcher(r.body());
      return m.find() ? (long) Double.parseDouble(m.group(1)) : -1;
    } catch (IOException e) {
      return -1; // not up yet
    }
  }

  /** Ids move by a tenth at each change; labels of a tenth say which change they are from. */
  private void publish(int change, int present, int port, Path listed) throws IOException {
    StringBuilder sb = new StringBuilder(present * 90 + 2).append('[');
    int tenth = targets / 10;
    for (int i = 0; i < present; i++) {
      int id = i + change * tenth;
      sb.append(i == 0 ? "" : ",")
          .append("{\"targets\":[\"127.0.0.1:")
          .append(port)
          .append("\"],\"labels\":{\"__metrics_path__\":\"/many/")
          .append(id)
          .append("\",\"id\":\"")
          .append(id)
          .append("\",\"version\":\"")
          .append(id % 10 == change % 10 ? change : 0)
          .append("\"}}");
    }
    list = sb.append(']').toString().getBytes(StandardCharsets.UTF_8);
    Path next = listed.resolveSibling("next");
    Files.write(next, list);
    Files.move(next, listed, StandardCopyOption.ATOMIC_MOVE);
  }

  private String config(int port, Path listed) {
    return """
    global: {scrape_interval: 1s, scrape_timeout: 1s}
    scrape_configs:
    - job_name: steady
      static_configs: [{targets: [%s]}]
      relabel_configs:
      - {source_labels: [__address__], regex: '(.*)-(.*)', target_label: __metrics_path__, replacement: '/steady/$2'}
      - {source_labels: [__address__], regex: '(.*)-(.*)', target_label: instance, replacement: '$2'}
      - {target_label: __address__, replacement: '127.0.0.1:%d'}
    - job_name: many
      scrape_interval: %ds
      scrape_timeout: 10s
      %s
    """
        .formatted(
            String.join(
                ",", IntStream.range(0, STEADY).mapToObj(i -> "'target-" + i + "'").toList()),
            port,
            interval,
            file
                ? "file_sd_configs: [{files: ['" + listed + "']}]"
                : "http_sd_configs: [{url: 'http://127.0.0.1:"
                    + port
                    + "/sd', refresh_interval: 5s}]")
        .replace("'(.*)/(.*)'", "'(.*)#(.*)'");
  }

  private HttpServer exporter() throws IOException {
    HttpServer http =
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 4096);
    http.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
    http.createContext("/sd", e -> answer(e, "application/json", list));
    byte[] one = "# TYPE up_time gauge\nup_time 1\n".getBytes(StandardCharsets.UTF_8);
    http.createContext(
        "/many/",
        e -> {
          manyScrapes.incrementAndGet();
          answer(e, "text/plain; version=0.0.4", one);
        });
    http.createContext(
        "/steady/",
        e -> {
          long now = System.nanoTime();
          steadyScrapes.incrementAndGet();
          Long last = lastSeen.put(e.getRequestURI().getPath(), now);
          if (last != null) {
            longestGap.accumulateAndGet(now - last, Math::max);
          }
          answer(e, "text/plain; version=0.0.4", one);
        });
    http.start();
    return http;
  }

  private static void answer(HttpExchange exchange, String type, byte[] body) throws IOException {
    exchange.getResponseHeaders().set("Content-Type", type);
    exchange.sendResponseHeaders(200, body.length);
    exchange.getResponseBody().write(body);
    exchange.close();
  }
}
