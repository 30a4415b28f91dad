package dev.tethys.alert.manager.dispatch;

import dev.tethys.alert.manager.state.NotificationLog;
import java.time.Duration;
import java.time.Instant;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Reason for sending a notification, named as in Alertmanager. */
enum NotifyReason {
  NONE("none"),
  FIRST("first notification"),
  NEW_ALERTS("new alerts added"),
  SOME_RESOLVED("some alerts resolved"),
  ALL_RESOLVED("all alerts resolved"),
  REPEAT("repeat interval elapsed");

  private final String text;

  NotifyReason(String text) {
    this.text = text;
  }

  String text() {
    return text;
  }

  /**
   * Whether, and why, to send again.
   *
   * @param last last notification, or null
   * @param sendResolved whether the receiver is notified of resolved alerts
   */
  static NotifyReason of(
      NotificationLog.@Nullable Entry last,
      Set<Long> firing,
      Set<Long> resolved,
      boolean sendResolved,
      Duration repeat,
      Instant now) {
    if (last == null) {
      return firing.isEmpty() ? NONE : FIRST;
    }
    if (!last.firing().containsAll(firing)) {
      return last.firing().isEmpty() ? FIRST : NEW_ALERTS;
    }
    // Also where no receiver is notified of it, so that the log records that no alert fires any
    // longer.
    if (firing.isEmpty()) {
      return last.firing().isEmpty() ? NONE : ALL_RESOLVED;
    }
    if (sendResolved && !last.resolved().containsAll(resolved)) {
      return SOME_RESOLVED;
    }
    return last.at().isBefore(now.minus(repeat)) ? REPEAT : NONE;
  }
}
