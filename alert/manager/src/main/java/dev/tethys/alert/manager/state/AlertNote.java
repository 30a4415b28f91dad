package dev.tethys.alert.manager.state;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * Note of a person about an alert.
 *
 * @param labels the alert's
 * @param at creation time
 * @param acknowledges whether notifications about the alert are not repeated from then on
 * @param until end of the acknowledgement; null for the end of the alert
 * @param withdrawn whether it was deleted; kept so that other members receive the deletion
 */
public record AlertNote(
    String id,
    LabelSet labels,
    String author,
    String text,
    Instant at,
    boolean acknowledges,
    @Nullable Instant until,
    Instant updatedAt,
    boolean withdrawn)
    implements SharedRecords.Item {
  /** Whether it acknowledges an alert that has been there since a moment. */
  boolean holds(Instant alertStartsAt, Instant now) {
    return acknowledges
        && !withdrawn
        && !at.isBefore(alertStartsAt)
        && (until == null || now.isBefore(until));
  }

  AlertNote withdrawnAt(Instant now) {
    return new AlertNote(id, labels, author, text, at, acknowledges, until, now, true);
  }
}
