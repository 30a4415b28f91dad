package dev.tethys.model.storage;

import dev.tethys.model.Labels;
import dev.tethys.model.Matcher;
import dev.tethys.model.access.Scope;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Supplier;

/**
 * Tenant in whose name the running thread reads a metric store: the default tenant, unless a
 * request names another.
 */
public final class ReadingTenant {
  /** Label of series that belong to a tenant other than the default. */
  public static final String LABEL = "__tenant__";

  private static final ScopedValue<String> CURRENT = ScopedValue.newInstance();

  private ReadingTenant() {}

  /** Name of the tenant. */
  public static String current() {
    return CURRENT.isBound() ? CURRENT.get() : Scope.DEFAULT_TENANT;
  }

  /** True unless a request names another tenant than the default. */
  public static boolean isDefault() {
    return current().equals(Scope.DEFAULT_TENANT);
  }

  /**
   * Whether what a tenant did, such as its queries, is visible in the name of the current one. The
   * default tenant is the operator's and sees all; another sees its own.
   */
  public static boolean sees(String tenant) {
    return isDefault() || current().equals(tenant);
  }

  /** Reads in the name of a tenant. */
  public static <T, E extends Throwable> T call(
      String tenant, ScopedValue.CallableOp<? extends T, E> work) throws E {
    return ScopedValue.where(CURRENT, tenant).call(work);
  }

  /** The same work for another thread, in the name of the tenant of this one. */
  public static <T> Supplier<T> propagate(Supplier<T> work) {
    if (!CURRENT.isBound()) {
      return work;
    }
    String tenant = CURRENT.get();
    return () -> call(tenant, work::get);
  }

  /** The same source for any thread, in the name of the tenant of this one. */
  public static MetricSource capture(MetricSource source) {
    return isDefault() ? source : new Captured(source, current());
  }

  /** Changes are not tracked, so that no result is kept for another tenant. */
  private record Captured(MetricSource source, String tenant) implements MetricSource {
    @Override
    public Selection select(SelectHints hints, List<Matcher> matchers) {
      return call(tenant, () -> source.select(hints, matchers));
    }

    @Override
    public LabelResult labelNames(long minTime, long maxTime, List<Matcher> matchers, int limit) {
      return call(tenant, () -> source.labelNames(minTime, maxTime, matchers, limit));
    }

    @Override
    public LabelResult labelValues(
        String name, long minTime, long maxTime, List<Matcher> matchers, int limit) {
      return call(tenant, () -> source.labelValues(name, minTime, maxTime, matchers, limit));
    }

    @Override
    public List<Labels> series(
        long minTime, long maxTime, List<List<Matcher>> matcherSets, int limit) {
      return call(tenant, () -> source.series(minTime, maxTime, matcherSets, limit));
    }

    @Override
    public List<SeriesExemplars> exemplars(
        long minTime, long maxTime, List<List<Matcher>> matcherSets) {
      return call(tenant, () -> source.exemplars(minTime, maxTime, matcherSets));
    }

    @Override
    public List<Labels> series(
        long minTime,
        long maxTime,
        List<List<Matcher>> matcherSets,
        int limit,
        Consumer<String> warnings) {
      return call(tenant, () -> source.series(minTime, maxTime, matcherSets, limit, warnings));
    }

    @Override
    public List<SeriesExemplars> exemplars(
        long minTime, long maxTime, List<List<Matcher>> matcherSets, Consumer<String> warnings) {
      return call(tenant, () -> source.exemplars(minTime, maxTime, matcherSets, warnings));
    }
  }
}
