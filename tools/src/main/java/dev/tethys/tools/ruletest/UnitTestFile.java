package dev.tethys.tools.ruletest;

import dev.tethys.config.FilePattern;
import dev.tethys.config.Key;
import dev.tethys.config.Section;
import dev.tethys.config.Type;
import dev.tethys.config.YamlDocument;
import dev.tethys.config.YamlNode;
import dev.tethys.config.YamlObject;
import dev.tethys.model.Labels;
import dev.tethys.model.access.Scope;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.Function;

/**
 * A file of unit tests of rules, as promtool reads it: strictly.
 *
 * @param ruleFiles files matched by the patterns of {@code rule_files}, relative to the file
 * @param interval evaluation interval of rules
 * @param order places of groups by name; one that has none counts as the first
 */
public record UnitTestFile(
    List<String> ruleFiles,
    Duration interval,
    Map<String, Integer> order,
    boolean fuzzyCompare,
    List<TestGroup> tests) {

  /**
   * Input of a test with its assertions.
   *
   * @param interval interval between the values of the input
   * @param start time of the first value
   */
  public record TestGroup(
      String name,
      Duration interval,
      Instant start,
      List<InputSeries> input,
      List<InputLogs> logs,
      List<InputTraces> traces,
      List<AlertTest> alerts,
      List<ExprTest> exprs,
      Labels externalLabels,
      String externalUrl) {
    /** Returns the latest time for which a value is asserted. */
    Duration end() {
      Duration max = Duration.ZERO;
      for (AlertTest a : alerts) {
        max = a.at().compareTo(max) > 0 ? a.at() : max;
      }
      for (ExprTest e : exprs) {
        max = e.at().compareTo(max) > 0 ? e.at() : max;
      }
      return max;
    }
  }

  /** A series and its values in the notation of tests. */
  public record InputSeries(String series, String values) {}

  /**
   * Lines of a stream.
   *
   * @param tenant tenant of the logs
   * @param at time of the first line since startup
   * @param every time between lines; zero if all lines have the same time
   * @param metadata structured metadata of each line
   * @param repeat number of times the lines are stored, one round after another
   */
  public record InputLogs(
      String tenant,
      String stream,
      Duration at,
      Duration every,
      Map<String, String> metadata,
      List<String> lines,
      long repeat) {}

  /**
   * Equal spans, each in a separate trace.
   *
   * @param at start of the first span since the start of the test
   * @param every time between the starts of spans; zero if all spans start at the same time
   * @param attributes attributes of each span
   * @param resource attributes of the resource in addition to {@code service.name}
   * @param repeat number of spans
   */
  public record InputTraces(
      String tenant,
      String service,
      String name,
      SpanKind kind,
      SpanStatus status,
      Duration duration,
      Duration at,
      Duration every,
      Map<String, String> attributes,
      Map<String, String> resource,
      long repeat) {}

  /** Kind of a span, as OTLP numbers it. */
  public enum SpanKind {
    UNSPECIFIED,
    INTERNAL,
    SERVER,
    CLIENT,
    PRODUCER,
    CONSUMER;

    int code() {
      return ordinal();
    }

    String text() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  /** Status of a span, as OTLP numbers it. */
  public enum SpanStatus {
    UNSET,
    OK,
    ERROR;

    int code() {
      return ordinal();
    }

    String text() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  /** The alerts of one name that fire at a time. */
  public record AlertTest(Duration at, String name, List<ExpectedAlert> expected) {}

  /** An alert without its name. */
  public record ExpectedAlert(Map<String, String> labels, Map<String, String> annotations) {}

  /** Expected result of a query at a time. */
  public record ExprTest(Duration at, String expr, List<ExpectedSample> expected) {}

  /**
   * One element of a result.
   *
   * @param histogram histogram in the notation of rule unit tests; if set, the value is ignored
   */
  public record ExpectedSample(String labels, double value, String histogram) {}

  private static final Type<Map<String, String>> TEXTS =
      Type.map(Type.of("string", "", YamlNode::asString));

  private static final Section SERIES = new Section("input_series", "Series and its values.");
  private static final Key<String> SERIES_NAME =
      SERIES.key("series", Type.STRING, "", "Series in the notation of PromQL.");
  private static final Key<String> SERIES_VALUES =
      SERIES.key("values", Type.STRING, "", "Values of the series, such as 1+1x10 _ stale.");

  private static final Section LOGS = new Section("input_logs", "Lines of a stream. (Tethys)");
  private static final Key<String> LOGS_TENANT =
      LOGS.key("tenant", Type.STRING, Scope.DEFAULT_TENANT, "Tenant of the lines.");
  private static final Key<String> LOGS_STREAM =
      LOGS.key("stream", Type.STRING, "", "Stream, such as {app=\"shop\"}.");
  private static final Key<Duration> LOGS_AT =
      LOGS.key("at", Type.DURATION, Duration.ZERO, "Time of the first line since the start.");
  private static final Key<Duration> LOGS_EVERY =
      LOGS.key(
          "every", Type.DURATION, Duration.ZERO, "Time between lines; 0 for all at the same time.");
  private static final Key<Map<String, String>> LOGS_METADATA =
      LOGS.key("structured_metadata", TEXTS, Map.of(), "Structured metadata of each line.");
  private static final Key<List<String>> LOGS_LINES =
      LOGS.key("lines", Type.list(Type.STRING), List.of(), "Lines.");
  private static final Key<Long> LOGS_REPEAT =
      LOGS.key(
          "repeat", Type.INT, 1L, "Number of times the lines are stored, one round after another.");

  private static final Section TRACES =
      new Section("input_traces", "Equal spans, each in a separate trace. (Tethys)");
  private static final Key<String> TRACES_TENANT =
      TRACES.key("tenant", Type.STRING, Scope.DEFAULT_TENANT, "Tenant of the spans.");
  private static final Key<String> TRACES_SERVICE =
      TRACES.key("service", Type.STRING, "", "Resource attribute service.name.");
  private static final Key<String> TRACES_NAME =
      TRACES.key("name", Type.STRING, "", "Name of the spans.");
  private static final Key<SpanKind> TRACES_KIND =
      TRACES.key(
          "kind",
          Type.oneOf("kind", SpanKind.values(), SpanKind::text),
          SpanKind.SERVER,
          "Kind of the spans.");
  private static final Key<SpanStatus> TRACES_STATUS =
      TRACES.key(
          "status",
          Type.oneOf("status", SpanStatus.values(), SpanStatus::text),
          SpanStatus.UNSET,
          "Status of the spans.");
  private static final Key<Duration> TRACES_DURATION =
      TRACES.key("duration", Type.DURATION, Duration.ZERO, "Duration of each span.");
  private static final Key<Duration> TRACES_AT =
      TRACES.key("at", Type.DURATION, Duration.ZERO, "Start of the first span since the start.");
  private static final Key<Duration> TRACES_EVERY =
      TRACES.key(
          "every", Type.DURATION, Duration.ZERO, "Time between spans; 0 for all at the same time.");
  private static final Key<Map<String, String>> TRACES_ATTRIBUTES =
      TRACES.key("attributes", TEXTS, Map.of(), "Attributes of each span.");
  private static final Key<Map<String, String>> TRACES_RESOURCE =
      TRACES.key("resource", TEXTS, Map.of(), "Attributes of the resource.");
  private static final Key<Long> TRACES_REPEAT =
      TRACES.key("repeat", Type.INT, 1L, "Number of spans.");

  private static final Section ALERT = new Section("alert", "Firing alert.");
  private static final Key<Map<String, String>> EXP_LABELS =
      ALERT.key("exp_labels", TEXTS, Map.of(), "Labels of the alert, without its name.");
  private static final Key<Map<String, String>> EXP_ANNOTATIONS =
      ALERT.key("exp_annotations", TEXTS, Map.of(), "Annotations of the alert.");

  private static final Section ALERT_TEST = new Section("alert_rule_test", "Alerts at a time.");
  private static final Key<Duration> ALERT_TIME =
      ALERT_TEST.key("eval_time", Type.DURATION, Duration.ZERO, "Time since the start.");
  private static final Key<String> ALERT_NAME =
      ALERT_TEST.key("alertname", Type.STRING, "", "Name of the alert.");
  private static final Key<List<ExpectedAlert>> EXP_ALERTS =
      ALERT_TEST.key(
          "exp_alerts",
          Type.list(ALERT.type(o -> new ExpectedAlert(o.get(EXP_LABELS), o.get(EXP_ANNOTATIONS)))),
          List.of(),
          "All firing alerts of that name.");

  private static final Section SAMPLE = new Section("sample", "One element of a result.");
  private static final Key<String> SAMPLE_LABELS =
      SAMPLE.key("labels", Type.STRING, "", "Series in the notation of PromQL.");
  private static final Key<Double> SAMPLE_VALUE =
      SAMPLE.key("value", Type.FLOAT, 0.0, "Expected value.");
  private static final Key<String> SAMPLE_HISTOGRAM =
      SAMPLE.key("histogram", Type.STRING, "", "Expected histogram, instead of a value.");

  private static final Section EXPR_TEST = new Section("promql_expr_test", "Query at a time.");
  private static final Key<Duration> EXPR_TIME =
      EXPR_TEST.key("eval_time", Type.DURATION, Duration.ZERO, "Time since the start.");
  private static final Key<String> EXPR = EXPR_TEST.key("expr", Type.STRING, "", "Query.");
  private static final Key<List<ExpectedSample>> EXP_SAMPLES =
      EXPR_TEST.key(
          "exp_samples",
          Type.list(
              SAMPLE.type(
                  o ->
                      new ExpectedSample(
                          o.get(SAMPLE_LABELS), o.get(SAMPLE_VALUE), o.get(SAMPLE_HISTOGRAM)))),
          List.of(),
          "All expected samples.");

  private static final Section TEST = new Section("tests", "Input and assertions.");
  private static final Key<Duration> TEST_INTERVAL =
      TEST.key("interval", Type.DURATION, Duration.ZERO, "Time between values of the input.");
  private static final Key<String> TEST_NAME =
      TEST.key("name", Type.STRING, "", "Name of the test.");
  private static final Key<Instant> START =
      TEST.key(
          "start_timestamp",
          Type.of("time", null, n -> n.parse(UnitTestFile::time)),
          Instant.EPOCH,
          "Time of the first value: RFC 3339 or seconds.");
  private static final Key<List<InputSeries>> INPUT =
      TEST.key(
          "input_series",
          Type.list(SERIES.type(o -> new InputSeries(o.get(SERIES_NAME), o.get(SERIES_VALUES)))),
          List.of(),
          "Input series.");
  private static final Key<List<InputLogs>> INPUT_LOGS =
      TEST.key(
          "input_logs",
          Type.list(
              LOGS.type(
                  o ->
                      new InputLogs(
                          o.get(LOGS_TENANT),
                          o.get(LOGS_STREAM),
                          o.get(LOGS_AT),
                          o.get(LOGS_EVERY),
                          o.get(LOGS_METADATA),
                          o.get(LOGS_LINES),
                          o.get(LOGS_REPEAT)))),
          List.of(),
          "Log lines for groups of type logs. (Tethys)");
  private static final Key<List<InputTraces>> INPUT_TRACES =
      TEST.key(
          "input_traces",
          Type.list(
              TRACES.type(
                  o ->
                      new InputTraces(
                          o.get(TRACES_TENANT),
                          o.get(TRACES_SERVICE),
                          o.get(TRACES_NAME),
                          o.get(TRACES_KIND),
                          o.get(TRACES_STATUS),
                          o.get(TRACES_DURATION),
                          o.get(TRACES_AT),
                          o.get(TRACES_EVERY),
                          o.get(TRACES_ATTRIBUTES),
                          o.get(TRACES_RESOURCE),
                          o.get(TRACES_REPEAT)))),
          List.of(),
          "Spans for groups of type traces. (Tethys)");
  private static final Key<List<AlertTest>> ALERT_TESTS =
      TEST.key(
          "alert_rule_test",
          Type.list(
              ALERT_TEST.type(
                  o -> new AlertTest(o.get(ALERT_TIME), o.get(ALERT_NAME), o.get(EXP_ALERTS)))),
          List.of(),
          "Assertions on alerts.");
  private static final Key<List<ExprTest>> EXPR_TESTS =
      TEST.key(
          "promql_expr_test",
          Type.list(
              EXPR_TEST.type(o -> new ExprTest(o.get(EXPR_TIME), o.get(EXPR), o.get(EXP_SAMPLES)))),
          List.of(),
          "Assertions on queries.");
  private static final Key<Map<String, String>> EXTERNAL_LABELS =
      TEST.key("external_labels", TEXTS, Map.of(), "External labels for templates.");
  private static final Key<String> EXTERNAL_URL =
      TEST.key("external_url", Type.STRING, "", "External URL for templates.");

  private static final Section FILE = new Section("unit test file", "Unit tests of rules.");
  private static final Key<List<String>> RULE_FILES =
      FILE.key("rule_files", Type.list(Type.STRING), List.of(), "Patterns of rule files.");
  private static final Key<Duration> EVALUATION_INTERVAL =
      FILE.key(
          "evaluation_interval",
          Type.DURATION,
          Duration.ZERO,
          "Evaluation interval; 1m by default.");
  private static final Key<List<String>> GROUP_EVAL_ORDER =
      FILE.key(
          "group_eval_order",
          Type.list(Type.STRING),
          List.of(),
          "Evaluation order of groups, first to last.");
  private static final Key<Boolean> FUZZY_COMPARE =
      FILE.key("fuzzy_compare", Type.BOOL, false, "If true, neighbouring floats count as equal.");
  private static final Key<List<YamlObject>> TESTS =
      FILE.key("tests", Type.list(TEST.type(o -> o)), List.of(), "Tests.");

  /**
   * Reads a file.
   *
   * @param warn called with patterns that match no file
   * @throws dev.tethys.config.ConfigException if its content is invalid
   * @throws IOException if it cannot be read
   */
  static UnitTestFile read(Path file, Consumer<String> warn) throws IOException {
    YamlDocument document = YamlDocument.read(file);
    return document.readWhole(() -> read(document.root().object(FILE), file, warn));
  }

  private static UnitTestFile read(YamlObject o, Path file, Consumer<String> warn)
      throws IOException {
    List<String> ruleFiles = new ArrayList<>();
    for (String pattern : o.get(RULE_FILES)) {
      Path resolved = file.resolveSibling(pattern).normalize();
      List<Path> found = FilePattern.of(resolved.toString()).files();
      if (found.isEmpty()) {
        warn.accept("  WARNING: no file match pattern " + resolved);
      }
      found.forEach(f -> ruleFiles.add(f.toString()));
    }
    Map<String, Integer> order = new HashMap<>();
    for (String name : o.get(GROUP_EVAL_ORDER)) {
      if (order.putIfAbsent(name, order.size()) != null) {
        throw new IllegalArgumentException("group name repeated in evaluation order: " + name);
      }
    }
    Duration interval = orElse(o.get(EVALUATION_INTERVAL), Duration.ofMinutes(1));
    Function<YamlObject, TestGroup> test =
        t ->
            new TestGroup(
                t.get(TEST_NAME),
                orElse(t.get(TEST_INTERVAL), interval),
                t.get(START),
                t.get(INPUT),
                t.get(INPUT_LOGS),
                t.get(INPUT_TRACES),
                t.get(ALERT_TESTS),
                t.get(EXPR_TESTS),
                Labels.of(t.get(EXTERNAL_LABELS)),
                t.get(EXTERNAL_URL));
    return new UnitTestFile(
        ruleFiles, interval, order, o.get(FUZZY_COMPARE), o.get(TESTS).stream().map(test).toList());
  }

  private static Duration orElse(Duration d, Duration otherwise) {
    return d.isZero() ? otherwise : d;
  }

  /** Parses a time in promtool's format: seconds, with or without a fraction, or RFC 3339. */
  public static Instant time(String text) {
    try {
      return Instant.ofEpochMilli(Math.round(Double.parseDouble(text) * 1000));
    } catch (NumberFormatException e) {
      // the other form
    }
    try {
      return java.time.OffsetDateTime.parse(text).toInstant();
    } catch (java.time.format.DateTimeParseException e) {
      throw new IllegalArgumentException(
          "cannot parse " + dev.tethys.model.GoQuote.quote(text) + " to a valid timestamp", e);
    }
  }
}
