package dev.tethys.alert.notify;

import java.util.List;

/** Receiver of alerts in the same process, in addition to the Alertmanagers reached over HTTP. */
@FunctionalInterface
public interface NotificationSink {
  /**
   * Takes alerts over without waiting; external labels and relabelling of all alerts are applied.
   */
  void notifications(List<Notification> alerts);
}
