package dev.tethys.bench;

import com.sun.net.httpserver.HttpServer;
import dev.tethys.codec.remote.WriteRequestWriter;
import dev.tethys.codec.snappy.SnappyBlock;
import dev.tethys.model.Labels;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Supplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A server that receives more heavy queries than it can process, while health is probed, samples
 * are pushed and rules are evaluated. Prints the outcome of the queries and the waiting times of
 * the other requests. Passes if health responds within 1 s and writes within 2 s (each p99), no
 * write is refused, no rule is evaluated more than 1 s late, queries are answered or refused with a
 * reason, and of each kind some are answered.
 */
final class Overload {
  private static final String TOGETHER = "together";
  private static final int BATCH = 2_000;
  private static final int HISTORY = 40;
  private static final int STEP = 15;
  private static final long HEALTH_MILLIS = 1_000;
  private static final long WRITE_MILLIS = 2_000;
  private static final long RULE_MILLIS = 1_000;
  private static final Pattern VALUE = Pattern.compile("evaluated at ([0-9.e+]+)");

  private static final String CONFIG =
      """
      global: {scrape_interval: 5s, evaluation_interval: 5s}
      rule_files: ['%3$s']
      alerting: {alertmanagers: [{static_configs: [{targets: ['127.0.0.1:%2$d']}]}]}
      scrape_configs:
      - job_name: self
        static_configs: [{targets: ['127.0.0.1:%1$d']}]
      """;

  private static final String RULES =
      """
      groups:
      - name: ticks
        rules:
        - {alert: Tick, expr: 'vector(time())', annotations: {at: 'evaluated at {{ $value }}'}}
        - {record: 'job:m0:rate', expr: 'sum(rate(m0{zone="zone-1"}[1m]))'}
      """;

  private final int series;
  private final int queries;
  private final int seconds;
  private final int heap;
  private final List<OverloadQueries> kinds;
  private final List<Labels> labels = new ArrayList<>();
  private final Map<OverloadQueries, Map<String, LongAdder>> outcomes = new ConcurrentHashMap<>();
  private final List<Long> health = Collections.synchronizedList(new ArrayList<>());
  private final List<Long> writes = Collections.synchronizedList(new ArrayList<>());
  private final List<Long> rules = Collections.synchronizedList(new ArrayList<>());
  private final LongAdder failures = new LongAdder();
  private volatile boolean measuring;
  private volatile boolean stopped;

  private Overload(Options o, List<OverloadQueries> kinds) throws Options.WrongException {
    series = o.count("series");
    queries = o.count("queries");
    seconds = o.count("seconds");
    heap = o.count("heap");
    this.kinds = kinds;
    for (int i = 0; i < series; i++) {
      labels.add(
          Labels.of(
              "__name__",
              "m" + i % 10,
              "pod",
              "app" + i % 97 + "-" + Integer.toHexString(i * 31) + "-b" + i % 16,
              "namespace",
              "ns" + i % 40,
              "zone",
              "zone-" + i % 3));
    }
  }

  /**
   * Runs the kinds of queries, one after another, or {@code together} for all of them concurrently;
   * and {@code series=… queries=… seconds=… heap=…}, where {@code queries} is the number of clients
   * of a kind.
   */
  static int run(String[] args) throws Exception {
    Options o =
        new Options()
            .with("series", 100_000)
            .with("queries", 200)
            .with("seconds", 60)
            .with("heap", 4096)
            .withWords(
                "KIND (" + String.join(", ", OverloadQueries.names()) + ") or " + TOGETHER,
                w -> w.equals(TOGETHER) || OverloadQueries.names().contains(w))
            .read(args);
    if (o.words().contains(TOGETHER)) {
      System.out.println("# all kinds together");
      return new Overload(o, List.of(OverloadQueries.values())).run();
    }
    List<String> kinds = o.words().isEmpty() ? OverloadQueries.names() : o.words();
    int status = 0;
    for (String k : kinds) {
      System.out.println("# " + k);
      status |= new Overload(o, List.of(OverloadQueries.of(k))).run();
    }
    return status;
  }

  private int run() throws Exception {
    HttpServer alerts =
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    alerts.createContext(
        "/",
        e -> {
          String body = new String(e.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
          evaluated(body, System.currentTimeMillis());
          e.sendResponseHeaders(200, -1);
          e.close();
        });
    alerts.start();
    Path ruleFile = Files.createTempFile("overload-rules", ".yml");
    Files.writeString(ruleFile, RULES);
    try (ServerUnderTest server =
        ServerUnderTest.start(
            "tethys-overload",
            port -> CONFIG.formatted(port, alerts.getAddress().getPort(), ruleFile),
            Map.of("TETHYS_JAVA_OPTS", "-Xmx" + heap + "m"),
            "--web.enable-remote-write-receiver",
            "--rules.alert.resend-delay=1s",
            "--log.level=warn")) {
      System.out.println("log in " + server.log());
      Contender.awaitReady(server);
      fill(server);
      for (OverloadQueries k : kinds) {
        k.fill(server);
      }
      runClients(server);
      return report(server.isAlive());
    } finally {
      alerts.stop(0);
      Files.delete(ruleFile);
    }
  }

  private void evaluated(String body, long now) {
    Matcher m = VALUE.matcher(body);
    while (measuring && m.find()) {
      rules.add(now - (long) (Double.parseDouble(m.group(1)) * 1000));
    }
  }

  private void fill(ServerUnderTest server) throws Exception {
    long last = System.currentTimeMillis() / 1000 / STEP * STEP;
    for (int s = HISTORY; s > 0; s--) {
      for (int from = 0; from < series; from += BATCH) {
        int status = push(server, from, (last - (long) s * STEP) * 1000, s);
        if (status / 100 != 2) {
          throw new IOException("samples were rejected: status " + status);
        }
      }
    }
  }

  private int push(ServerUnderTest server, int from, long time, int value)
      throws IOException, InterruptedException {
    WriteRequestWriter w = new WriteRequestWriter();
    for (int i = from; i < Math.min(series, from + BATCH); i++) {
      w.beginSeries(labels.get(i)).sample(time, HISTORY * 10.0 - value + i % 7).endSeries();
    }
    byte[] body = SnappyBlock.encode(w.buffer(), 0, w.size());
    return server
        .send(
            server
                .request("/api/v1/write")
                .timeout(Duration.ofSeconds(60))
                .header("Content-Encoding", "snappy")
                .header("Content-Type", "application/x-protobuf")
                .header("X-Prometheus-Remote-Write-Version", "0.1.0")
                .POST(HttpRequest.BodyPublishers.ofByteArray(body)),
            HttpResponse.BodyHandlers.discarding())
        .statusCode();
  }

  private void runClients(ServerUnderTest server) throws Exception {
    List<Thread> threads = new ArrayList<>();
    measuring = true;
    threads.add(every(100, () -> Thread.ofPlatform().daemon().start(() -> probe(server))));
    for (int w = 0; w < 2; w++) {
      int first = w * BATCH;
      threads.add(every(200, () -> write(server, first)));
    }
    for (OverloadQueries k : kinds) {
      AtomicInteger written = new AtomicInteger();
      if (k != OverloadQueries.METRICS) {
        threads.add(every(200, () -> write(server, k, written.getAndIncrement())));
      }
      for (int q = 0; q < queries; q++) {
        int n = q;
        threads.add(
            Thread.ofVirtual()
                .start(
                    () -> {
                      for (int i = n; !stopped; i += queries) {
                        ask(server, k, i);
                      }
                    }));
      }
    }
    TimeUnit.SECONDS.sleep(seconds);
    measuring = false;
    stopped = true;
    for (Thread t : threads) {
      t.interrupt();
      t.join();
    }
  }

  /** Runs work with pauses. */
  private Thread every(long millis, Runnable work) {
    return Thread.ofPlatform()
        .priority(Thread.MAX_PRIORITY)
        .start(
            () -> {
              try {
                while (!stopped) {
                  work.run();
                  TimeUnit.MILLISECONDS.sleep(millis);
                }
              } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
              }
            });
  }

  private void probe(ServerUnderTest server) {
    timed(
        health,
        () ->
            server
                .send(
                    server.request("/-/healthy").timeout(Duration.ofSeconds(60)),
                    HttpResponse.BodyHandlers.discarding())
                .statusCode());
  }

  private void write(ServerUnderTest server, int from) {
    timed(writes, () -> push(server, from, System.currentTimeMillis(), 0));
  }

  private void write(ServerUnderTest server, OverloadQueries kind, int n) {
    timed(
        writes,
        () -> {
          kind.write(server, n);
          return 200;
        });
  }

  @FunctionalInterface
  private interface Request {
    int send() throws IOException, InterruptedException;
  }

  private void timed(List<Long> into, Request r) {
    long began = System.nanoTime();
    boolean well = false;
    try {
      int status = r.send();
      well = status / 100 == 2;
      if (!well) {
        System.out.println("status " + status);
      }
    } catch (IOException e) {
      System.out.println("no answer: " + e);
    } catch (InterruptedException e) {
      return;
    }
    if (measuring) {
      into.add((System.nanoTime() - began) / 1_000_000);
      if (!well) {
        failures.increment();
      }
    }
  }

  private void ask(ServerUnderTest server, OverloadQueries kind, int n) {
    String outcome;
    try {
      HttpResponse<String> r =
          server.send(
              server
                  .request(kind.path(n, System.currentTimeMillis()))
                  .timeout(Duration.ofMinutes(5)),
              HttpResponse.BodyHandlers.ofString());
      Supplier<String> reason =
          () -> " " + r.body().substring(0, Math.min(160, r.body().length())).strip();
      outcome = r.statusCode() + (r.statusCode() == 200 ? "" : reason.get());
      if (r.statusCode() == 503) {
        TimeUnit.MILLISECONDS.sleep(500);
      }
    } catch (IOException e) {
      outcome = e.getClass().getSimpleName();
    } catch (InterruptedException e) {
      return;
    }
    if (measuring) {
      outcomes
          .computeIfAbsent(kind, _ -> new ConcurrentHashMap<>())
          .computeIfAbsent(outcome, _ -> new LongAdder())
          .increment();
    }
  }

  private int report(boolean alive) {
    outcomes.forEach(
        (kind, of) -> {
          System.out.println(kind.name().toLowerCase(Locale.ROOT) + ":");
          new TreeMap<>(of).forEach((k, n) -> System.out.println(n + "\t" + k));
        });
    print("health", health);
    print("writes", writes);
    print("rules late", rules);
    System.out.println("server alive: " + alive + ", probes and writes refused: " + failures);
    boolean well =
        alive
            && failures.sum() == 0
            && at(health, 0.99) <= HEALTH_MILLIS
            && at(writes, 0.99) <= WRITE_MILLIS
            && at(rules, 1) <= RULE_MILLIS
            && kinds.stream().allMatch(k -> outcomes.getOrDefault(k, Map.of()).containsKey("200"))
            && outcomes.values().stream()
                .flatMap(of -> of.keySet().stream())
                .allMatch(o -> o.matches("(?s)(200|4..|503|504) ?.*"));
    System.out.println(well ? "passed" : "FAILED");
    return well ? 0 : 1;
  }

  private static void print(String what, List<Long> millis) {
    System.out.printf(
        Locale.ROOT,
        "%s: %d, median %d ms, p99 %d ms, worst %d ms%n",
        what,
        millis.size(),
        at(millis, 0.5),
        at(millis, 0.99),
        at(millis, 1));
  }

  private static long at(List<Long> values, double q) {
    synchronized (values) {
      return Quantiles.of(values, q);
    }
  }
}
