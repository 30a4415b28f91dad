package dev.tethys.alert.notify;

import java.time.Instant;
import java.util.List;

/** Listener for alerts that an Alertmanager has acknowledged. */
@FunctionalInterface
public interface DeliveryListener {
  /**
   * Receives the alerts of one successful request; must not block.
   *
   * @param alertmanager URL without secrets
   */
  void delivered(String alertmanager, List<Notification> alerts, Instant at);
}
