package dev.tethys.query.promql.exec;

import dev.tethys.model.Labels;
import dev.tethys.model.storage.Selection;
import dev.tethys.model.storage.Selection.Groups;
import org.jspecify.annotations.Nullable;

/**
 * Series that are computed one at a time, independently of each other, so that a reader need not
 * hold all series. Labels are known before anything is computed; a series may turn out to be empty.
 * Thread-safe with one workspace per thread.
 */
interface SeriesStream extends AutoCloseable {
  int size();

  Labels labels(int series);

  boolean dropName(int series);

  /** Groups as in {@link Selection#groups}; null if labels must be read. */
  default @Nullable Groups groups(byte[][] sortedNames, boolean keep) {
    return null;
  }

  /** Computes a series into a cleared target. */
  void evaluate(int series, Workspace workspace, SeriesTarget target);

  /**
   * Returns, for a presence stream, the sample's position by step, or -1 for none, if known without
   * reading the series. Series with the same timestamps give the very same array.
   */
  default int @Nullable [] presence(int series) {
    return null;
  }

  /** Counts the samples of series that were not evaluated because {@link #presence} was enough. */
  default void countPresent(int[] presence, int series) {}

  /**
   * Returns the approximate cost of a series in samples or points, which determines the number of
   * threads.
   */
  default long cost(Grid grid) {
    return grid.steps();
  }

  /** Called once when all series were read. */
  @Override
  default void close() {}
}
