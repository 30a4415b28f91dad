package dev.tethys.insight.deployments;

import dev.tethys.insight.graph.query.MetricAnswers.Sample;
import dev.tethys.model.storage.Appender;
import dev.tethys.query.promql.EngineOptions;
import dev.tethys.query.promql.PromqlEngine;
import dev.tethys.query.promql.QueryOptions;
import dev.tethys.query.promql.Value;
import dev.tethys.query.promql.parser.PromqlParser;
import dev.tethys.testkit.MemoryMetricStore;
import java.util.ArrayList;
import java.util.List;
import java.util.function.LongToDoubleFunction;

/** Metrics in memory with the PromQL engine; other signals are functions of the window's begin. */
final class RecordedSignals implements DeploymentSignals, AutoCloseable {
  /** Amounts of a window that begins at a minute. */
  interface AtMinute {
    List<NamedAmount> at(long minute);
  }

  private final MemoryMetricStore store = new MemoryMetricStore(0);
  private final PromqlEngine engine = new PromqlEngine(EngineOptions.builder().threads(1).build());
  final List<String> asked = new ArrayList<>();
  AtMinute patterns = _ -> List.of();
  AtMinute functions = _ -> List.of();
  AtMinute failures = _ -> List.of();
  List<ComparedList.Item> attributes = List.of();
  String failure = "";

  /** Adds a series with a value each quarter of a minute, given by the quarter. */
  void add(String series, long fromMinute, long toMinute, LongToDoubleFunction value) {
    try (Appender a = store.appender()) {
      long ref = a.series(PromqlParser.parseMetric(series));
      for (long q = fromMinute * 4; q <= toMinute * 4; q++) {
        a.append(ref, 0, RecordedPast.START + q * 15_000, value.applyAsDouble(q));
      }
      a.commit();
    }
  }

  private void ask(String query) {
    asked.add(query);
    if (!failure.isEmpty()) {
      throw new IllegalStateException(failure);
    }
  }

  @Override
  public List<Sample> metrics(String query, long time) {
    ask(query);
    Value v = engine.instant(store, query, time, QueryOptions.DEFAULT).execute().value();
    return ((Value.InstantVector) v)
        .samples().stream().map(s -> new Sample(s.labels().toMap(), s.value())).toList();
  }

  @Override
  public List<Sample> logs(String query, long time) {
    ask(query);
    throw new SignalMissingException("this server does not store logs");
  }

  @Override
  public List<Sample> traces(String query, long time) {
    ask(query);
    long minutes = Long.parseLong(query.replaceAll(".*range=([0-9]+)s.*", "$1")) / 60;
    return failures.at(minute(time) - minutes).stream()
        .map(n -> new Sample(java.util.Map.of("name", n.name()), n.amount()))
        .toList();
  }

  private static long minute(long time) {
    return (time - RecordedPast.START) / 60_000;
  }

  @Override
  public List<NamedAmount> patterns(String selector, long from, long to) {
    ask(selector);
    return patterns.at(minute(from));
  }

  @Override
  public List<NamedAmount> functions(String selector, long from, long to) {
    ask(selector);
    return functions.at(minute(from));
  }

  @Override
  public List<ComparedList.Item> attributes(String query, TimeWindow before, TimeWindow after) {
    ask(query);
    return attributes;
  }

  @Override
  public void close() {
    engine.close();
  }
}
