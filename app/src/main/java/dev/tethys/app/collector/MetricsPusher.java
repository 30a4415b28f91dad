package dev.tethys.app.collector;

import dev.tethys.codec.otlp.FamiliesToOtlp;
import dev.tethys.codec.otlp.wire.OtlpSignal;
import dev.tethys.codec.otlp.wire.OtlpWriter;
import dev.tethys.model.exposition.MetricFamily;
import dev.tethys.model.guard.SupervisedLoop;
import dev.tethys.model.log.JulLogger;
import dev.tethys.model.telemetry.Metric;
import dev.tethys.model.telemetry.MetricsData;
import dev.tethys.model.telemetry.ResourceGroup;
import dev.tethys.model.telemetry.ScopeGroup;
import dev.tethys.pipeline.config.OwnMetricsPush;
import dev.tethys.runtime.BuildInfo;
import java.io.IOException;
import java.io.PrintStream;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Sends the metrics of the process periodically, and once more at shutdown. Failed requests are not
 * kept: the next request includes their counts. After any failure, the next push is tried.
 */
final class MetricsPusher implements AutoCloseable {
  private static final System.Logger LOG = JulLogger.of(MetricsPusher.class.getName());

  /** Timeout of the last push at shutdown. */
  private static final Duration LAST = Duration.ofSeconds(5);

  private final OwnMetricsPush settings;
  private final Supplier<List<MetricFamily>> families;
  private final MetricViews views;
  private final Map<String, String> resource;
  private final LongSupplier millis;
  private final long startMillis;
  private final OwnTelemetrySender sender;
  private final @Nullable DeltaMetrics deltas;
  private final CountDownLatch end = new CountDownLatch(1);
  private @Nullable Thread thread;
  private boolean failing;

  /**
   * Creates a pusher that is not sending yet.
   *
   * @param console destination of requests without a configured server
   */
  MetricsPusher(
      OwnMetricsPush settings,
      Supplier<List<MetricFamily>> families,
      MetricViews views,
      Map<String, String> resource,
      LongSupplier millis,
      PrintStream console) {
    this.settings = settings;
    this.families = families;
    this.views = views;
    this.resource = resource;
    this.millis = millis;
    this.startMillis = millis.getAsLong();
    OwnMetricsPush.Otlp otlp = settings.otlp();
    this.deltas = otlp != null && otlp.delta() ? new DeltaMetrics(startMillis) : null;
    this.sender = new OwnTelemetrySender(OtlpSignal.METRICS, otlp, settings.timeout(), console);
  }

  void start() {
    thread =
        Thread.ofVirtual()
            .name("metrics-pusher")
            .start(SupervisedLoop.of("metrics_pusher", this::run));
  }

  private void run() {
    try {
      while (!end.await(settings.interval().toNanos(), TimeUnit.NANOSECONDS)) {
        push();
      }
      push();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void push() throws InterruptedException {
    String problem;
    try {
      problem = sender.send(new OtlpWriter().write(request(metrics(millis.getAsLong()))));
      if (deltas != null) {
        deltas.sent();
      }
    } catch (IOException e) {
      problem = String.valueOf(e.getMessage());
    } catch (RuntimeException e) {
      problem = e.toString(); // a collector's fault must not end a program that runs for weeks
    }
    if (problem != null && !failing) {
      LOG.log(
          Level.WARNING,
          "metrics of the process cannot be sent, logged once until they can: {0}",
          problem);
    }
    if (problem == null && failing) {
      LOG.log(Level.INFO, "metrics of the process are sent again");
    }
    failing = problem != null;
  }

  private List<Metric> metrics(long now) {
    List<MetricFamily> all = families.get();
    if (deltas != null) {
      all = deltas.since(all, now);
    }
    List<MetricFamily> shown = views.of(all).stream().map(CollectorNames::withUnit).toList();
    return deltas != null ? deltas.convert(shown) : FamiliesToOtlp.convert(shown, startMillis, now);
  }

  private MetricsData request(List<Metric> metrics) {
    ScopeGroup<Metric> scope = new ScopeGroup<>();
    scope.scope().setName("tethys");
    scope.scope().setVersion(BuildInfo.current().version());
    scope.items().addAll(metrics);
    ResourceGroup<Metric> group = new ResourceGroup<>();
    resource.forEach((k, v) -> group.resource().attributes().put(k, v));
    group.scopes().add(scope);
    MetricsData data = new MetricsData();
    data.resources().add(group);
    return data;
  }

  /** Sends the remaining data; several pushers may do so concurrently. */
  void end() {
    end.countDown();
  }

  @Override
  public void close() {
    end();
    Thread t = thread;
    if (t != null) {
      try {
        if (!t.join(LAST)) {
          t.interrupt();
          t.join(LAST);
        }
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }
    sender.close();
  }
}
