package dev.tethys.alert.rule;

import dev.tethys.model.Labels;
import dev.tethys.model.NameScheme;
import dev.tethys.model.Samples;
import dev.tethys.model.exposition.Registry;
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
import java.util.List;
import java.util.TreeMap;

/** A manager over a store in memory, with its own clock and the alerts that it sent. */
final class RuleFixture implements AutoCloseable {
  static final Instant START = Instant.parse("2026-01-01T00:00:00Z");

  final MemoryMetricStore store = new MemoryMetricStore(0);
  final PromqlEngine engine = new PromqlEngine(EngineOptions.defaults());
  final Registry registry = new Registry();
  final FakeClock clock = new FakeClock(START);
  final List<Alert> sent = new ArrayList<>();
  final List<String> changed = new ArrayList<>();
  final RuleManager manager;
  RuleSettings settings =
      new RuleSettings(Duration.ofSeconds(10), Duration.ZERO, Labels.of("region", "eu"));

  RuleFixture() {
    this(false);
  }

  RuleFixture(boolean concurrent) {
    RuleOptions d = RuleOptions.defaults(URI.create("http://here:9090"));
    manager =
        new RuleManager(
            store,
            RuleQuery.of(engine, store),
            new AlertListener() {
              @Override
              public void alerts(String query, List<Alert> alerts) {
                synchronized (sent) {
                  sent.addAll(alerts);
                }
              }

              @Override
              public void changed(Instant at, List<Change> changes) {
                synchronized (changed) {
                  long seconds = Duration.between(START, at).toSeconds();
                  changes.forEach(
                      c ->
                          changed.add(
                              seconds
                                  + " "
                                  + c.labels().get("alertname")
                                  + " "
                                  + c.state().text()));
                }
              }
            },
            new RuleOptions(
                d.outageTolerance(),
                d.gracePeriod(),
                d.resendDelay(),
                concurrent,
                4,
                d.externalUrl()),
            registry,
            clock);
  }

  static List<GroupSpec> groups(String yaml) {
    return groups("r.yml", yaml);
  }

  static List<GroupSpec> groups(String file, String yaml) {
    return RuleFile.parse(file, yaml, NameScheme.UTF8, ParserOptions.STABLE);
  }

  /** Takes rules over; groups wait for their first evaluation. */
  List<RuleGroup> load(String yaml) {
    manager.apply(settings, groups(yaml));
    return manager.groups();
  }

  void put(String series, long secondsAfterStart, double value) {
    try (Appender a = store.appender()) {
      long ref = a.series(PromqlParser.parseMetric(series));
      a.append(ref, 0, START.plusSeconds(secondsAfterStart).toEpochMilli(), value);
      a.commit();
    }
  }

  Instant at(long seconds) {
    return START.plusSeconds(seconds);
  }

  /** What a query gives, as "labels value" in order. */
  List<String> ask(String query, long seconds) {
    Value v =
        engine
            .instant(store, query, at(seconds).toEpochMilli(), QueryOptions.DEFAULT)
            .execute()
            .value();
    TreeMap<String, String> out = new TreeMap<>();
    for (Value.Sample s : ((Value.InstantVector) v).samples()) {
      out.put(s.labels().toSeriesString(), dev.tethys.model.GoFloat.f(s.value()));
    }
    return out.entrySet().stream().map(e -> e.getKey() + " " + e.getValue()).toList();
  }

  double metric(String name) {
    return registry.gather().stream()
        .filter(f -> f.name().equals(name))
        .flatMap(f -> f.metrics().stream())
        .mapToDouble(m -> ((dev.tethys.model.exposition.MetricFamily.Value) m.point()).value())
        .sum();
  }

  static boolean isStale(double v) {
    return Samples.isStale(v);
  }

  @Override
  public void close() {
    manager.close();
    engine.close();
  }
}
