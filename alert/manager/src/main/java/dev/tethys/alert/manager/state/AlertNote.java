package dev.tethys.alert.manager.state;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * What somebody has written about an alert.
 *
 * @param labels the alert's
 * @param at when it was written
 * @param acknowledges whether notifications about the alert are not repeated from then on
 * @param until when the acknowledgement ends; null for when the alert does
 * @param withdrawn whether it was taken back; kept so that other members learn of it
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
