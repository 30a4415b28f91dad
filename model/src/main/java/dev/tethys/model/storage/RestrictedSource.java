package dev.tethys.model.storage;

import dev.tethys.model.Labels;
import dev.tethys.model.Matcher;
import dev.tethys.model.access.Scope;
import java.util.List;
import java.util.function.Consumer;

/** Source that adds the matchers of a label policy to all selectors. */
public final class RestrictedSource implements MetricSource {
  private final MetricSource source;
  private final Scope scope;

  private RestrictedSource(MetricSource source, Scope scope) {
    this.source = source;
    this.scope = scope;
  }

  /** The source itself for a scope without a policy. */
  public static MetricSource of(MetricSource source, Scope scope) {
    return scope.policy().isEmpty() ? source : new RestrictedSource(source, scope);
  }

  @Override
  public Selection select(SelectHints hints, List<Matcher> matchers) {
    return source.select(hints, scope.restrict(matchers));
  }

  @Override
  public LabelResult labelNames(long minTime, long maxTime, List<Matcher> matchers, int limit) {
    return source.labelNames(minTime, maxTime, scope.restrict(matchers), limit);
  }

  @Override
  public LabelResult labelValues(
      String name, long minTime, long maxTime, List<Matcher> matchers, int limit) {
    return source.labelValues(name, minTime, maxTime, scope.restrict(matchers), limit);
  }

  @Override
  public List<Labels> series(
      long minTime, long maxTime, List<List<Matcher>> matcherSets, int limit) {
    return source.series(minTime, maxTime, scope.restrictAny(matcherSets), limit);
  }

  @Override
  public List<SeriesExemplars> exemplars(
      long minTime, long maxTime, List<List<Matcher>> matcherSets) {
    return source.exemplars(minTime, maxTime, scope.restrictAny(matcherSets));
  }

  @Override
  public List<Labels> series(
      long minTime,
      long maxTime,
      List<List<Matcher>> matcherSets,
      int limit,
      Consumer<String> warnings) {
    return source.series(minTime, maxTime, scope.restrictAny(matcherSets), limit, warnings);
  }

  @Override
  public List<SeriesExemplars> exemplars(
      long minTime, long maxTime, List<List<Matcher>> matcherSets, Consumer<String> warnings) {
    return source.exemplars(minTime, maxTime, scope.restrictAny(matcherSets), warnings);
  }
}
