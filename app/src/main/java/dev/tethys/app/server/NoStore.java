package dev.tethys.app.server;

import dev.tethys.api.prometheus.QueryEngine;
import dev.tethys.api.prometheus.StoreView;
import dev.tethys.model.Labels;
import dev.tethys.model.Matcher;
import dev.tethys.model.access.Scope;
import dev.tethys.model.storage.Appender;
import dev.tethys.model.storage.MetricSource;
import dev.tethys.model.storage.MetricStore;
import dev.tethys.model.storage.RestrictedSource;
import dev.tethys.model.storage.SelectHints;
import dev.tethys.model.storage.Selection;
import dev.tethys.model.storage.StorageException;
import dev.tethys.query.promql.PromqlEngine;
import dev.tethys.query.promql.QueryOptions;
import java.util.List;

/** Store of an agent: every request fails with the message that an agent has no store. */
final class NoStore implements MetricStore, MetricSource, StoreView, QueryEngine {
  private static StorageException unavailable() {
    return new StorageException(
        StorageException.Reason.UNAVAILABLE, "unavailable with Prometheus Agent");
  }

  @Override
  public Appender appender() {
    throw unavailable();
  }

  @Override
  public void delete(long minTime, long maxTime, List<List<Matcher>> matcherSets) {
    throw unavailable();
  }

  @Override
  public MetricSource within(Scope scope) {
    return RestrictedSource.of(this, scope);
  }

  @Override
  public Selection select(SelectHints hints, List<Matcher> matchers) {
    throw unavailable();
  }

  @Override
  public LabelResult labelNames(long minTime, long maxTime, List<Matcher> matchers, int limit) {
    throw unavailable();
  }

  @Override
  public LabelResult labelValues(
      String name, long minTime, long maxTime, List<Matcher> matchers, int limit) {
    throw unavailable();
  }

  @Override
  public List<Labels> series(
      long minTime, long maxTime, List<List<Matcher>> matcherSets, int limit) {
    throw unavailable();
  }

  @Override
  public List<SeriesExemplars> exemplars(
      long minTime, long maxTime, List<List<Matcher>> matcherSets) {
    throw unavailable();
  }

  @Override
  public Statistics statistics(Scope scope, int limit) {
    return new Statistics(0, 0, 0, 0, 0, List.of(), List.of(), List.of(), List.of());
  }

  @Override
  public Cardinality cardinality(Scope scope, CardinalityRequest request) {
    throw unavailable();
  }

  @Override
  public List<Block> blocks() {
    return List.of();
  }

  @Override
  public Storage storage() {
    throw unavailable();
  }

  @Override
  public Replay replay() {
    return new Replay(0, 0, 0);
  }

  @Override
  public void cleanTombstones() {
    throw unavailable();
  }

  @Override
  public String snapshot(boolean withHead) {
    throw unavailable();
  }

  @Override
  public Prepared instant(String query, long time, QueryOptions options) {
    throw unavailable();
  }

  @Override
  public Prepared range(String query, long start, long end, long step, QueryOptions options) {
    throw unavailable();
  }

  @Override
  public PromqlEngine.Status status() {
    throw unavailable();
  }

  @Override
  public void close() {}
}
