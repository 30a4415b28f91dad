package dev.tethys.alert.manager.receiver;

import java.time.Duration;

/** Sends notifications about groups of alerts. Used by several threads at once. */
@FunctionalInterface
public interface Notifier {
  /**
   * Sends one notification.
   *
   * @param limit how long it may take
   * @throws dev.tethys.codec.template.TemplateException when a template of its settings fails
   * @throws NotifyException when it was not taken, saying whether another attempt may help
   */
  void send(Notification n, Duration limit) throws NotifyException, InterruptedException;
}
