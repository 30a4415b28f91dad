package dev.tethys.bench;

import dev.tethys.testkit.HostileQueries;
import java.io.IOException;
import java.net.URLEncoder;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.LongAdder;

/**
 * Hostile queries against a real server with little memory, while another client sends ordinary
 * ones. Prints the outcome of the queries, the latency of the others, and the memory of the server.
 * The test passes if the server keeps running, responds to health checks and ordinary queries, and
 * holds no memory for queries at the end.
 */
final class Hostile {
  /** The server's own metrics, under names and labels that the queries select. */
  private static final String CONFIG =
      """
      global: {scrape_interval: 1s}
      scrape_configs:
      - job_name: self
        static_configs: [{targets: ['127.0.0.1:%1$d']}]
        metric_relabel_configs:
        - {source_labels: [__name__], target_label: i}
        - {source_labels: [__name__], regex: '(.)(.).*', target_label: g, replacement: '$2'}
        - {source_labels: [__name__], regex: '.*_total', target_label: __name__, replacement: h_total}
        - {source_labels: [__name__], regex: '.*_seconds|.*_bytes', target_label: __name__, replacement: h}
      """;

  /** An ordinary query may wait so long at most. */
  private static final long PATIENCE_MILLIS = 5_000;

  private final int count;
  private final int seed;
  private final int clients;
  private final int heap;
  private final Map<String, LongAdder> outcomes = new ConcurrentHashMap<>();
  private final List<Long> waits = Collections.synchronizedList(new ArrayList<>());
  private final AtomicInteger failures = new AtomicInteger();

  private Hostile(Options options) throws Options.WrongException {
    count = options.count("count");
    seed = options.count("seed");
    clients = options.count("clients");
    heap = options.count("heap");
  }

  /** Options are {@code count=10000 seed=1 clients=8 heap=512}; 0 if all was well. */
  static int run(String[] args) throws Exception {
    Options options =
        new Options()
            .with("count", 10_000)
            .with("seed", 1)
            .with("clients", 8)
            .with("heap", 512)
            .read(args);
    return new Hostile(options).run();
  }

  private int run() throws Exception {
    try (ServerUnderTest server =
        ServerUnderTest.start(
            "tethys-hostile",
            CONFIG::formatted,
            Map.of("JAVA_TOOL_OPTIONS", "-Xmx" + heap + "m"),
            "--query.timeout=10s",
            "--query.user-header=X-User")) {
      System.out.println("log in " + server.log());
      return attack(server);
    }
  }

  private int attack(ServerUnderTest server) throws Exception {
    long end = System.nanoTime() + TimeUnit.MINUTES.toNanos(2);
    while (!probe(server, "/api/v1/query?query=count(h_total)").contains("\"value\"")) {
      if (System.nanoTime() > end || !server.isAlive()) {
        System.out.println("the server did not come up");
        return 1;
      }
      TimeUnit.MILLISECONDS.sleep(200);
    }
    AtomicBoolean stop = new AtomicBoolean();
    Thread other = Thread.ofPlatform().start(() -> ask(server, stop));
    AtomicInteger next = new AtomicInteger();
    List<Thread> threads = new ArrayList<>();
    long most = 0;
    for (int c = 0; c < clients; c++) {
      HostileQueries queries = new HostileQueries(seed * 1000L + c);
      threads.add(
          Thread.ofPlatform()
              .start(
                  () -> {
                    while (next.getAndIncrement() < count) {
                      send(server, queries.next(System.currentTimeMillis() / 1000));
                    }
                  }));
    }
    for (Thread t : threads) {
      while (!t.join(Duration.ofSeconds(1))) {
        most = server.isAlive() ? Math.max(most, server.figures().resident()) : most;
      }
    }
    stop.set(true);
    other.join();
    boolean alive = server.isAlive();
    String held = alive ? probe(server, "/api/v1/status/queries") : "";
    boolean clean = held.contains("\"memory\":{\"bytes\":0,");
    System.out.println("outcome\tqueries");
    new TreeMap<>(outcomes).forEach((k, n) -> System.out.println(k + "\t" + n));
    System.out.printf(
        Locale.ROOT,
        "server alive: %s, memory for queries at the end: %s, peak RSS %d MB%n",
        alive,
        clean ? "none" : held.replaceAll("(?s).*\"memory\"", ""),
        most / 1024);
    System.out.printf(
        Locale.ROOT,
        "others: %d asked, %d failed or waited above %d ms, median %d ms, p99 %d ms, worst %d ms%n",
        waits.size(),
        failures.get(),
        PATIENCE_MILLIS,
        at(0.5),
        at(0.99),
        at(1));
    return alive && clean && failures.get() == 0 ? 0 : 1;
  }

  private long at(double q) {
    return Quantiles.of(waits, q);
  }

  /** Runs the queries of an ordinary user, four times per second. */
  private void ask(ServerUnderTest server, AtomicBoolean stop) {
    while (!stop.get()) {
      long began = System.nanoTime();
      boolean well =
          probe(server, "/-/healthy").contains("Healthy")
              && probe(server, "/api/v1/query?query=sum(rate(h_total%5B1m%5D))")
                  .contains("success");
      long millis = (System.nanoTime() - began) / 1_000_000;
      waits.add(millis);
      if (!well || millis > PATIENCE_MILLIS) {
        failures.incrementAndGet();
      }
      try {
        TimeUnit.MILLISECONDS.sleep(250);
      } catch (InterruptedException e) {
        return;
      }
    }
  }

  private static String probe(ServerUnderTest server, String path) {
    try {
      HttpRequest.Builder q =
          server.request(path).header("X-User", "somebody else").timeout(Duration.ofSeconds(30));
      return server.send(q, HttpResponse.BodyHandlers.ofString()).body();
    } catch (IOException e) {
      return "";
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return "";
    }
  }

  private void send(ServerUnderTest server, HostileQueries.HostileQuery a) {
    String form = "query=" + URLEncoder.encode(a.query(), StandardCharsets.UTF_8);
    form +=
        a.step() == 0
            ? "&time=" + a.start()
            : "&start=" + a.start() + "&end=" + a.end() + "&step=" + a.step();
    HttpRequest.Builder q =
        server
            .request(a.step() == 0 ? "/api/v1/query" : "/api/v1/query_range")
            .timeout(Duration.ofSeconds(60))
            .header("Content-Type", "application/x-www-form-urlencoded")
            .POST(HttpRequest.BodyPublishers.ofString(form));
    String outcome;
    try {
      outcome = "" + server.send(q, HttpResponse.BodyHandlers.discarding()).statusCode();
    } catch (IOException e) {
      outcome = e.getClass().getSimpleName();
      System.out.println("no whole answer at %s: %s, to %s".formatted(Instant.now(), e, a.query()));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return;
    }
    outcomes.computeIfAbsent(outcome, k -> new LongAdder()).increment();
  }
}
