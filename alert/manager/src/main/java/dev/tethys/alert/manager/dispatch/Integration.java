package dev.tethys.alert.manager.dispatch;

import dev.tethys.alert.manager.receiver.Notifier;

/**
 * One way in which a receiver is told.
 *
 * @param index among those of the same kind
 */
public record Integration(
    String receiver, String kind, int index, boolean sendResolved, Notifier notifier) {
  @Override
  public String toString() {
    return receiver + "/" + kind + "[" + index + "]";
  }
}
