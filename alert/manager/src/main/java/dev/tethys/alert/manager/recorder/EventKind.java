package dev.tethys.alert.manager.recorder;

/**
 * The kinds of events, with the names and numbers that they have in Alertmanager's {@code
 * eventrecorder.proto}.
 */
public enum EventKind {
  STARTUP(1, "alertmanager_startup_event", "alertmanagerStartupEvent"),
  SHUTDOWN(2, "alertmanager_shutdown_event", "alertmanagerShutdownEvent"),
  ALERT_CREATED(3, "alert_created", "alertCreated"),
  ALERT_RESOLVED(4, "alert_resolved", "alertResolved"),
  ALERT_GROUPED(5, "alert_grouped", "alertGrouped"),
  NOTIFICATION(6, "notification", "notification"),
  SILENCE_CREATED(7, "silence_created", "silenceCreated"),
  SILENCE_UPDATED(8, "silence_updated", "silenceUpdated"),
  SILENCE_MUTED_ALERT(9, "silence_muted_alert", "silenceMutedAlert"),
  INHIBITION_MUTED_ALERT(10, "inhibition_muted_alert", "inhibitionMutedAlert");

  private final int number;
  private final String text;
  private final String jsonName;

  EventKind(int number, String text, String jsonName) {
    this.number = number;
    this.text = text;
    this.jsonName = jsonName;
  }

  /** Returns the number of its field in an event's data. */
  int number() {
    return number;
  }

  /** Returns the name in metrics. */
  String text() {
    return text;
  }

  String jsonName() {
    return jsonName;
  }
}
