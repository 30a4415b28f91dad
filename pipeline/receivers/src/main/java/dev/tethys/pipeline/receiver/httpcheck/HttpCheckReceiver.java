package dev.tethys.pipeline.receiver.httpcheck;

import dev.tethys.model.exposition.Registry;
import dev.tethys.model.telemetry.DataPoint;
import dev.tethys.model.telemetry.Metric;
import dev.tethys.model.telemetry.MetricData;
import dev.tethys.model.telemetry.MetricsData;
import dev.tethys.model.telemetry.Resource;
import dev.tethys.model.telemetry.ResourceGroup;
import dev.tethys.model.telemetry.ScopeGroup;
import dev.tethys.pipeline.Consumer;
import dev.tethys.pipeline.client.HttpEndpoint;
import dev.tethys.pipeline.component.Receiver;
import dev.tethys.pipeline.receiver.scraping.IntervalCollector;
import dev.tethys.pipeline.receiver.scraping.PointEmitter;
import dev.tethys.pipeline.receiver.scraping.ScrapedPoints;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.Semaphore;
import org.jspecify.annotations.Nullable;

/** Sends a request to each target once per interval, to several at the same time. */
final class HttpCheckReceiver implements Receiver {
  /** Maximum number of targets checked concurrently. */
  private static final int MOST = 64;

  private static final int CLASSES = 5;
  private static final String CODE = "http.status_code";
  private static final long NONE = 0;
  private static final String SCRAPER = "http_check";

  /**
   * Check result.
   *
   * @param status 0 if no response came
   */
  private record Result(int status, long millis, long bytes, @Nullable String error) {}

  private final HttpCheckConfig config;
  private final List<HttpEndpoint> endpoints;
  private final ScrapedPoints counts;
  private final IntervalCollector rounds;
  private final PointEmitter out;
  private final Semaphore turns = new Semaphore(MOST);
  private final long begun = IntervalCollector.nanos();

  /**
   * @param endpoints endpoints of the targets, in the same order
   */
  HttpCheckReceiver(
      HttpCheckConfig config,
      List<HttpEndpoint> endpoints,
      Consumer to,
      String name,
      String id,
      Registry registry,
      String version) {
    this.config = config;
    this.endpoints = List.copyOf(endpoints);
    this.counts = new ScrapedPoints(registry, id);
    this.rounds = new IntervalCollector(name, config.pace(), this::gather, to, Thread.ofVirtual());
    this.out =
        new PointEmitter(
            new PointEmitter.Origin(
                "github.com/open-telemetry/opentelemetry-collector-contrib/receiver"
                    + "/httpcheckreceiver",
                version,
                ""),
            config.metrics());
  }

  @Override
  public void start() {
    rounds.start();
  }

  /** Checks all targets. */
  MetricsData gather() throws InterruptedException {
    List<Result> results = results();
    MetricsData data = new MetricsData();
    out.at(begun, IntervalCollector.nanos());
    for (int i = 0; i < results.size(); i++) {
      record(config.targets().get(i), results.get(i));
    }
    out.emit(new Resource(), data);
    withoutEmptyStatus(data);
    counts.add(SCRAPER, data.itemCount(), 0);
    return data;
  }

  /** Removes the status attribute from points of non-matching classes, as in the Collector. */
  private static void withoutEmptyStatus(MetricsData data) {
    for (ResourceGroup<Metric> r : data.resources()) {
      for (ScopeGroup<Metric> s : r.scopes()) {
        for (Metric m : s.items()) {
          MetricData<?> points = m.data();
          if (points != null && m.name().equals(HttpCheckConfig.STATUS)) {
            for (DataPoint p : points.points()) {
              p.attributes().removeIf((k, v) -> k.equals(CODE) && Long.valueOf(NONE).equals(v));
            }
          }
        }
      }
    }
  }

  private void record(HttpCheckConfig.Target t, Result r) {
    out.recorder(HttpCheckConfig.DURATION).count(r.millis, t.url());
    if (r.error != null) {
      out.recorder(HttpCheckConfig.ERROR).count(1, t.url(), r.error);
    } else {
      out.recorder(HttpCheckConfig.SIZE).count(r.bytes, t.url());
    }
    for (int c = 1; c <= CLASSES; c++) {
      boolean is = r.status / 100 == c;
      out.recorder(HttpCheckConfig.STATUS)
          .count(is ? 1 : 0, t.url(), is ? (long) r.status : NONE, t.method(), c + "xx");
    }
  }

  private List<Result> results() throws InterruptedException {
    List<Future<Result>> asked = new ArrayList<>();
    List<Result> all = new ArrayList<>();
    ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
    try {
      for (int i = 0; i < endpoints.size(); i++) {
        HttpCheckConfig.Target t = config.targets().get(i);
        HttpEndpoint to = endpoints.get(i);
        Callable<Result> check = () -> check(t, to);
        asked.add(threads.submit(check));
      }
      for (Future<Result> f : asked) {
        all.add(f.get());
      }
    } catch (ExecutionException e) {
      throw new IllegalStateException(e); // a check that fails is a result
    } finally {
      threads.shutdownNow(); // all are done, or the receiver is being stopped
    }
    return all;
  }

  private Result check(HttpCheckConfig.Target t, HttpEndpoint to) throws InterruptedException {
    turns.acquire();
    long start = System.nanoTime();
    try {
      byte[] body = t.body().isEmpty() ? null : t.body().getBytes(StandardCharsets.UTF_8);
      HttpEndpoint.Reply r = to.call(t.method(), t.address(), type(t), body);
      return new Result(r.status(), millis(start), r.body().length, null);
    } catch (IOException | RuntimeException e) {
      String why = e.getMessage();
      return new Result(0, millis(start), 0, why == null ? e.getClass().getSimpleName() : why);
    } finally {
      turns.release();
    }
  }

  private static Map<String, String> type(HttpCheckConfig.Target t) {
    if (!t.typed() || t.body().isEmpty()) {
      return Map.of();
    }
    String b = t.body().strip();
    String type =
        b.startsWith("{") || b.startsWith("[")
            ? "application/json"
            : b.contains("=") && !b.contains(" ")
                ? "application/x-www-form-urlencoded"
                : "text/plain";
    return Map.of("Content-Type", type);
  }

  private static long millis(long start) {
    return Duration.ofNanos(System.nanoTime() - start).toMillis();
  }

  @Override
  public void stop(Duration timeLimit) {
    rounds.stop(timeLimit);
  }
}
