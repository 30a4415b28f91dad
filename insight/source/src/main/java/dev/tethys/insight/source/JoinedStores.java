package dev.tethys.insight.source;

import dev.tethys.model.Labels;
import dev.tethys.model.Matcher;
import dev.tethys.model.access.Scope;
import dev.tethys.model.storage.MetricSource;
import dev.tethys.model.storage.Resolution;
import dev.tethys.model.storage.RestrictedSource;
import dev.tethys.model.storage.ScopedSource;
import dev.tethys.model.storage.SelectHints;
import dev.tethys.model.storage.Selection;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;
import java.util.function.BiFunction;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The server's store and the cache of sources, read as one. Series of equal labels are one series;
 * of samples at equal times the server's is kept. Tenants other than the default one see the
 * server's store only.
 */
public final class JoinedStores implements ScopedSource {
  private final ScopedSource own;
  private final MetricCache cache;
  private final MetricSource ofDefaultTenant;

  public JoinedStores(ScopedSource own, MetricCache cache) {
    this.own = own;
    this.cache = cache;
    this.ofDefaultTenant = new View(own.within(Scope.DEFAULT));
  }

  @Override
  public MetricSource within(Scope scope) {
    return scope.isDefaultTenant()
        ? RestrictedSource.of(ofDefaultTenant, scope)
        : own.within(scope);
  }

  /** Both stores without a policy. */
  private final class View implements MetricSource {
    private final MetricSource mine;

    View(MetricSource mine) {
      this.mine = mine;
    }

    private @Nullable MetricSource cached() {
      return cache.database();
    }

    @Override
    public Selection select(SelectHints hints, List<Matcher> matchers) {
      MetricSource c = cached();
      Selection theirs = c == null ? null : c.select(hints, matchers);
      if (theirs == null || theirs.size() == 0 && theirs.warnings().isEmpty()) {
        if (theirs != null) {
          theirs.close();
        }
        return mine.select(hints, matchers);
      }
      Selection first = null;
      Selection joined = null;
      try {
        // Samples only: summaries of one store cannot be joined with samples of another.
        first =
            mine.select(
                new SelectHints(
                    hints.minTime(),
                    hints.maxTime(),
                    hints.step(),
                    hints.range(),
                    hints.function(),
                    Resolution.FINEST,
                    hints.windows()),
                matchers);
        joined =
            first.size() == 0 && first.warnings().isEmpty()
                ? theirs
                : new PairedSelection(first, theirs);
        return joined;
      } finally {
        if (first != null && !(joined instanceof PairedSelection)) {
          first.close();
        }
        if (joined == null) {
          theirs.close();
        }
      }
    }

    private LabelResult both(
        LabelResult first, BiFunction<MetricSource, Integer, LabelResult> question, int limit) {
      MetricSource c = cached();
      if (c == null) {
        return first;
      }
      LabelResult second = question.apply(c, limit);
      if (second.values().isEmpty() && second.warnings().isEmpty()) {
        return first;
      }
      List<String> warnings = new ArrayList<>(first.warnings());
      second.warnings().stream().filter(w -> !warnings.contains(w)).forEach(warnings::add);
      return new LabelResult(union(first.values(), second.values(), limit), warnings);
    }

    @Override
    public LabelResult labelNames(long minTime, long maxTime, List<Matcher> matchers, int limit) {
      return both(
          mine.labelNames(minTime, maxTime, matchers, limit),
          (c, most) -> c.labelNames(minTime, maxTime, matchers, most),
          limit);
    }

    @Override
    public LabelResult labelValues(
        String name, long minTime, long maxTime, List<Matcher> matchers, int limit) {
      return both(
          mine.labelValues(name, minTime, maxTime, matchers, limit),
          (c, most) -> c.labelValues(name, minTime, maxTime, matchers, most),
          limit);
    }

    private List<Labels> joined(List<Labels> first, List<Labels> second, int limit) {
      if (first.isEmpty() || second.isEmpty()) {
        return first.isEmpty() ? second : first;
      }
      TreeSet<Labels> all = new TreeSet<>(first);
      all.addAll(second);
      return all.stream().limit(limit <= 0 ? Long.MAX_VALUE : limit).toList();
    }

    @Override
    public List<Labels> series(
        long minTime, long maxTime, List<List<Matcher>> matcherSets, int limit) {
      MetricSource c = cached();
      List<Labels> first = mine.series(minTime, maxTime, matcherSets, limit);
      return c == null
          ? first
          : joined(first, c.series(minTime, maxTime, matcherSets, limit), limit);
    }

    @Override
    public List<Labels> series(
        long minTime,
        long maxTime,
        List<List<Matcher>> matcherSets,
        int limit,
        Consumer<String> warnings) {
      MetricSource c = cached();
      List<Labels> first = mine.series(minTime, maxTime, matcherSets, limit, warnings);
      return c == null
          ? first
          : joined(first, c.series(minTime, maxTime, matcherSets, limit, warnings), limit);
    }

    /** The cache has no exemplars. */
    @Override
    public List<SeriesExemplars> exemplars(
        long minTime, long maxTime, List<List<Matcher>> matcherSets) {
      return mine.exemplars(minTime, maxTime, matcherSets);
    }

    @Override
    public List<SeriesExemplars> exemplars(
        long minTime, long maxTime, List<List<Matcher>> matcherSets, Consumer<String> warnings) {
      return mine.exemplars(minTime, maxTime, matcherSets, warnings);
    }
  }

  /** Both lists in the order of UTF-8, which both have, without duplicates. */
  private static List<String> union(List<String> a, List<String> b, int limit) {
    TreeSet<Labels> order = new TreeSet<>();
    for (List<String> l : List.of(a, b)) {
      for (String s : l) {
        order.add(Labels.of(VALUE, s));
      }
    }
    return order.stream()
        .limit(limit <= 0 ? Long.MAX_VALUE : limit)
        .map(l -> l.get(VALUE))
        .toList();
  }

  private static final String VALUE = "v";
}
