package dev.tethys.query.promql.exec;

/** Part of a plan that can describe itself: an operator, or the input of a range function. */
public interface PlanStep {
  /**
   * Describes the part.
   *
   * @param grid steps at which it is evaluated
   * @param lookback maximum age of a sample in milliseconds
   */
  Description describe(Grid grid, long lookback);
}
