package dev.tethys.query.promql.exec;

import dev.tethys.query.promql.ast.Expr.Span;
import org.jspecify.annotations.Nullable;

/** Part of a plan that can describe itself: an operator, or the input of a range function. */
public interface PlanStep {
  /**
   * Part of the query text that a step belongs to.
   *
   * @param name the function, aggregation or operator there; empty if none
   */
  record Origin(String name, Span span) {}

  /**
   * Returns the origin in the query text, or null if no part of the text has exactly this result.
   */
  default @Nullable Origin origin() {
    return null;
  }

  /**
   * Describes the part.
   *
   * @param grid steps at which it is evaluated
   * @param lookback maximum age of a sample in milliseconds
   */
  Description describe(Grid grid, long lookback);
}
