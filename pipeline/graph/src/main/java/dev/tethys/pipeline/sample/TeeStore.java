package dev.tethys.pipeline.sample;

import dev.tethys.model.Matcher;
import dev.tethys.model.access.Scope;
import dev.tethys.model.storage.Appender;
import dev.tethys.model.storage.MetricSource;
import dev.tethys.model.storage.MetricStore;
import dev.tethys.model.storage.SampleSink;
import java.util.List;
import java.util.function.BooleanSupplier;

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
  public MetricSource within(Scope scope) {
    return store.within(scope);
  }

  @Override
  public void close() {
    store.close();
  }
}
