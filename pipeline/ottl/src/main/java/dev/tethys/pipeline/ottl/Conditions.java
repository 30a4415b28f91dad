package dev.tethys.pipeline.ottl;

import java.util.List;

/** Conditions of one context, combined with or. */
public final class Conditions {
  private final OttlContext context;
  private final Condition[] conditions;
  private final ErrorMode mode;

  Conditions(OttlContext context, List<Condition> conditions, ErrorMode mode) {
    this.context = context;
    this.conditions = conditions.toArray(Condition[]::new);
    this.mode = mode;
  }

  /** Returns the context in which the conditions are evaluated. */
  public OttlContext context() {
    return context;
  }

  /** Returns the conditions with their counters. */
  public List<Condition> conditions() {
    return List.of(conditions);
  }

  /**
   * Whether one holds.
   *
   * @throws EvaluationException if one fails and errors are propagated
   */
  public boolean any(Cursor at) {
    for (Condition c : conditions) {
      if (c.holds(at, mode)) {
        return true;
      }
    }
    return false;
  }
}
