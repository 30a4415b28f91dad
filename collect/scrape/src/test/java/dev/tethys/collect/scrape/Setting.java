package dev.tethys.collect.scrape;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.tethys.collect.discovery.TargetGroup;
import dev.tethys.config.YamlDocument;
import dev.tethys.model.Labels;
import dev.tethys.model.exposition.MetricFamily;
import dev.tethys.model.exposition.Registry;
import dev.tethys.testkit.MemoryMetricStore;
import dev.tethys.web.client.HttpClientFactory;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/** A manager on a clock that the test owns, a store in memory, and one server to be scraped. */
final class Setting implements AutoCloseable {
  static final Instant START = Instant.ofEpochSecond(1_000_000);
  static final String TEXT = "text/plain; version=0.0.4";

  interface Handler {
    void handle(HttpExchange exchange) throws IOException;
  }

  /** Begins where no tick stands, or a first one might be over before the test lets time pass. */
  final ManualClock clock = new ManualClock(START.plusMillis(1));

  final MemoryMetricStore store;
  final Registry registry = new Registry();
  final ScrapeManager manager;
  final HttpServer server;
  final List<String> requests = java.util.Collections.synchronizedList(new ArrayList<>());
  private final ExecutorService executor = Executors.newVirtualThreadPerTaskExecutor();
  private final HttpClientFactory clients = new HttpClientFactory("test");
  volatile Handler handler = e -> answer(e, 200, TEXT, new byte[0]);
  volatile String body = "";
  int transportsOpened;

  Setting() {
    this(ScrapeOptions.DEFAULT);
  }

  Setting(ScrapeOptions options) {
    this(options, new MemoryMetricStore());
  }

  Setting(ScrapeOptions options, MemoryMetricStore store) {
    this.store = store;
    manager =
        new ScrapeManager(
            store,
            (config, socket) -> {
              transportsOpened++;
              try {
                return new ClientTransport(clients.client(config.client()));
              } catch (IOException e) {
                throw new IllegalArgumentException(e.getMessage(), e);
              }
            },
            options,
            new ScrapeMetrics(registry),
            clock);
    try {
      server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    server.setExecutor(executor);
    server.createContext(
        "/",
        e -> {
          try (e) {
            requests.add(e.getRequestURI() + " " + e.getRequestHeaders().getFirst("Accept"));
            handler.handle(e);
          }
        });
    server.start();
    handler = e -> answer(e, 200, TEXT, body.getBytes(StandardCharsets.UTF_8));
  }

  static void answer(HttpExchange e, int status, String type, byte[] body) throws IOException {
    if (!type.isEmpty()) {
      e.getResponseHeaders().set("Content-Type", type);
    }
    e.sendResponseHeaders(status, body.length == 0 ? -1 : body.length);
    if (body.length > 0) {
      e.getResponseBody().write(body);
    }
  }

  String address() {
    return "127.0.0.1:" + server.getAddress().getPort();
  }

  /** A job "j" that scrapes every ten seconds, with more keys. */
  static ScrapeConfig job(String more) {
    String yaml = "job_name: j\nscrape_interval: 10s\nscrape_timeout: 5s\n" + more;
    return ScrapeConfig.read(YamlDocument.parse("test", null, yaml).root(), ScrapeDefaults.DEFAULT);
  }

  Setting apply(ScrapeConfig... jobs) throws IOException {
    manager.apply(List.of(jobs), Labels.EMPTY);
    return this;
  }

  /** Makes the server the target of job j, with more labels. */
  Setting target(String... labels) {
    List<String> l = new ArrayList<>(List.of("__address__", address(), "instance", "i"));
    l.addAll(List.of(labels));
    return targets(Labels.of(l.toArray(String[]::new)));
  }

  Setting targets(Labels... targets) {
    manager.targets(Map.of("j", List.of(new TargetGroup("s", List.of(targets), Labels.EMPTY))));
    return this;
  }

  /** Lets the one loop scrape so often; the clock then is at its last tick. */
  Setting scrape(int times) throws InterruptedException {
    for (int i = 0; i < times; i++) {
      clock.tick(1);
    }
    return this;
  }

  /** The stored series that are not about the scrape, times as seconds since the first tick. */
  List<String> samples() {
    return lines(false);
  }

  /** Those that are. */
  List<String> reports() {
    return lines(true);
  }

  private List<String> lines(boolean reports) {
    List<String> out = new ArrayList<>();
    long first =
        store.dump().stream()
            .filter(l -> l.startsWith("up{"))
            .mapToLong(Setting::time)
            .min()
            .orElse(0);
    for (String l : store.dump()) {
      boolean about = l.startsWith("up{") || l.startsWith("scrape_");
      if (about == reports) {
        long t = time(l);
        String seconds = "@" + (t - first) / 1e3;
        out.add(
            l.replaceFirst("@" + t, seconds)
                .replace("instance=\"i\", job=\"j\"", "T")
                .replace(".0", ""));
      }
    }
    return out;
  }

  private static long time(String line) {
    int at = line.lastIndexOf(" @");
    int start = at >= 0 ? at + 2 : line.lastIndexOf('@') + 1;
    return Long.parseLong(line.substring(start, line.indexOf(' ', start)));
  }

  /** Waits for what another thread is about to do. */
  void awaitThat(java.util.function.BooleanSupplier condition) {
    long deadline = System.nanoTime() + 20_000_000_000L;
    while (!condition.getAsBoolean()) {
      if (System.nanoTime() > deadline) {
        throw new AssertionError("waited in vain");
      }
      Thread.onSpinWait();
    }
  }

  Target onlyTarget() {
    return manager.pools().getFirst().active().getFirst();
  }

  /** The value of a self metric without labels. */
  double counted(String name) {
    for (MetricFamily f : registry.gather()) {
      if (f.name().equals(name)
          && f.metrics().getFirst().point() instanceof MetricFamily.Value(double v, var e)) {
        return v;
      }
    }
    return Double.NaN;
  }

  @Override
  public void close() {
    manager.close();
    server.stop(0);
    executor.close();
    clients.close();
  }
}
