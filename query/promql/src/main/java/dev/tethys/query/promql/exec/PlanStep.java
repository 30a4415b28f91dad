package dev.tethys.query.promql.exec;

/** A part of a plan that can say what it does: an operator, or what a range function reads. */
public interface PlanStep {
  /**
   * What it does.
   *
   * @param grid the steps it is evaluated at
   * @param lookback how old a sample may be, milliseconds
   */
  Description describe(Grid grid, long lookback);
}
