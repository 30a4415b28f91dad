package dev.tethys.alert.notify;

import dev.tethys.alert.rule.RuleClock;
import java.net.URI;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Alertmanager in this process: it receives alerts without a request, so they never wait or fail.
 *
 * <p>Not thread-safe.
 */
final class LocalAlertmanager {
  private final URI url;
  private final NotificationSink sink;
  private final NotifyMetrics metrics;
  private final RuleClock clock;
  private long sent;
  private @Nullable Instant lastDelivery;

  LocalAlertmanager(URI url, NotificationSink sink, NotifyMetrics metrics, RuleClock clock) {
    this.url = url;
    this.sink = sink;
    this.metrics = metrics;
    this.clock = clock;
    metrics.added(url.toString());
  }

  URI url() {
    return url;
  }

  void send(List<Notification> alerts) {
    sink.notifications(alerts);
    sent += alerts.size();
    lastDelivery = clock.instant();
    metrics.sent.with(url.toString()).add(alerts.size());
  }

  AlertmanagerStatus status() {
    return new AlertmanagerStatus(
        url.toString(), 0, 0, sent, AlertmanagerStatus.Dropped.NONE, lastDelivery, null, null, "");
  }
}
