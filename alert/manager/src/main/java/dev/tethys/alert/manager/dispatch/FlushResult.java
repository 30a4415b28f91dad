package dev.tethys.alert.manager.dispatch;

import dev.tethys.alert.manager.state.LabelSet;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Result of a flush.
 *
 * @param held alerts that were suppressed
 * @param quiet time intervals that suppressed the notifications
 * @param failing alerts whose notification failed, by integration
 * @param attempts result for each integration of the receiver; empty when none was reached
 */
public record FlushResult(
    Instant at,
    Map<LabelSet, Held> held,
    List<String> quiet,
    Map<String, Set<LabelSet>> failing,
    List<Attempt> attempts) {
  /** Why an alert was kept back. */
  public enum Cause {
    INHIBITED,
    SILENCED
  }

  /**
   * An alert that was kept back.
   *
   * @param by fingerprints of alerts, or ids of silences
   */
  public record Held(Cause cause, List<String> by) {}

  /** Result of an integration. */
  public enum Result {
    SENT("sent"),
    NOTHING_NEW("nothing new"),
    ACKNOWLEDGED("acknowledged"),
    FAILED("failed");

    private final String text;

    Result(String text) {
      this.text = text;
    }

    /** As the API calls it. */
    public String text() {
      return text;
    }
  }

  /**
   * One integration.
   *
   * @param integration its kind and its index
   * @param detail why it was sent, or what went wrong
   */
  public record Attempt(String integration, Instant at, Result result, String detail) {}
}
