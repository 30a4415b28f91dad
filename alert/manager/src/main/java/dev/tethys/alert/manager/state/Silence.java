package dev.tethys.alert.manager.state;

import dev.tethys.alert.manager.match.LabelMatchers;
import java.time.Instant;
import java.util.Map;

/** Alerts that match are not notified about for a time. */
public record Silence(
    String id,
    LabelMatchers matchers,
    Instant startsAt,
    Instant endsAt,
    Instant updatedAt,
    String createdBy,
    String comment,
    Map<String, String> annotations) {
  /** Where a silence stands; in the order in which lists show them. */
  public enum State {
    ACTIVE("active"),
    PENDING("pending"),
    EXPIRED("expired");

    private final String text;

    State(String text) {
      this.text = text;
    }

    /** As the API calls it. */
    public String text() {
      return text;
    }
  }

  public State stateAt(Instant t) {
    return t.isBefore(startsAt)
        ? State.PENDING
        : t.isAfter(endsAt) || t.equals(endsAt) ? State.EXPIRED : State.ACTIVE;
  }

  Silence with(String newId, Instant start, Instant end, Instant updated) {
    return new Silence(newId, matchers, start, end, updated, createdBy, comment, annotations);
  }
}
