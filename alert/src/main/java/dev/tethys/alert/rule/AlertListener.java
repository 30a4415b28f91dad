package dev.tethys.alert.rule;

import dev.tethys.model.Labels;
import java.time.Instant;
import java.util.List;

/** Listener for firing and resolved alerts. */
@FunctionalInterface
public interface AlertListener {
  /**
   * Takes over alerts without waiting.
   *
   * @param query the canonical expression of their rule
   */
  void alerts(String query, List<Alert> alerts);

  /**
   * Accepts alerts of a rule over any data.
   *
   * @param type data that the query reads
   */
  default void alerts(RuleType type, String query, List<Alert> alerts) {
    alerts(query, alerts);
  }

  /**
   * Receives changes of alerts' states; must not block.
   *
   * @param at the time of the evaluation
   */
  default void changed(Instant at, List<Change> changes) {}

  /** New state of an alert. */
  enum State {
    PENDING("pending"),
    FIRING("firing"),
    RESOLVED("resolved"),
    /** Alert that was pending and whose condition no longer holds. */
    INACTIVE("inactive");

    private final String text;

    State(String text) {
      this.text = text;
    }

    /** Returns the text in storage and in the API. */
    public String text() {
      return text;
    }
  }

  /** A change of one alert's state. */
  record Change(Labels labels, State state) {}
}
