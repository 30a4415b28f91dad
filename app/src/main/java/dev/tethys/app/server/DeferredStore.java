package dev.tethys.app.server;

import dev.tethys.model.Labels;
import dev.tethys.model.Matcher;
import dev.tethys.model.storage.Appender;
import dev.tethys.model.storage.MetricStore;
import dev.tethys.model.storage.SelectHints;
import dev.tethys.model.storage.Selection;
import dev.tethys.model.storage.StorageException;
import dev.tethys.model.storage.TimeRanges;
import dev.tethys.store.metrics.MetricsDatabase;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Store during its opening: the server listens from the start, and requests for data get a
 * retryable error until the store is open.
 */
final class DeferredStore implements MetricStore {
  private volatile @Nullable MetricsDatabase opened;

  void opened(MetricsDatabase database) {
    opened = database;
  }

  boolean isOpen() {
    return opened != null;
  }

  /** Memory of the head, in bytes; 0 until the store is open. */
  long headBytes() {
    MetricsDatabase d = opened;
    return d == null ? 0 : d.headBytes();
  }

  MetricsDatabase get() {
    MetricsDatabase d = opened;
    if (d == null) {
      throw new StorageException(
          StorageException.Reason.UNAVAILABLE, "the store is still being opened, try again");
    }
    return d;
  }

  @Override
  public Appender appender() {
    return get().appender();
  }

  @Override
  public Appender appender(long lane) {
    return get().appender(lane);
  }

  @Override
  public void delete(long minTime, long maxTime, List<List<Matcher>> matcherSets) {
    get().delete(minTime, maxTime, matcherSets);
  }

  @Override
  public Selection select(SelectHints hints, List<Matcher> matchers) {
    return get().select(hints, matchers);
  }

  @Override
  public long changeMark() {
    return get().changeMark();
  }

  @Override
  public TimeRanges changedSince(long mark) {
    return get().changedSince(mark);
  }

  @Override
  public LabelResult labelNames(long minTime, long maxTime, List<Matcher> matchers, int limit) {
    return get().labelNames(minTime, maxTime, matchers, limit);
  }

  @Override
  public LabelResult labelValues(
      String name, long minTime, long maxTime, List<Matcher> matchers, int limit) {
    return get().labelValues(name, minTime, maxTime, matchers, limit);
  }

  @Override
  public List<Labels> series(
      long minTime, long maxTime, List<List<Matcher>> matcherSets, int limit) {
    return get().series(minTime, maxTime, matcherSets, limit);
  }

  @Override
  public List<SeriesExemplars> exemplars(
      long minTime, long maxTime, List<List<Matcher>> matcherSets) {
    return get().exemplars(minTime, maxTime, matcherSets);
  }

  @Override
  public List<Labels> series(
      long minTime,
      long maxTime,
      List<List<Matcher>> matcherSets,
      int limit,
      Consumer<String> warnings) {
    return get().series(minTime, maxTime, matcherSets, limit, warnings);
  }

  @Override
  public List<SeriesExemplars> exemplars(
      long minTime, long maxTime, List<List<Matcher>> matcherSets, Consumer<String> warnings) {
    return get().exemplars(minTime, maxTime, matcherSets, warnings);
  }

  @Override
  public void close() {
    MetricsDatabase d = opened;
    if (d != null) {
      d.close();
    }
  }
}
