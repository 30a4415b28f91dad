package dev.tethys.alert.manager.dispatch;

import dev.tethys.alert.manager.state.LabelSet;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * What a look at a group came to.
 *
 * @param held the alerts that were kept back
 * @param quiet the time intervals because of which nobody was told
 * @param failing alerts that integrations could not be told of, by the integration
 * @param attempts for each integration of the receiver what became of it; empty when it did not
 *     come to that
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

  /** What became of an integration. */
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
