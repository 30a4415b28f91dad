package dev.tethys.model.storage;

import dev.tethys.model.Labels;
import dev.tethys.model.Matcher;
import java.util.List;
import java.util.function.Consumer;

/**
 * Read access to a metric store within one scope, the only storage interface used by query engines.
 * A {@link ScopedSource} gives it. Thread-safe. Times are Unix milliseconds, ranges closed on both
 * sides.
 */
public interface MetricSource {
  /**
   * Finds the series that meet all matchers and may have samples in the hinted time range, sorted
   * by labels.
   *
   * @throws StorageException if data cannot be read or a limit is exceeded
   */
  Selection select(SelectHints hints, List<Matcher> matchers);

  /** Value of {@link #changeMark} when changes are not tracked. */
  long NO_MARK = -1;

  /**
   * A point in the history of this source, for {@link #changedSince}: a reader that takes a mark
   * before it reads and caches a result learns later which times have changed since. {@link
   * #NO_MARK} if changes are not tracked.
   */
  default long changeMark() {
    return NO_MARK;
  }

  /**
   * Returns the times at which samples may have changed since a mark: added, also late, deleted,
   * imported, expired or replaced by coarser ones. Reports too much rather than too little; all of
   * time for a mark that is too old.
   */
  default TimeRanges changedSince(long mark) {
    return TimeRanges.ALL;
  }

  /**
   * The label names of matching series, ascending. No matchers means all series.
   *
   * @param limit the most names to give, 0 for all
   */
  LabelResult labelNames(long minTime, long maxTime, List<Matcher> matchers, int limit);

  /** The values of one label over matching series, ascending; {@code limit} as above. */
  LabelResult labelValues(
      String name, long minTime, long maxTime, List<Matcher> matchers, int limit);

  /**
   * The label sets of matching series, sorted: any of the matcher lists may be met.
   *
   * @param limit the most label sets to give, any of those that exist; 0 for all
   */
  List<Labels> series(long minTime, long maxTime, List<List<Matcher>> matcherSets, int limit);

  /** Exemplars of the series that meet any of the matcher lists, sorted by labels, then time. */
  List<SeriesExemplars> exemplars(long minTime, long maxTime, List<List<Matcher>> matcherSets);

  /** {@link #series}, and warnings about them, for example a missing part. */
  default List<Labels> series(
      long minTime,
      long maxTime,
      List<List<Matcher>> matcherSets,
      int limit,
      Consumer<String> warnings) {
    return series(minTime, maxTime, matcherSets, limit);
  }

  /** {@link #exemplars}, and warnings about them. */
  default List<SeriesExemplars> exemplars(
      long minTime, long maxTime, List<List<Matcher>> matcherSets, Consumer<String> warnings) {
    return exemplars(minTime, maxTime, matcherSets);
  }

  /** Names or values, with warnings for the reader, such as a limit that truncated them. */
  record LabelResult(List<String> values, List<String> warnings) {}

  /** Exemplars of a single series. */
  record SeriesExemplars(Labels series, List<dev.tethys.model.Exemplar> exemplars) {}
}
