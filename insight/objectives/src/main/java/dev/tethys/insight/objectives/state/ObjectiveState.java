package dev.tethys.insight.objectives.state;

import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * State of an objective at a time.
 *
 * @param entity id of its entity; "" for that of the service
 * @param source {@code file:line}, or {@code default}
 * @param target least ratio of good events
 * @param ratio ratio of good events in the window; NaN without events
 * @param budget remaining share of the error budget, negative if it is overspent; NaN without
 *     events
 * @param burn burn rates that have a value, the shortest window first
 * @param severity {@code page} or {@code ticket} of the highest pair of windows that it exceeds; ""
 *     for none
 * @param since Unix milliseconds from which the burn rate has exceeded 1; null if it does not, or
 *     did so before {@link ObjectiveStates#SINCE}
 * @param query PromQL with the current ratio of failed events
 * @param notes human-readable notices
 */
public record ObjectiveState(
    String name,
    String service,
    String entity,
    String description,
    String source,
    double target,
    Duration window,
    double ratio,
    double budget,
    List<BurnRate> burn,
    Status status,
    String severity,
    @Nullable Long since,
    String query,
    List<String> notes) {
  /** Multiple of the rate that spends the budget exactly in the objective's window. */
  public record BurnRate(Duration window, double rate) {}

  /** State as a keyword. */
  public enum Status {
    OK("ok"),
    BURNING("burning"),
    EXHAUSTED("exhausted"),
    NO_DATA("no data");

    private final String text;

    Status(String text) {
      this.text = text;
    }

    /** Name in responses. */
    public String text() {
      return text;
    }
  }
}
