package dev.tethys.app.server;

import dev.tethys.alert.rule.RuleQuery;
import dev.tethys.alert.rule.RuleSource;
import dev.tethys.alert.rule.RuleType;
import dev.tethys.insight.deployments.ComparedList;
import dev.tethys.insight.deployments.DeploymentSignals;
import dev.tethys.insight.deployments.SignalMissingException;
import dev.tethys.insight.deployments.TimeWindow;
import dev.tethys.insight.graph.query.MetricAnswers;
import dev.tethys.insight.graph.query.MetricAnswers.Sample;
import dev.tethys.model.access.Scope;
import dev.tethys.query.promql.Value;
import java.time.Duration;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Queries of insight over all signals that the server stores, in the default tenant. Logs and
 * traces take the way of rules, with its share of memory and its timeout.
 */
final class SignalQueries implements DeploymentSignals {
  /** Interval of TraceQL without a hint. */
  private static final Duration RANGE = Duration.ofMinutes(5);

  /** Amounts by name that a signal has for a selector in a range. */
  interface Amounts {
    List<NamedAmount> of(String selector, long from, long to);
  }

  /** Attributes of spans whose shares differ. */
  interface Attributes {
    List<ComparedList.Item> of(String query, TimeWindow before, TimeWindow after);
  }

  private final MetricAnswers metrics;
  private final Map<RuleType, RuleSource> sources = new EnumMap<>(RuleType.class);
  private @Nullable Amounts patterns;
  private @Nullable Amounts functions;
  private @Nullable Attributes attributes;

  SignalQueries(MetricAnswers metrics) {
    this.metrics = metrics;
  }

  /** Adds a signal, before the first query. */
  void add(RuleType type, RuleSource source) {
    sources.put(type, source);
  }

  void patterns(Amounts of) {
    patterns = of;
  }

  void functions(Amounts of) {
    functions = of;
  }

  void attributes(Attributes of) {
    attributes = of;
  }

  @Override
  public List<Sample> metrics(String query, long time) {
    return metrics.at(query, time);
  }

  @Override
  public List<Sample> logs(String query, long time) {
    return samples(RuleType.LOGS, query, time);
  }

  @Override
  public List<Sample> traces(String query, long time) {
    return samples(RuleType.TRACES, query, time);
  }

  private List<Sample> samples(RuleType type, String query, long time) {
    RuleQuery q = present(sources.get(type), type).of(Scope.DEFAULT, RANGE);
    List<Value.Sample> found = q.query(query, time);
    return found.stream().map(s -> new Sample(s.labels().toMap(), s.value())).toList();
  }

  private static <T> T present(@Nullable T part, RuleType type) {
    if (part == null) {
      throw new SignalMissingException("this server does not store " + type.text());
    }
    return part;
  }

  @Override
  public List<NamedAmount> patterns(String selector, long from, long to) {
    return present(patterns, RuleType.LOGS).of(selector, from, to);
  }

  @Override
  public List<NamedAmount> functions(String selector, long from, long to) {
    return present(functions, RuleType.PROFILES).of(selector, from, to);
  }

  @Override
  public List<ComparedList.Item> attributes(String query, TimeWindow before, TimeWindow after) {
    return present(attributes, RuleType.TRACES).of(query, before, after);
  }
}
