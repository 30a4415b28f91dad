package dev.tethys.app.collector;

import dev.tethys.model.exposition.Registry;
import dev.tethys.model.log.JulLogger;
import dev.tethys.pipeline.Scheduler;
import dev.tethys.pipeline.config.OwnLogsPush;
import dev.tethys.pipeline.config.OwnMetrics;
import dev.tethys.pipeline.config.OwnMetricsPush;
import dev.tethys.pipeline.config.TelemetrySettings;
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
 * Readers of the telemetry of the process, as {@code service.telemetry} names them: pages of its
 * metrics, and pushes of its metrics and log entries. They stay as they were started until they are
 * closed.
 */
final class OwnReaders implements AutoCloseable {
  private static final System.Logger LOG = JulLogger.of(OwnReaders.class.getName());

  private final String word;
  private final Registry metrics;
  private final Scheduler clock;
  private final Consumer<Routes> pages;
  private final UUID instance = UUID.randomUUID();
  private final List<HttpListener> listeners = new ArrayList<>();
  private final List<MetricsPusher> pushers = new ArrayList<>();
  private final List<LogsPusher> logPushers = new ArrayList<>();
  private List<OwnLogsPush> logsShown = List.of();
  private @Nullable OwnMetrics shownAs;
  private Map<String, Optional<String>> resource = Map.of();

  /**
   * @param word name of the role on its pages
   * @param pages adds further pages to each listener
   */
  OwnReaders(String word, Registry metrics, Scheduler clock, Consumer<Routes> pages) {
    this.word = word;
    this.metrics = metrics;
    this.clock = clock;
    this.pages = pages;
  }

  /** Whether the readers were started, be it none. */
  boolean isListening() {
    return shownAs != null;
  }

  /** Attributes of the process, as its readers show them. */
  Map<String, String> resource() {
    return OwnMetricsPage.resource(resource, instance);
  }

  /** Attributes of the process by a configuration. */
  Map<String, String> resource(TelemetrySettings t) {
    return OwnMetricsPage.resource(t.resource(), instance);
  }

  /** Logs what a configuration changes only with a restart. */
  void warnOfChanges(TelemetrySettings telemetry) {
    if (!telemetry.metrics().equals(shownAs) || !telemetry.logs().pushes().equals(logsShown)) {
      LOG.log(
          Level.WARNING,
          "the readers, views and processors of service.telemetry change only with a restart; until"
              + " then they stay as they were");
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
   * @throws IOException where one cannot start
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
          new MetricsPusher(p, metrics::gather, views, shown, clock::millis, System.out);
      pusher.start();
      pushers.add(pusher);
    }
    logsShown = t.logs().pushes();
    for (OwnLogsPush p : logsShown) {
      LogsPusher pusher = new LogsPusher(p, shown, System.out);
      pusher.start();
      logPushers.add(pusher);
    }
    if (!logPushers.isEmpty()) {
      List<LogsPusher> all = List.copyOf(logPushers);
      LogSetup.entriesTo(e -> all.forEach(p -> p.take(e)));
    }
  }

  private boolean hasReaders() {
    return !listeners.isEmpty() || !pushers.isEmpty() || !logPushers.isEmpty();
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

  /** Where it listens. */
  List<Integer> ports() {
    return listeners.stream().map(HttpListener::port).toList();
  }

  @Override
  public void close() {
    if (!logPushers.isEmpty()) {
      LogSetup.entriesTo(null);
    }
    pushers.forEach(MetricsPusher::end);
    logPushers.forEach(LogsPusher::close);
    logPushers.clear();
    pushers.forEach(MetricsPusher::close);
    listeners.forEach(HttpListener::close);
    pushers.clear();
    listeners.clear();
    shownAs = null;
  }
}
