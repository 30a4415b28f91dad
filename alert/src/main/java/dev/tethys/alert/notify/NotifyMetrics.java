package dev.tethys.alert.notify;

import dev.tethys.model.exposition.Registry;
import java.util.function.DoubleSupplier;

/** Metrics of the notifier, named as in Prometheus. */
final class NotifyMetrics {
  private static final String LABEL = "alertmanager";

  final Registry.Vector<Registry.Counter> sent;
  final Registry.Vector<Registry.Counter> errors;
  final Registry.Vector<Registry.Counter> dropped;
  final Registry.Vector<Registry.Counter> superseded;
  final Registry.Vector<Registry.Gauge> queueLength;
  private final Registry.Vector<Registry.Summary> latency;
  private final Registry.Vector<Registry.BucketHistogram> latencies;

  NotifyMetrics(Registry r, NotifierOptions options, DoubleSupplier alertmanagers) {
    sent = r.counters("prometheus_notifications_sent_total", "Alerts that were sent.", LABEL);
    errors =
        r.counters(
            "prometheus_notifications_errors_total",
            "Alerts in requests to an Alertmanager that failed.",
            LABEL);
    dropped =
        r.counters(
            "prometheus_notifications_dropped_total",
            "Alerts dropped before an Alertmanager accepted them: its queue was full, it refused"
                + " them, or they were out of date before it answered.",
            LABEL);
    superseded =
        r.counters(
            "tethys_notifications_superseded_total",
            "Queued alerts replaced by a newer state of the same alert.",
            LABEL);
    queueLength =
        r.gauges("prometheus_notifications_queue_length", "Alerts that wait to be sent.", LABEL);
    latency =
        r.summaries(
            "prometheus_notifications_latency_seconds",
            "Latency quantiles for sending alert notifications.",
            new double[] {.5, .9, .99},
            LABEL);
    latencies =
        r.histograms(
            "prometheus_notifications_latency_histogram_seconds",
            "Latency histogram for sending alert notifications.",
            new double[] {.01, .1, 1, 10},
            LABEL);
    r.gauge(
        "prometheus_notifications_queue_capacity",
        "The capacity of the alert notifications queue.",
        () -> options.queueCapacity());
    r.gauge(
        "prometheus_notifications_alertmanagers_discovered",
        "Alertmanagers that alerts are sent to.",
        alertmanagers);
  }

  void added(String url) {
    sent.with(url);
    errors.with(url);
    dropped.with(url);
    superseded.with(url);
    queueLength.with(url);
  }

  void removed(String url) {
    sent.remove(url);
    errors.remove(url);
    dropped.remove(url);
    superseded.remove(url);
    queueLength.remove(url);
    latency.remove(url);
    latencies.remove(url);
  }

  void observeLatency(String url, double seconds) {
    latency.with(url).observe(seconds);
    latencies.with(url).observe(seconds);
  }
}
