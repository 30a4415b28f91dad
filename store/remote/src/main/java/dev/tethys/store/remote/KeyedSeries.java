package dev.tethys.store.remote;

import dev.tethys.model.Exemplar;
import dev.tethys.model.Histogram;
import dev.tethys.model.Labels;
import dev.tethys.model.Matcher;
import dev.tethys.model.storage.MetricSource.SeriesExemplars;
import dev.tethys.model.storage.SampleBuffer;
import dev.tethys.model.storage.SelectHints;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.UUID;

/**
 * Collects results of a store that keeps series in one table and samples, by series key, in others.
 * Series are read first, then samples, histograms or exemplars, within the bounds of one query.
 * Rows of unknown keys are skipped. Not thread-safe.
 */
public final class KeyedSeries {
  private final SeriesCollector all;
  private final List<Matcher> matchers;
  private final Map<UUID, Labels> labels = new HashMap<>();
  private final Map<UUID, SampleBuffer> buffers = new HashMap<>();
  private final Map<Labels, Set<Exemplar>> exemplars = new HashMap<>();

  /**
   * @param store name of the store in the configuration
   * @param matchers conditions for series, including those that the database has checked
   */
  public KeyedSeries(String store, StoreLimits limits, SelectHints hints, List<Matcher> matchers) {
    this.all = new SeriesCollector("store " + store, limits, hints, matchers);
    this.matchers = matchers;
  }

  /**
   * Adds a found series; skips one that does not meet the matchers.
   *
   * @throws dev.tethys.model.storage.StorageException if there are more than are taken
   */
  public void found(UUID key, Labels series) {
    if (!labels.containsKey(key) && Matcher.matchAll(matchers, series)) {
      all.countSeries();
      labels.put(key, series);
    }
  }

  /** Returns the keys of the series. */
  public Collection<UUID> keys() {
    return labels.keySet();
  }

  /** Returns the names of their metrics, sorted. */
  public Collection<String> names() {
    TreeSet<String> names = new TreeSet<>();
    labels.values().forEach(l -> names.add(l.metricName()));
    return names;
  }

  /** Returns the series, sorted. */
  public List<Labels> series() {
    return new ArrayList<>(new TreeSet<>(labels.values()));
  }

  /** Series that have one of these keys, sorted. */
  public List<Labels> series(Set<UUID> keys) {
    TreeSet<Labels> out = new TreeSet<>();
    labels.forEach(
        (key, series) -> {
          if (keys.contains(key)) {
            out.add(series);
          }
        });
    return new ArrayList<>(out);
  }

  /** Whether there are series, whose samples may now be added. */
  public boolean opened() {
    labels.forEach(
        (key, series) -> {
          SampleBuffer b = all.counted(series);
          if (b != null) {
            buffers.put(key, b);
          }
        });
    return !buffers.isEmpty();
  }

  /** Whether rows of a key are requested. */
  public boolean has(UUID key) {
    return labels.containsKey(key);
  }

  /** Adds a float to an opened series. */
  public void sample(UUID key, long time, double value) {
    SampleBuffer b = buffers.get(key);
    if (b != null) {
      b.add(0, time, value);
      all.count(1);
    }
  }

  /** Adds a native histogram to an opened series. */
  public void histogram(UUID key, long time, Histogram h) {
    SampleBuffer b = buffers.get(key);
    if (b != null) {
      b.add(0, time, h);
      all.count(1 + h.positive().length + h.negative().length);
    }
  }

  /** Adds an exemplar; a repeated one counts once. */
  public void exemplar(UUID key, Exemplar x) {
    Labels of = labels.get(key);
    if (of != null && exemplars.computeIfAbsent(of, k -> new LinkedHashSet<>()).add(x)) {
      all.count(1);
    }
  }

  /** Returns the samples, sorted by series. */
  public List<StoredSeries> samples() {
    return all.finish();
  }

  /** Returns the exemplars. */
  public List<SeriesExemplars> exemplars() {
    List<SeriesExemplars> out = new ArrayList<>();
    exemplars.forEach((of, xs) -> out.add(new SeriesExemplars(of, List.copyOf(xs))));
    return out;
  }
}
