package dev.tethys.insight.entities;

import dev.tethys.model.Labels;
import dev.tethys.model.Matcher;
import java.util.List;

/**
 * Series index of a source: label sets without samples. {@code MetricSource.series} of the embedded
 * store is one, {@code /api/v1/series} of a remote source another.
 */
@FunctionalInterface
public interface SeriesIndex {
  /**
   * Returns the label sets of series that have samples in a closed range of Unix milliseconds and
   * match all matchers.
   *
   * @param limit the most label sets to give
   * @throws dev.tethys.model.storage.StorageException if the source cannot return them
   */
  List<Labels> series(long from, long to, List<Matcher> matchers, int limit);
}
