package dev.tethys.alert.notify;

import dev.tethys.model.Labels;
import java.time.Instant;
import java.util.SortedMap;

/**
 * Alert as sent to an Alertmanager.
 *
 * @param endsAt time when it ended, or until which it counts as firing
 * @param generatorUrl page that shows its query
 */
public record Notification(
    Labels labels,
    SortedMap<String, String> annotations,
    Instant startsAt,
    Instant endsAt,
    boolean resolved,
    String generatorUrl) {
  Notification with(Labels other) {
    return other.equals(labels)
        ? this
        : new Notification(other, annotations, startsAt, endsAt, resolved, generatorUrl);
  }
}
