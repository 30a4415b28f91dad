package dev.tethys.insight.objectives;

import dev.tethys.alert.rule.Alert;
import dev.tethys.alert.rule.AlertListener;
import dev.tethys.alert.rule.GroupSpec;
import dev.tethys.alert.rule.RuleFile;
import dev.tethys.alert.rule.RuleOptions;
import dev.tethys.alert.rule.RuleQuery;
import dev.tethys.alert.rule.RuleReplay;
import dev.tethys.alert.rule.RuleSettings;
import dev.tethys.insight.graph.query.MetricAnswers;
import dev.tethys.model.GoFloat;
import dev.tethys.model.Labels;
import dev.tethys.model.NameScheme;
import dev.tethys.model.storage.Appender;
import dev.tethys.query.promql.EngineOptions;
import dev.tethys.query.promql.PromqlEngine;
import dev.tethys.query.promql.QueryOptions;
import dev.tethys.query.promql.Value;
import dev.tethys.query.promql.parser.ParserOptions;
import dev.tethys.query.promql.parser.PromqlParser;
import dev.tethys.testkit.MemoryMetricStore;
import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.LongToDoubleFunction;

/** Store in memory with the PromQL engine and the rule engine. */
public final class RecordedMetrics implements AutoCloseable {
  public static final Instant START = Instant.parse("2026-01-01T00:00:00Z");

  final MemoryMetricStore store = new MemoryMetricStore(0);
  private final PromqlEngine engine = new PromqlEngine(EngineOptions.defaults());

  /** Changes of alerts, as {@code minute name severity state}. */
  final List<String> changes = new ArrayList<>();

  /** Adds a series with a value each minute from a minute to another one. */
  public void add(String series, long from, long to, LongToDoubleFunction value) {
    try (Appender a = store.appender()) {
      long ref = a.series(PromqlParser.parseMetric(series));
      for (long m = from; m <= to; m++) {
        a.append(ref, 0, at(m).toEpochMilli(), value.applyAsDouble(m));
      }
      a.commit();
    }
  }

  public static Instant at(long minute) {
    return START.plus(Duration.ofMinutes(minute));
  }

  /** Elements of a query, as "labels value" in order. */
  public List<String> ask(String query, long minute) {
    TreeMap<String, String> out = new TreeMap<>();
    for (Value.Sample s : vector(query, at(minute).toEpochMilli())) {
      out.put(s.labels().toSeriesString(), GoFloat.f(s.value()));
    }
    return out.entrySet().stream().map(e -> e.getKey() + " " + e.getValue()).toList();
  }

  /** Value of a query with one element; NaN without one. */
  public double value(String query, long minute) {
    List<Value.Sample> all = vector(query, at(minute).toEpochMilli());
    return all.size() == 1 ? all.getFirst().value() : Double.NaN;
  }

  private List<Value.Sample> vector(String query, long millis) {
    Value v = engine.instant(store, query, millis, QueryOptions.DEFAULT).execute().value();
    return ((Value.InstantVector) v).samples();
  }

  public MetricAnswers answers() {
    return (query, time) ->
        vector(query, time).stream()
            .map(
                s -> {
                  Map<String, String> labels = new LinkedHashMap<>();
                  s.labels().toList().forEach(l -> labels.put(l.name(), l.value()));
                  return new MetricAnswers.Sample(labels, s.value());
                })
            .toList();
  }

  public static List<GroupSpec> groups(List<Objective> objectives) {
    return RuleFile.parse(
        "slo.yml", ObjectiveRules.text(objectives, "test"), NameScheme.UTF8, ParserOptions.STABLE);
  }

  /** Evaluates the rules of objectives each minute from a minute to another one. */
  public void evaluate(List<Objective> objectives, long from, long to, int every) {
    RuleReplay replay =
        new RuleReplay(
            store,
            RuleQuery.of(engine, store),
            Map.of(),
            new AlertListener() {
              @Override
              public void alerts(String query, List<Alert> alerts) {}

              @Override
              public void changed(Instant at, List<Change> all) {
                for (Change c : all) {
                  changes.add(
                      Duration.between(START, at).toMinutes()
                          + " "
                          + c.labels().get("alertname")
                          + " "
                          + c.labels().get("sloth_severity")
                          + " "
                          + c.state().text());
                }
              }
            },
            RuleOptions.defaults(URI.create("http://here:9090")),
            new RuleSettings(Duration.ofMinutes(every), Duration.ZERO, Labels.EMPTY),
            groups(objectives));
    for (long m = from; m <= to; m += every) {
      Instant t = at(m);
      replay.groups().forEach(g -> replay.evaluate(g, t));
    }
  }

  @Override
  public void close() {
    engine.close();
  }
}
