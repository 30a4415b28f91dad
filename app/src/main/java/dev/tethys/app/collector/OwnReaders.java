package dev.tethys.app.collector;

import dev.tethys.codec.otlp.wire.OtlpSignal;
import dev.tethys.model.exposition.Registry;
import dev.tethys.model.log.JulLogger;
import dev.tethys.model.telemetry.Span;
import dev.tethys.pipeline.config.OwnBatchPush;
import dev.tethys.pipeline.config.OwnMetrics;
import dev.tethys.pipeline.config.OwnMetricsPush;
import dev.tethys.pipeline.config.OwnTraces;
import dev.tethys.pipeline.config.TelemetrySettings;
import dev.tethys.pipeline.graph.GraphServices;
import dev.tethys.runtime.log.LogSetup;
import dev.tethys.runtime.ui.WebUi;
import dev.tethys.web.HttpListener;
import dev.tethys.web.HttpListenerOptions;
import dev.tethys.web.MetricsPage;
import dev.tethys.web.Routes;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Readers of the process's own telemetry, as configured by {@code service.telemetry}: metrics
 * pages, and pushes of metrics, log records and spans. They do not change between start and close.
 */
final class OwnReaders implements AutoCloseable {
  private static final System.Logger LOG = JulLogger.of(OwnReaders.class.getName());

  private final String word;
  private final Registry metrics;
  private final GraphServices services;
  private final Consumer<Routes> pages;
  private final UUID instance = UUID.randomUUID();
  private final List<HttpListener> listeners = new ArrayList<>();
  private final List<MetricsPusher> pushers = new ArrayList<>();
  private final List<BatchPusher<LogSetup.Entry>> logPushers = new ArrayList<>();
  private final List<BatchPusher<Span>> spanPushers = new ArrayList<>();
  private List<OwnBatchPush> logsShown = List.of();
  private OwnTraces tracesShown = OwnTraces.DEFAULT;
  private @Nullable OwnMetrics shownAs;
  private Map<String, Optional<String>> resource = Map.of();

  /**
   * @param word name of the role on its pages
   * @param pages adds further pages to each listener
   */
  OwnReaders(String word, Registry metrics, GraphServices services, Consumer<Routes> pages) {
    this.word = word;
    this.metrics = metrics;
    this.services = services;
    this.pages = pages;
  }

  /** Whether the readers were started, be it none. */
  boolean isListening() {
    return shownAs != null;
  }

  /** Returns the attributes of the process, as its readers show them. */
  Map<String, String> resource() {
    return OwnMetricsPage.resource(resource, instance);
  }

  /** Returns the attributes of the process as set by a configuration. */
  Map<String, String> resource(TelemetrySettings t) {
    return OwnMetricsPage.resource(t.resource(), instance);
  }

  /** Logs what a configuration changes only with a restart. */
  void warnOfChanges(TelemetrySettings telemetry) {
    if (!telemetry.metrics().equals(shownAs)
        || !telemetry.logs().pushes().equals(logsShown)
        || !telemetry.traces().equals(tracesShown)) {
      LOG.log(
          Level.WARNING,
          "the readers, views, processors and traces of service.telemetry change only after a"
              + " restart; until then they stay as they were");
    }
    if (hasReaders() && !telemetry.resource().equals(resource)) {
      LOG.log(
          Level.WARNING,
          "service.telemetry.resource changes on the lines of the log; the readers of metrics"
              + " show the former one until a restart");
    }
  }

  /**
   * Starts the readers.
   *
   * @throws IOException if one cannot start
   */
  void listen(TelemetrySettings t) throws IOException {
    OwnMetrics m = t.metrics();
    shownAs = m;
    resource = t.resource();
    Map<String, String> shown = resource();
    MetricViews views = new MetricViews(m.views());
    for (OwnMetrics.Page p : m.pages()) {
      listen(p.address(), new OwnMetricsPage(p, views, shown));
    }
    for (OwnMetricsPush p : m.pushes()) {
      MetricsPusher pusher =
          new MetricsPusher(p, metrics::gather, views, shown, services.clock()::millis, System.out);
      pusher.start();
      pushers.add(pusher);
    }
    OwnRequests requests = new OwnRequests(shown);
    logsShown = t.logs().pushes();
    for (OwnBatchPush p : logsShown) {
      logPushers.add(
          new BatchPusher<>(OtlpSignal.LOGS, "log records", p, requests::logs, System.out));
    }
    if (!logPushers.isEmpty()) {
      logPushers.forEach(BatchPusher::start);
      List<BatchPusher<LogSetup.Entry>> all = List.copyOf(logPushers);
      LogSetup.entriesTo(
          e -> {
            if (!e.logger().equals(BatchPusher.NAME)) {
              all.forEach(p -> p.take(e));
            }
          });
    }
    trace(t.traces(), requests);
  }

  private void trace(OwnTraces traces, OwnRequests requests) {
    tracesShown = traces;
    for (OwnBatchPush p : traces.pushes()) {
      spanPushers.add(
          new BatchPusher<>(OtlpSignal.TRACES, "spans", p, requests::traces, System.out));
    }
    if (!spanPushers.isEmpty()) {
      spanPushers.forEach(BatchPusher::start);
      List<BatchPusher<Span>> all = List.copyOf(spanPushers);
      services
          .spans()
          .recordTo(
              traces.sampling(),
              traces.propagates(),
              span -> {
                traces.limits().apply(span);
                all.forEach(p -> p.take(span));
              });
    }
  }

  private boolean hasReaders() {
    return !listeners.isEmpty()
        || !pushers.isEmpty()
        || !logPushers.isEmpty()
        || !spanPushers.isEmpty();
  }

  private void listen(String address, OwnMetricsPage page) throws IOException {
    Routes routes =
        new Routes()
            .get("/metrics", (q, r) -> MetricsPage.answer(q, r, page.of(metrics.gather())))
            .get("/-/healthy", (q, r) -> r.send("Tethys is healthy.\n"));
    pages.accept(routes);
    new WebUi("", "Tethys", word).with(WebUi.Part.PIPELINES).routes(routes);
    try {
      listeners.add(
          HttpListener.start(
              HttpListenerOptions.on(address).withStopGrace(Duration.ofSeconds(1)), routes, null));
    } catch (IllegalArgumentException e) {
      throw new IOException(e.getMessage(), e);
    }
  }

  /** Returns the ports of the listeners. */
  List<Integer> ports() {
    return listeners.stream().map(HttpListener::port).toList();
  }

  @Override
  public void close() {
    if (!logPushers.isEmpty()) {
      LogSetup.entriesTo(null);
    }
    services.spans().off();
    pushers.forEach(MetricsPusher::end);
    logPushers.forEach(BatchPusher::close);
    spanPushers.forEach(BatchPusher::close);
    logPushers.clear();
    spanPushers.clear();
    pushers.forEach(MetricsPusher::close);
    listeners.forEach(HttpListener::close);
    pushers.clear();
    listeners.clear();
    shownAs = null;
  }
}
