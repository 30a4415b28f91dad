package dev.tethys.insight.entities.kind;

import java.util.Locale;

/** Kind of a relation, which reads from its first entity to its second. */
public enum RelationKind {
  RUNS_ON,
  PART_OF,
  CALLS,
  READS,
  WRITES,
  EXPOSES;

  private final String text = name().toLowerCase(Locale.ROOT);

  /** Returns the name in rules and responses. */
  public String text() {
    return text;
  }
}
