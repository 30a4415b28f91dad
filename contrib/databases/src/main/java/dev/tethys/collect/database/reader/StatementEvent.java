package dev.tethys.collect.database.reader;

import java.util.Map;

/**
 * Observation about one statement of a server: its plan, a changed plan, the reason why it has no
 * plan, or a slow call. Texts hold no literals.
 *
 * @param kind value of the attribute {@code event.name}
 * @param database empty if unknown
 * @param fingerprint of the statement's text, which is the label {@code query} of its metrics
 * @param body plan, difference of plans, text of the statement or reason
 * @param attributes further attributes by name
 */
public record StatementEvent(
    Kind kind, String database, String fingerprint, String body, Map<String, String> attributes) {
  /** Kinds of events. */
  public enum Kind {
    /** Plan of a statement. */
    PLAN("db.statement.plan"),
    /** Difference of the former plan and the current one. */
    PLAN_CHANGED("db.statement.plan_changed"),
    /** Reason for which a statement has no plan. */
    PLAN_FAILED("db.statement.plan_failed"),
    /** Slow call. */
    SAMPLE("db.statement.sample");

    private final String text;

    Kind(String text) {
      this.text = text;
    }

    /** Value of the attribute {@code event.name}. */
    public String text() {
      return text;
    }
  }

  /** Attribute with the hash of a plan's shape. */
  public static final String PLAN_HASH = "db.plan.hash";

  public StatementEvent {
    attributes = Map.copyOf(attributes);
  }
}
