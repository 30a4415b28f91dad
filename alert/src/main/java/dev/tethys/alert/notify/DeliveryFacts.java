package dev.tethys.alert.notify;

import dev.tethys.alert.notify.AlertmanagerStatus.Dropped;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * Delivery counters and state of one Alertmanager, for metrics and the UI. Guarded by the lock of
 * its {@link AlertQueue}.
 */
final class DeliveryFacts {
  /** Maximum length of an error, however long the server's message or its URL. */
  static final int MAX_ERROR = 500;

  private final String name;
  private final NotifyMetrics metrics;
  private long sent;
  private Dropped dropped = Dropped.NONE;
  private @Nullable Instant lastDelivery;
  private @Nullable Instant failingSince;
  private @Nullable Instant lastFailure;
  private String lastError = "";

  /**
   * Creates empty delivery statistics.
   *
   * @param name Alertmanager name used in metrics
   */
  DeliveryFacts(String name, NotifyMetrics metrics) {
    this.name = name;
    this.metrics = metrics;
  }

  /** Continues from the state of a queue that was replaced; its metrics are the same. */
  void resumeFrom(DeliveryFacts former) {
    sent = former.sent;
    dropped = former.dropped;
    lastDelivery = former.lastDelivery;
    failingSince = former.failingSince;
    lastFailure = former.lastFailure;
    lastError = former.lastError;
  }

  void sent(int alerts, Instant at) {
    metrics.sent.with(name).add(alerts);
    sent += alerts;
    lastDelivery = at;
    failingSince = null;
  }

  void failed(int alerts, String problem, Instant at) {
    metrics.errors.with(name).add(alerts);
    lastFailure = at;
    lastError = oneLine(problem);
    if (failingSince == null) {
      failingSince = at;
    }
  }

  void dropped(Dropped some) {
    metrics.dropped.with(name).add(some.all());
    dropped = dropped.plus(some);
  }

  void superseded(int alerts) {
    metrics.superseded.with(name).add(alerts);
  }

  AlertmanagerStatus status(String url, int waiting, int capacity) {
    return new AlertmanagerStatus(
        url, waiting, capacity, sent, dropped, lastDelivery, failingSince, lastFailure, lastError);
  }

  private static String oneLine(String s) {
    String shown = s.length() <= MAX_ERROR ? s : s.substring(0, MAX_ERROR) + "…";
    return shown.replaceAll("[\\s\\p{Cntrl}]+", " ").strip();
  }
}
