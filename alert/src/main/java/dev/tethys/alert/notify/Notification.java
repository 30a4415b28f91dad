package dev.tethys.alert.notify;

import dev.tethys.model.Labels;
import java.time.Instant;
import java.util.SortedMap;

/**
 * An alert as an Alertmanager is told of it.
 *
 * @param endsAt when it ended, or until when it may be believed to go on
 * @param generatorUrl where a person sees its query
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
