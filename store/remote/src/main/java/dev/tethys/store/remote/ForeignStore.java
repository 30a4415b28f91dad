package dev.tethys.store.remote;

import dev.tethys.model.Labels;
import dev.tethys.model.Matcher;
import dev.tethys.model.storage.MetricSource.SeriesExemplars;
import dev.tethys.model.storage.SelectHints;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.TreeSet;

/**
 * External database that serves series. Thread-safe; calls block and run on virtual threads, which
 * are interrupted when no caller waits any longer.
 *
 * <p>All methods fail with an {@link IOException} when the store does not respond, which omits its
 * part of the query's result and adds a warning, and with a {@link
 * dev.tethys.model.storage.StorageException} when the response exceeds the limits ({@link
 * SeriesCollector}), which fails the query.
 */
public interface ForeignStore extends AutoCloseable {
  /** Capability of a store; other work is done locally on its results. */
  enum Capability {
    /** Only samples of the range come over the wire. */
    TIME_RANGE,
    /** Equality matchers are its own. */
    EQUAL,
    /** So are {@code !=}. */
    NOT_EQUAL,
    /** And regular expressions, at least in part. */
    REGEX,
    /** Label names, values and series are queried without reading samples. */
    LABELS
  }

  /** Returns the operations performed by the store itself, for documentation and {@code check}. */
  Collection<Capability> capabilities();

  /**
   * Returns the series that meet all matchers, with their samples in the range of the hints.
   *
   * @return sorted by labels, each label set once
   */
  List<StoredSeries> select(SelectHints hints, List<Matcher> matchers)
      throws IOException, InterruptedException;

  /**
   * Returns the label sets of series that meet all matchers and have, as far as the store can tell
   * without reading samples, data in the range.
   */
  default List<Labels> series(SelectHints range, List<Matcher> matchers)
      throws IOException, InterruptedException {
    List<Labels> out = new ArrayList<>();
    for (StoredSeries s : select(range, matchers)) {
      out.add(s.labels());
    }
    return out;
  }

  /**
   * Returns the label names of such series.
   *
   * @param matchers series matchers; empty for all series
   * @param limit maximum number shown, in byte order: more may be returned; 0 for all
   */
  default Collection<String> labelNames(SelectHints range, List<Matcher> matchers, int limit)
      throws IOException, InterruptedException {
    TreeSet<String> names = new TreeSet<>();
    for (Labels l : series(range, orAll(matchers))) {
      l.toList().forEach(x -> names.add(x.name()));
    }
    return names;
  }

  /** The values of one label of such series; {@code limit} as above. */
  default Collection<String> labelValues(
      String name, SelectHints range, List<Matcher> matchers, int limit)
      throws IOException, InterruptedException {
    List<Matcher> having = new ArrayList<>(matchers);
    having.add(Matcher.of(Matcher.Type.NOT_EQUAL, name, ""));
    TreeSet<String> values = new TreeSet<>();
    for (Labels l : series(range, having)) {
      values.add(l.get(name));
    }
    return values;
  }

  /**
   * Exemplars of such series, with times in the range.
   *
   * @return in any order; empty if the store keeps none
   */
  default List<SeriesExemplars> exemplars(SelectHints range, List<Matcher> matchers)
      throws IOException, InterruptedException {
    return List.of();
  }

  /** Matchers that every series meets, if there are none. */
  static List<Matcher> orAll(List<Matcher> matchers) {
    return matchers.isEmpty()
        ? List.of(Matcher.of(Matcher.Type.REGEX, Labels.METRIC_NAME, ".+"))
        : matchers;
  }

  /** Closes connections. */
  @Override
  default void close() {}
}
