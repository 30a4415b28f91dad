package dev.tethys.alert.manager.dispatch;

import dev.tethys.alert.manager.state.LabelSet;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Outcome of a group flush.
 *
 * @param held alerts that were suppressed
 * @param quiet time intervals that suppressed the notifications
 * @param failing alerts whose notification failed, by integration
 * @param attempts result for each integration of the receiver; empty if none was reached
 */
public record FlushResult(
    Instant at,
    Map<LabelSet, Held> held,
    List<String> quiet,
    Map<String, Set<LabelSet>> failing,
    List<Attempt> attempts) {
  /** Reason for suppressing an alert. */
  public enum Cause {
    INHIBITED,
    SILENCED
  }

  /**
   * A suppressed alert.
   *
   * @param by fingerprints of alerts, or ids of silences
   */
  public record Held(Cause cause, List<String> by) {}

  /** Outcome of a notification attempt. */
  public enum Result {
    SENT("sent"),
    NOTHING_NEW("nothing new"),
    ACKNOWLEDGED("acknowledged"),
    FAILED("failed");

    private final String text;

    Result(String text) {
      this.text = text;
    }

    /** Returns the text in the API. */
    public String text() {
      return text;
    }
  }

  /**
   * One integration's notification attempt.
   *
   * @param integration its kind and its index
   * @param detail reason of the notification, or the error
   */
  public record Attempt(String integration, Instant at, Result result, String detail) {}
}
