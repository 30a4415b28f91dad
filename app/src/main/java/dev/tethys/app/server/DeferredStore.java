package dev.tethys.app.server;

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
import dev.tethys.model.storage.TimeRanges;
import dev.tethys.store.metrics.MetricsDatabase;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Store during its opening: the server listens from the start, and requests for data get a
 * retryable error until the store is open.
 */
final class DeferredStore implements MetricStore {
  private final MetricSource ofDefaultTenant = new View(Scope.DEFAULT);
  private volatile @Nullable MetricsDatabase opened;
  private volatile boolean shared;
  private volatile boolean separate; // there are series of tenants

  void opened(MetricsDatabase database) {
    if (!shared && hasTenants(database)) {
      separate = true;
    }
    opened = database;
  }

  private static boolean hasTenants(MetricsDatabase database) {
    return !database
        .labelValues(TENANT_LABEL, Long.MIN_VALUE, Long.MAX_VALUE, List.of(), 1)
        .values()
        .isEmpty();
  }

  /** Shows every reader the generated series of all tenants. */
  void shareAll() {
    shared = true;
  }

  /** Hides generated series of tenants from others, once any exist. */
  void separate() {
    separate = !shared;
  }

  /** True if reads are limited to the series of the tenant. */
  boolean isFiltered(Scope scope) {
    return separate || (!shared && !scope.isDefaultTenant());
  }

  /** Sets of matchers limited to visible series; none select all of these. */
  List<List<Matcher>> visibleOrAll(Scope scope, List<List<Matcher>> sets) {
    List<List<Matcher>> allowed = scope.restrictAny(sets);
    if (!isFiltered(scope)) {
      return allowed;
    }
    return TenantMatchers.ofAny(scope, allowed.isEmpty() ? List.of(List.of()) : allowed);
  }

  boolean isOpen() {
    return opened != null;
  }

  /** Returns the head memory in bytes; 0 until the store is open. */
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
  public MetricSource within(Scope scope) {
    MetricSource source = scope.isDefaultTenant() ? ofDefaultTenant : new View(scope);
    return RestrictedSource.of(source, scope);
  }

  @Override
  public void close() {
    MetricsDatabase d = opened;
    if (d != null) {
      d.close();
    }
  }

  /** The store as a tenant reads it. */
  private final class View implements MetricSource {
    private final Scope scope;

    View(Scope scope) {
      this.scope = scope;
    }

    private List<List<Matcher>> visible(List<List<Matcher>> sets) {
      return isFiltered(scope) ? TenantMatchers.ofAny(scope, sets) : sets;
    }

    private LabelResult labels(
        List<Matcher> matchers, int limit, Function<List<Matcher>, LabelResult> lookup) {
      List<List<Matcher>> sets = visible(List.of(matchers));
      LabelResult first = lookup.apply(sets.getFirst());
      if (sets.size() == 1) {
        return first;
      }
      LabelResult second = lookup.apply(sets.getLast());
      List<String> warnings = new ArrayList<>(first.warnings());
      warnings.addAll(second.warnings());
      return new LabelResult(
          TenantMatchers.union(first.values(), second.values(), limit), warnings);
    }

    @Override
    public Selection select(SelectHints hints, List<Matcher> matchers) {
      return get().select(hints, isFiltered(scope) ? TenantMatchers.of(scope, matchers) : matchers);
    }

    /** Changes are not tracked for other tenants, so that no result is kept for them. */
    @Override
    public long changeMark() {
      return scope.isDefaultTenant() ? get().changeMark() : NO_MARK;
    }

    @Override
    public TimeRanges changedSince(long mark) {
      return scope.isDefaultTenant() ? get().changedSince(mark) : TimeRanges.ALL;
    }

    @Override
    public LabelResult labelNames(long minTime, long maxTime, List<Matcher> matchers, int limit) {
      return labels(matchers, limit, set -> get().labelNames(minTime, maxTime, set, limit));
    }

    @Override
    public LabelResult labelValues(
        String name, long minTime, long maxTime, List<Matcher> matchers, int limit) {
      return labels(matchers, limit, set -> get().labelValues(name, minTime, maxTime, set, limit));
    }

    @Override
    public List<Labels> series(
        long minTime, long maxTime, List<List<Matcher>> matcherSets, int limit) {
      return get().series(minTime, maxTime, visible(matcherSets), limit);
    }

    @Override
    public List<SeriesExemplars> exemplars(
        long minTime, long maxTime, List<List<Matcher>> matcherSets) {
      return get().exemplars(minTime, maxTime, visible(matcherSets));
    }

    @Override
    public List<Labels> series(
        long minTime,
        long maxTime,
        List<List<Matcher>> matcherSets,
        int limit,
        Consumer<String> warnings) {
      return get().series(minTime, maxTime, visible(matcherSets), limit, warnings);
    }

    @Override
    public List<SeriesExemplars> exemplars(
        long minTime, long maxTime, List<List<Matcher>> matcherSets, Consumer<String> warnings) {
      return get().exemplars(minTime, maxTime, visible(matcherSets), warnings);
    }
  }
}
