package dev.tethys.alert.manager.receiver;

import java.time.Duration;

/** Sends notifications about groups of alerts. Used by several threads concurrently. */
@FunctionalInterface
public interface Notifier {
  /**
   * Sends one notification.
   *
   * @param limit how long it may take
   * @throws dev.tethys.codec.template.TemplateException if a template of its settings fails
   * @throws NotifyException if it was not accepted, with a flag whether a retry may succeed
   */
  void send(Notification n, Duration limit) throws NotifyException, InterruptedException;
}
