package dev.tethys.pipeline.sample;

import dev.tethys.model.Labels;
import dev.tethys.model.Matcher;
import dev.tethys.model.storage.Appender;
import dev.tethys.model.storage.MetricStore;
import dev.tethys.model.storage.SampleSink;
import dev.tethys.model.storage.SelectHints;
import dev.tethys.model.storage.Selection;
import dev.tethys.model.storage.TimeRanges;
import java.util.List;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;

/**
 * Store whose accepted samples are also forwarded.
 *
 * <p>A commit is forwarded before it is stored: if the process dies in between, the other side has
 * a sample more than the store, never one less.
 */
public final class TeeStore implements MetricStore {
  private final MetricStore store;
  private final SampleSink second;
  private final BooleanSupplier wanted;

  /**
   * @param wanted whether forwarding has a consumer; called for each batch
   */
  public TeeStore(MetricStore store, SampleSink second, BooleanSupplier wanted) {
    this.store = store;
    this.second = second;
    this.wanted = wanted;
  }

  @Override
  public Appender appender() {
    Appender a = store.appender();
    return wanted.getAsBoolean() ? new TeeAppender(a, second.appender()) : a;
  }

  @Override
  public Appender appender(long lane) {
    Appender a = store.appender(lane);
    return wanted.getAsBoolean() ? new TeeAppender(a, second.appender(lane)) : a;
  }

  @Override
  public void delete(long minTime, long maxTime, List<List<Matcher>> matcherSets) {
    store.delete(minTime, maxTime, matcherSets);
  }

  @Override
  public Selection select(SelectHints hints, List<Matcher> matchers) {
    return store.select(hints, matchers);
  }

  @Override
  public long changeMark() {
    return store.changeMark();
  }

  @Override
  public TimeRanges changedSince(long mark) {
    return store.changedSince(mark);
  }

  @Override
  public LabelResult labelNames(long minTime, long maxTime, List<Matcher> matchers, int limit) {
    return store.labelNames(minTime, maxTime, matchers, limit);
  }

  @Override
  public LabelResult labelValues(
      String name, long minTime, long maxTime, List<Matcher> matchers, int limit) {
    return store.labelValues(name, minTime, maxTime, matchers, limit);
  }

  @Override
  public List<Labels> series(
      long minTime, long maxTime, List<List<Matcher>> matcherSets, int limit) {
    return store.series(minTime, maxTime, matcherSets, limit);
  }

  @Override
  public List<SeriesExemplars> exemplars(
      long minTime, long maxTime, List<List<Matcher>> matcherSets) {
    return store.exemplars(minTime, maxTime, matcherSets);
  }

  @Override
  public List<Labels> series(
      long minTime,
      long maxTime,
      List<List<Matcher>> matcherSets,
      int limit,
      Consumer<String> warnings) {
    return store.series(minTime, maxTime, matcherSets, limit, warnings);
  }

  @Override
  public List<SeriesExemplars> exemplars(
      long minTime, long maxTime, List<List<Matcher>> matcherSets, Consumer<String> warnings) {
    return store.exemplars(minTime, maxTime, matcherSets, warnings);
  }

  @Override
  public void close() {
    store.close();
  }
}
