package dev.tethys.pipeline.ottl;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A group of statements for one context, run in order for each item if one of the group's
 * conditions is true or it has none.
 */
public final class Statements {
  private final OttlContext context;
  private final @Nullable Conditions conditions;
  private final Statement[] statements;
  private final ErrorMode mode;

  Statements(
      OttlContext context,
      @Nullable Conditions conditions,
      List<Statement> statements,
      ErrorMode mode) {
    this.context = context;
    this.conditions = conditions;
    this.statements = statements.toArray(Statement[]::new);
    this.mode = mode;
  }

  /** Returns the context of the statements. */
  public OttlContext context() {
    return context;
  }

  /** Returns the statements with their counters. */
  public List<Statement> statements() {
    return List.of(statements);
  }

  public @Nullable Conditions conditions() {
    return conditions;
  }

  /** Joins two groups of one context, which then share a cache per item. */
  public Statements and(Statements more) {
    if (more.context != context || conditions != null || more.conditions != null) {
      throw new IllegalArgumentException("only unconditional groups of one context can be joined");
    }
    List<Statement> all = new java.util.ArrayList<>(statements());
    all.addAll(more.statements());
    return new Statements(context, null, all, mode);
  }

  /**
   * Runs all for one item.
   *
   * @throws EvaluationException if one fails and errors are propagated
   */
  public void run(Cursor at) {
    if (conditions != null && !conditions.any(at)) {
      return;
    }
    for (Statement s : statements) {
      s.run(at, mode);
    }
  }
}
