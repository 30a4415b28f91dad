package dev.tethys.query.promql.exec;

import dev.tethys.model.Labels;

/**
 * Series that are computed one at a time, each on its own, so that whoever reads them need not hold
 * them all. Labels are known before anything is computed; a series may turn out to be empty. Safe
 * for several threads with a workspace each.
 */
interface SeriesStream extends AutoCloseable {
  int size();

  Labels labels(int series);

  boolean dropName(int series);

  /** Computes a series into a target, which comes cleared. */
  void evaluate(int series, Workspace workspace, SeriesTarget target);

  /** About how many samples or points a series is worth; decides on the number of threads. */
  default long cost(Grid grid) {
    return grid.steps();
  }

  /** Called once when all series were read. */
  @Override
  default void close() {}
}
