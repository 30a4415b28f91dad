package dev.tethys.alert.manager.dispatch;

import dev.tethys.alert.manager.receiver.NotifyException;
import dev.tethys.model.exposition.Registry;
import java.util.ArrayList;
import java.util.List;

/** Notification metrics, named as in Alertmanager. */
public final class NotifyMetrics {
  private static final double[] SECONDS = {1, 5, 10, 15, 20};

  private final boolean byReceiver;
  private final Registry.Vector<Registry.Counter> sent;
  private final Registry.Vector<Registry.Counter> failed;
  private final Registry.Vector<Registry.Counter> requests;
  private final Registry.Vector<Registry.Counter> failedRequests;
  private final Registry.Vector<Registry.BucketHistogram> latency;
  private final Registry.Vector<Registry.Counter> suppressed;

  /**
   * @param byReceiver whether receivers have their own label value
   */
  public NotifyMetrics(Registry registry, boolean byReceiver) {
    this.byReceiver = byReceiver;
    String[] labels =
        byReceiver ? new String[] {"integration", "receiver_name"} : new String[] {"integration"};
    List<String> withReason = new ArrayList<>(List.of(labels));
    withReason.add("reason");
    sent =
        registry.counters(
            "alertmanager_notifications_total",
            "The total number of attempted notifications.",
            labels);
    failed =
        registry.counters(
            "alertmanager_notifications_failed_total",
            "The total number of failed notifications.",
            withReason.toArray(String[]::new));
    requests =
        registry.counters(
            "alertmanager_notification_requests_total",
            "The total number of attempted notification requests.",
            labels);
    failedRequests =
        registry.counters(
            "alertmanager_notification_requests_failed_total",
            "The total number of failed notification requests.",
            labels);
    latency =
        registry.histograms(
            "alertmanager_notification_latency_seconds",
            "The latency of notifications in seconds.",
            SECONDS,
            labels);
    suppressed =
        registry.counters(
            "alertmanager_notifications_suppressed_total",
            "The total number of notifications suppressed for being silenced, inhibited, outside of"
                + " active time intervals or within muted time intervals.",
            "reason");
    for (Suppression s : Suppression.values()) {
      suppressed.with(s.text);
    }
  }

  /** Reason for leaving alerts out of a notification. */
  enum Suppression {
    SILENCE("silence"),
    INHIBITION("inhibition"),
    MUTE_TIME("mute_time_interval"),
    ACTIVE_TIME("active_time_interval"),
    ACKNOWLEDGEMENT("acknowledgement");

    final String text;

    Suppression(String text) {
      this.text = text;
    }
  }

  private String[] labels(Integration i) {
    return byReceiver ? new String[] {i.kind(), i.receiver()} : new String[] {i.kind()};
  }

  /** Shows an integration with zeros until it is used. */
  void add(Integration i) {
    sent.with(labels(i));
    requests.with(labels(i));
    failedRequests.with(labels(i));
    latency.with(labels(i));
    for (NotifyException.Reason r : NotifyException.Reason.values()) {
      failed.with(withReason(i, r));
    }
  }

  private String[] withReason(Integration i, NotifyException.Reason r) {
    List<String> l = new ArrayList<>(List.of(labels(i)));
    l.add(r.label());
    return l.toArray(String[]::new);
  }

  void begun(Integration i) {
    sent.with(labels(i)).inc();
  }

  void failed(Integration i, NotifyException.Reason r) {
    failed.with(withReason(i, r)).inc();
  }

  void request(Integration i, double seconds, boolean ok) {
    requests.with(labels(i)).inc();
    latency.with(labels(i)).observe(seconds);
    if (!ok) {
      failedRequests.with(labels(i)).inc();
    }
  }

  void suppressed(Suppression why, int alerts) {
    suppressed.with(why.text).add(alerts);
  }
}
