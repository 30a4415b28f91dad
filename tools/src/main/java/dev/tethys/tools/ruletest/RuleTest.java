package dev.tethys.tools.ruletest;

import dev.tethys.alert.rule.Alert;
import dev.tethys.alert.rule.AlertRule;
import dev.tethys.alert.rule.AlertState;
import dev.tethys.alert.rule.AlertingRule;
import dev.tethys.alert.rule.GroupSpec;
import dev.tethys.alert.rule.LogRuleQueries;
import dev.tethys.alert.rule.RuleGroup;
import dev.tethys.alert.rule.RuleOptions;
import dev.tethys.alert.rule.RuleQuery;
import dev.tethys.alert.rule.RuleReplay;
import dev.tethys.alert.rule.RuleSettings;
import dev.tethys.alert.rule.RuleType;
import dev.tethys.alert.rule.TraceRuleQueries;
import dev.tethys.config.Durations;
import dev.tethys.model.GoDurationText;
import dev.tethys.model.GoFloat;
import dev.tethys.model.GoQuote;
import dev.tethys.model.Histogram;
import dev.tethys.model.Labels;
import dev.tethys.model.histogram.HistogramText;
import dev.tethys.model.storage.Appender;
import dev.tethys.query.logql.LogqlLimits;
import dev.tethys.query.promql.EngineOptions;
import dev.tethys.query.promql.PromqlEngine;
import dev.tethys.query.promql.QueryException;
import dev.tethys.query.promql.QueryOptions;
import dev.tethys.query.promql.Value;
import dev.tethys.query.promql.parser.PromqlParseException;
import dev.tethys.query.promql.parser.PromqlParser;
import dev.tethys.query.promql.parser.SeriesDescription;
import dev.tethys.query.promql.parser.SeriesDescription.SequenceValue;
import dev.tethys.tools.ruletest.UnitTestFile.AlertTest;
import dev.tethys.tools.ruletest.UnitTestFile.ExpectedAlert;
import dev.tethys.tools.ruletest.UnitTestFile.ExpectedSample;
import dev.tethys.tools.ruletest.UnitTestFile.ExprTest;
import dev.tethys.tools.ruletest.UnitTestFile.InputSeries;
import dev.tethys.tools.ruletest.UnitTestFile.TestGroup;
import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Consumer;

/**
 * Runs one group of tests: feeds the input to a store as time advances, evaluates the rules like a
 * server, and compares. Not thread-safe; used once.
 */
final class RuleTest implements AutoCloseable {
  /**
   * Test settings.
   *
   * @param parser enabled constructs of queries
   * @param delayedNameRemoval metric names are dropped at the end of a query only
   * @param diff alerts that differ are shown as a coloured difference
   * @param fuzzy neighbouring floats count as equal
   */
  record Settings(
      dev.tethys.query.promql.parser.ParserOptions parser,
      boolean delayedNameRemoval,
      boolean diff,
      boolean fuzzy) {}

  /** Input series, and the number of its samples already stored. */
  private static final class Input {
    final List<SequenceValue> values;
    int stored;

    Input(List<SequenceValue> values) {
      this.values = values;
    }
  }

  private record Sample(Labels labels, double value, String histogram) {
    @Override
    public String toString() {
      return labels + " " + (histogram.isEmpty() ? GoFloat.format(value, 'E', -1) : histogram);
    }
  }

  private static final Duration TRACE_TIMEOUT = Duration.ofMinutes(1);

  private final TestGroup test;
  private final Duration interval;
  private final Settings settings;
  private final List<String> failures = new ArrayList<>();
  private final Map<Labels, Input> inputs = new LinkedHashMap<>();
  private final MemoryStore store = new MemoryStore();
  private final TestLogs logs = new TestLogs();
  private final TestTraces traces = new TestTraces();
  private final PromqlEngine engine;

  RuleTest(TestGroup test, Duration interval, Settings settings) {
    this.test = test;
    this.interval = interval;
    this.settings = settings;
    this.engine =
        new PromqlEngine(
            EngineOptions.builder()
                .parser(settings.parser())
                .delayedNameRemoval(settings.delayedNameRemoval())
                .subqueryStep(range -> interval.toMillis())
                .threads(1)
                .build());
  }

  /** Parses the input; the error of the first series that cannot be read, or nothing. */
  List<String> input() {
    long step = test.interval().toMillis();
    long wanted = step <= 0 ? Long.MAX_VALUE : test.end().toMillis() / step + 1;
    int line = 1;
    for (InputSeries s : test.input()) {
      line++;
      String text = (s.series() + " " + s.values()).strip().replace('\n', ' ');
      try {
        SeriesDescription d = SeriesDescription.parse(text, wanted);
        inputs.put(d.labels(), new Input(d.values())); // a series given again replaces itself
      } catch (PromqlParseException e) {
        String at = PromqlParseException.position(text, e.span().start());
        return List.of(line + at.substring(at.indexOf(':')) + ": parse error: " + e.reason());
      }
    }
    List<String> problems = logs.store(test);
    return problems.isEmpty() ? traces.store(test) : problems;
  }

  /** Runs it and returns the failures. */
  List<String> run(List<GroupSpec> specs, Map<String, Integer> order) {
    for (AlertTest a : test.alerts()) {
      if (a.name().isEmpty()) {
        return List.of(
            "an item under alert_rule_test misses required attribute alertname at eval_time "
                + Durations.format(a.at())
                + (test.name().isEmpty() ? "" : " (in TestGroup " + test.name() + ")"));
      }
    }
    RuleReplay replay =
        new RuleReplay(
            store,
            RuleQuery.of(engine, store),
            Map.of(
                RuleType.LOGS,
                LogRuleQueries.of(() -> logs.engine(), LogqlLimits.DEFAULT),
                RuleType.TRACES,
                TraceRuleQueries.of(() -> traces.queries(), TRACE_TIMEOUT)),
            (query, alerts) -> {},
            RuleOptions.defaults(URI.create(test.externalUrl())),
            new RuleSettings(test.interval(), Duration.ZERO, test.externalLabels()),
            specs);
    List<RuleGroup> groups =
        replay.groups().stream()
            .sorted(Comparator.comparing(g -> order.getOrDefault(g.spec().name(), 0)))
            .toList();
    List<Duration> times =
        List.copyOf(new TreeSet<>(test.alerts().stream().map(AlertTest::at).toList()));
    int next = 0;
    for (Duration t = Duration.ZERO; t.compareTo(test.end()) <= 0; t = t.plus(interval)) {
      Instant at = test.start().plus(t);
      feed(at);
      List<String> errors = new ArrayList<>();
      for (RuleGroup g : groups) {
        replay.evaluate(g, at);
        for (AlertRule r : g.rules()) {
          if (r.lastError() != null) {
            errors.add(
                "    rule: "
                    + r.spec().name()
                    + ", time: "
                    + GoDurationText.of(Duration.between(Instant.EPOCH, at).toNanos())
                    + ", err: "
                    + r.lastError());
          }
        }
      }
      failures.addAll(errors);
      if (!errors.isEmpty()) {
        return failures;
      }
      Duration end = t.plus(interval);
      for (; next < times.size() && times.get(next).compareTo(end) < 0; next++) {
        alerts(groups, times.get(next));
      }
    }
    test.exprs().forEach(this::expression);
    return failures;
  }

  private void feed(Instant until) {
    long step = test.interval().toMillis();
    long start = test.start().toEpochMilli();
    try (Appender a = store.appender()) {
      inputs.forEach(
          (labels, input) -> {
            long series = a.series(labels);
            while (input.stored < input.values.size()
                && start + input.stored * step <= until.toEpochMilli()) {
              long time = start + input.stored * step;
              SequenceValue v = input.values.get(input.stored++);
              Histogram h = v.histogram();
              Appender.Outcome o =
                  v.omitted()
                      ? Appender.Outcome.OK
                      : h == null
                          ? a.append(series, 0, time, v.value())
                          : a.append(series, 0, time, h);
              if (o != Appender.Outcome.OK) {
                failures.add(
                    "    input series " + labels.toSeriesString() + " at " + time + ": " + o);
              }
            }
          });
      a.commit();
    }
  }

  private void alerts(List<RuleGroup> groups, Duration at) {
    for (AlertTest t : test.alerts()) {
      if (!t.at().equals(at)) {
        continue;
      }
      List<FiredAlert> got = new ArrayList<>();
      for (RuleGroup g : groups) {
        for (AlertRule r : g.rules()) {
          if (r instanceof AlertingRule a && a.spec().name().equals(t.name())) {
            for (Alert alert : a.activeAlerts()) {
              if (alert.state() == AlertState.FIRING) {
                got.add(new FiredAlert(alert.labels().toMap(), alert.annotations()));
              }
            }
          }
        }
      }
      List<FiredAlert> expected = new ArrayList<>();
      for (ExpectedAlert e : t.expected()) {
        TreeMap<String, String> labels = new TreeMap<>(e.labels());
        labels.put("alertname", t.name());
        expected.add(new FiredAlert(labels, new TreeMap<>(e.annotations())));
      }
      got.sort(FiredAlert.ORDER);
      expected.sort(FiredAlert.ORDER);
      if (!expected.equals(got)) {
        failures.add(difference(t, expected, got));
      }
    }
  }

  private String difference(AlertTest t, List<FiredAlert> expected, List<FiredAlert> got) {
    String head =
        (test.name().isEmpty() ? "" : "    name: " + test.name() + ",\n")
            + "    alertname: "
            + t.name()
            + ", time: "
            + Durations.format(t.at())
            + ", \n        ";
    return settings.diff()
        ? head + "diff: " + indented(JsonDiff.of(FiredAlert.json(expected), FiredAlert.json(got)))
        : head
            + "exp:"
            + indented(FiredAlert.text(expected))
            + ", \n        got:"
            + indented(FiredAlert.text(got));
  }

  private static String indented(String text) {
    return text.replace("\n", "\n            ");
  }

  private void expression(ExprTest t) {
    String head =
        "    expr: " + GoQuote.quote(t.expr()) + ", time: " + Durations.format(t.at()) + ",";
    List<Sample> got;
    try {
      got = query(t.expr(), test.start().plus(t.at()));
    } catch (PromqlParseException | QueryException e) {
      failures.add(head + " err: " + e.getMessage());
      return;
    }
    List<Sample> expected = new ArrayList<>();
    for (ExpectedSample s : t.expected()) {
      try {
        expected.add(
            new Sample(
                PromqlParser.parseMetric(s.labels()),
                s.value(),
                s.histogram().isEmpty() ? "" : HistogramText.expression(histogram(s.histogram()))));
      } catch (PromqlParseException | IllegalArgumentException e) {
        failures.add(head + " err: labels " + GoQuote.quote(s.labels()) + ": " + e.getMessage());
        return;
      }
    }
    expected.sort(Comparator.comparing(Sample::labels));
    got.sort(Comparator.comparing(Sample::labels));
    boolean same = expected.size() == got.size();
    for (int i = 0; same && i < got.size(); i++) {
      same = same(expected.get(i), got.get(i));
    }
    if (!same) {
      failures.add(head + "\n        exp: " + text(expected) + "\n        got: " + text(got));
    }
  }

  private static Histogram histogram(String text) {
    List<SequenceValue> values = SeriesDescription.parse("{} " + text).values();
    if (values.size() != 1) {
      throw new IllegalArgumentException("expected 1 value, got " + values.size());
    }
    Histogram h = values.getFirst().histogram();
    if (h == null) {
      throw new IllegalArgumentException(
          "expected histogram, got " + GoFloat.format(values.getFirst().value(), 'f', 6));
    }
    return h;
  }

  private boolean same(Sample a, Sample b) {
    return a.labels().equals(b.labels())
        && a.histogram().equals(b.histogram())
        && (a.value() == b.value()
            || settings.fuzzy()
                && (Math.nextDown(a.value()) == b.value() || Math.nextUp(a.value()) == b.value()));
  }

  private static String text(List<Sample> samples) {
    return samples.isEmpty()
        ? "nil"
        : String.join(", ", samples.stream().map(Sample::toString).toList());
  }

  private List<Sample> query(String expr, Instant at) {
    Value v =
        engine.instant(store, expr, at.toEpochMilli(), QueryOptions.DEFAULT).execute().value();
    List<Sample> out = new ArrayList<>();
    switch (v) {
      case Value.Scalar s -> out.add(new Sample(Labels.EMPTY, s.value(), ""));
      case Value.InstantVector i ->
          i.samples()
              .forEach(
                  s -> {
                    Histogram h = s.histogram();
                    out.add(
                        h == null
                            ? new Sample(s.labels(), s.value(), "")
                            : new Sample(s.labels(), 0, HistogramText.expression(h)));
                  });
      default -> throw QueryException.execution("rule result is not a vector or scalar");
    }
    return out;
  }

  /** Prints all samples that there are at the end, as promtool's {@code --debug} does. */
  void dump(Consumer<String> line) {
    long millis = (test.end().toMillis() + 1000) / 1000 * 1000;
    String range = GoDurationText.of(Duration.ofMillis(millis).toNanos());
    String expr = "{__name__=~\".+\"}[" + range + "]";
    Value v;
    try {
      v =
          engine
              .instant(store, expr, test.start().toEpochMilli() + millis, QueryOptions.DEFAULT)
              .execute()
              .value();
    } catch (PromqlParseException | QueryException e) {
      line.accept(
          "DEBUG: Failed query exec, expr: " + GoQuote.quote(expr) + ", err: " + e.getMessage());
      return;
    }
    line.accept("DEBUG: Dump of all data (input_series and rules) at " + range + ":");
    List<String> out = new ArrayList<>();
    if (v instanceof Value.Matrix m) {
      for (Value.Series s : m.series()) {
        List<String> points = new ArrayList<>();
        for (int i = 0; i < s.size(); i++) {
          Histogram h = s.histogram(i);
          points.add(
              (h == null ? GoFloat.f(s.values()[i]) : HistogramText.plain(h))
                  + " @["
                  + s.timestamps()[i]
                  + "]");
        }
        out.add(s.labels() + " =>\n" + String.join("\n", points));
      }
    }
    line.accept(String.join("\n", out));
  }

  @Override
  public void close() {
    engine.close();
    logs.close();
    traces.close();
    store.close();
  }
}
