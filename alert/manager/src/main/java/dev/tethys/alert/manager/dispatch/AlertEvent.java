package dev.tethys.alert.manager.dispatch;

import dev.tethys.alert.manager.state.LabelSet;
import java.time.Instant;

/**
 * Event in the life of an alert.
 *
 * @param by an integration, a silence, an alert, time intervals, or a person; "" for none
 */
public record AlertEvent(Instant at, LabelSet labels, Kind kind, String by) {
  /** Event kind. */
  public enum Kind {
    NOTIFIED("notified"),
    FAILED("failed"),
    SILENCED("silenced"),
    INHIBITED("inhibited"),
    MUTED("muted"),
    ACKNOWLEDGED("acknowledged"),
    /** Alert that is no longer suppressed. */
    FREE("free");

    private final String text;

    Kind(String text) {
      this.text = text;
    }

    /** Returns the text in storage and in the API. */
    public String text() {
      return text;
    }
  }
}
