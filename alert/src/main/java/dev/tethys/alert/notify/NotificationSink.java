package dev.tethys.alert.notify;

import java.util.List;

/** Hears of alerts in the same process, beside the Alertmanagers that are told over HTTP. */
@FunctionalInterface
public interface NotificationSink {
  /**
   * Takes alerts over without waiting; external labels and relabelling of all alerts are applied.
   */
  void notifications(List<Notification> alerts);
}
