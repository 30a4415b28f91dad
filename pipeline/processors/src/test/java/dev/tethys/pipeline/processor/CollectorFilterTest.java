package dev.tethys.pipeline.processor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tethys.model.telemetry.ExponentialHistogramDataPoint;
import dev.tethys.model.telemetry.HistogramDataPoint;
import dev.tethys.model.telemetry.LogRecord;
import dev.tethys.model.telemetry.LogsData;
import dev.tethys.model.telemetry.Metric;
import dev.tethys.model.telemetry.MetricData;
import dev.tethys.model.telemetry.MetricsData;
import dev.tethys.model.telemetry.NumberDataPoint;
import dev.tethys.model.telemetry.ResourceGroup;
import dev.tethys.model.telemetry.ScopeGroup;
import dev.tethys.model.telemetry.Span;
import dev.tethys.model.telemetry.SpanEvent;
import dev.tethys.model.telemetry.SummaryDataPoint;
import dev.tethys.model.telemetry.TracesData;
import dev.tethys.pipeline.Outcome;
import dev.tethys.pipeline.Signal;
import dev.tethys.pipeline.processor.filter.FilterFactory;
import java.time.InstantSource;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** {@code filter} against the cases of the Collector's own tests. */
final class CollectorFilterTest {
  private static final List<String> SEVERITY_TEXTS = List.of("DEBUG", "DEBUG2", "INFO", "WARN");
  private static final List<String> BODIES =
      List.of("This is a log body", "This is also a log body", "test1", "test2");
  private static final List<Integer> SEVERITIES = List.of(5, 9, 17, 0);
  private static final List<String> NAMES =
      List.of(
          "full_name_match",
          "not_exact_string_match",
          "prefix/test/match",
          "prefix_test_match",
          "prefixprefix/test/match",
          "test/match/suffix",
          "test_match_suffix",
          "test/match/suffixsuffix",
          "test/contains/match",
          "test_contains_match",
          "random",
          "full/name/match",
          "full_name_match",
          "not_exact_string_match");

  private final Rig rig = new Rig();
  private final FilterFactory factory = new FilterFactory(InstantSource.system());

  private static LogsData fourLogs() {
    LogsData d = new LogsData();
    for (int i = 0; i < 4; i++) {
      LogRecord l = Rig.log(SEVERITIES.get(i), BODIES.get(i), "name", "log" + (i + 1));
      l.setSeverityText(SEVERITY_TEXTS.get(i));
      l.attributes().put("rec", "rec/val" + (i + 1));
      ResourceGroup<LogRecord> r = Rig.logs("s", l).resources().getFirst();
      r.resource().attributes().put("attr", "attr/val" + (i + 1));
      d.resources().add(r);
    }
    return d;
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      quoteCharacter = '"',
      value = {
        "include: {match_type: strict, resource_attributes: []} ; 1 2 3 4",
        "exclude: {match_type: strict, resource_attributes: []} ; 1 2 3 4",
        "include: {match_type: strict}, exclude: {match_type: strict} ; 1 2 3 4",
        "include: {match_type: strict, resource_attributes: [{key: attr, value: attr/val2}]} ; 2",
        "exclude: {match_type: strict, resource_attributes: [{key: attr, value: attr/val1}]}"
            + " ; 2 3 4",
        "include: {match_type: strict, resource_attributes: [{key: attr, value: attr/val2}]},"
            + " exclude: {match_type: strict, resource_attributes:"
            + " [{key: attr, value: attr/val1}]} ; 2",
        "include: {match_type: regexp, resource_attributes: [{key: attr, value: attr/val2}]} ; 2",
        "include: {match_type: regexp, resource_attributes:"
            + " [{key: attr, value: 'attr/val(2|3)'}]} ; 2 3",
        "include: {match_type: regexp, resource_attributes:"
            + " [{key: attr, value: 'attr/val[234]'}]} ; 2 3 4",
        "include: {match_type: regexp, resource_attributes:"
            + " [{key: attr, value: 'attr/val.*'}]} ; 1 2 3 4",
        "exclude: {match_type: regexp, resource_attributes:"
            + " [{key: attr, value: 'attr/val[23]'}]} ; 1 4",
        "include: {match_type: regexp, record_attributes: [{key: rec, value: 'rec/val[1]'}]} ; 1",
        "include: {match_type: regexp, record_attributes: [{key: rec, value: 'rec/val[^2]'}]}"
            + " ; 1 3 4",
        "include: {match_type: regexp, record_attributes: [{key: rec, value: 'rec/val[1|2]'}]}"
            + " ; 1 2",
        "include: {match_type: strict, severity_texts: [INFO, DEBUG2]} ; 2 3",
        "include: {match_type: regexp, severity_texts: ['DEBUG[1-4]?']} ; 1 2",
        "exclude: {match_type: strict, severity_texts: [INFO, DEBUG]} ; 2 4",
        "exclude: {match_type: regexp, severity_texts: ['^[DI]']} ; 4",
        "include: {match_type: strict, bodies: [test1, test2, no match]} ; 3 4",
        "include: {match_type: regexp, bodies: [^This]} ; 1 2",
        "exclude: {match_type: strict, bodies: [test1, test2, no match]} ; 1 2",
        "exclude: {match_type: regexp, bodies: [^This]} ; 3 4",
        "include: {match_type: regexp, severity_number: {min: INFO}} ; 2 3",
        "include: {match_type: regexp, severity_number: {min: DEBUG}} ; 1 2 3",
        "include: {match_type: regexp, severity_number: {min: FATAL, match_undefined: true}} ; 4",
        "exclude: {match_type: regexp, severity_number: {min: INFO}} ; 1 4",
        "exclude: {match_type: regexp, severity_number: {min: TRACE}} ; 4",
        "exclude: {match_type: regexp, severity_number: {min: INFO, match_undefined: true}} ; 1"
      })
  void includesAndExcludesLogsLikeTheCollector(String yaml, String kept) {
    rig.send(rig.processor(factory, Signal.LOGS, "logs: {" + yaml + "}"), fourLogs());
    assertThat(
            Rig.all(rig.logs()).stream()
                .map(l -> String.valueOf(l.attributes().get("name")).substring(3))
                .collect(Collectors.joining(" ")))
        .isEqualTo(kept);
    assertThat(rig.balanced()).isTrue();
  }

  private static final String PATTERNS =
      "match_type: regexp, metric_names: ['prefix/.*', 'prefix_.*', '.*/suffix', '.*_suffix',"
          + " '.*/contains/.*', '.*_contains_.*', full/name/match, full_name_match]";

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      quoteCharacter = '"',
      value = {
        "include: {" + PATTERNS + "} ; 0 2 3 4 5 6 7 8 9 11 12",
        "exclude: {" + PATTERNS + "} ; 1 10 13",
        "include: {"
            + PATTERNS
            + "}, exclude: {match_type: strict,"
            + " metric_names: [prefix_test_match, test_contains_match]} ; 0 2 4 5 6 7 8 11 12",
        "include: {match_type: strict} ; 0 1 2 3 4 5 6 7 8 9 10 11 12 13",
        "exclude: {match_type: strict} ; 0 1 2 3 4 5 6 7 8 9 10 11 12 13",
        "include: {match_type: strict, metric_names: [random, full/name/match],"
            + " resource_attributes: [{key: service.name, value: shop}]} ; 10 11",
        "include: {match_type: strict, metric_names: [random],"
            + " resource_attributes: [{key: service.name, value: other}]} ; -",
        "exclude: {match_type: strict,"
            + " resource_attributes: [{key: service.name, value: shop}]} ; -",
        "include: {match_type: regexp, metric_names: ['.*'],"
            + " resource_attributes: [{key: service.name, value: other}]} ; -",
        "include: {match_type: regexp,"
            + " resource_attributes: [{key: service.name, value: other}]} ; -",
        "include: {match_type: regexp, resource_attributes: [{key: service.name, value: shop}]}"
            + " ; 0 1 2 3 4 5 6 7 8 9 10 11 12 13",
        "exclude: {match_type: strict, metric_names: [random],"
            + " resource_attributes: [{key: service.name, value: shop}]} ; -",
        "exclude: {match_type: regexp, metric_names: [t, e/n],"
            + " resource_attributes: [{key: service.name, value: other}]} ; 10",
        "include: {match_type: strict,"
            + " resource_attributes: [{key: service.name, value: other}]} ; -"
      })
  void includesAndExcludesMetricsLikeTheCollector(String yaml, String kept) {
    rig.send(
        rig.processor(factory, Signal.METRICS, "metrics: {" + yaml + "}"),
        Rig.metrics(
            "shop",
            NAMES.stream().map(n -> Rig.gauge(n, Rig.point(123, 10))).toArray(Metric[]::new)));
    List<String> got =
        rig.out.isEmpty()
            ? List.of()
            : Rig.all(rig.lastMetrics()).stream().map(Metric::name).toList();
    List<String> want =
        kept.equals("-")
            ? List.of()
            : Stream.of(kept.split(" ")).map(i -> NAMES.get(Integer.parseInt(i))).toList();
    assertThat(got).isEqualTo(want);
    assertThat(rig.balanced()).isTrue();
  }

  private static Span operation(String name, String total, int status, String event) {
    Span s = Rig.span(name, "total.string", total);
    s.setStatusCode(status);
    SpanEvent e = new SpanEvent();
    e.setName(event);
    s.events().add(e);
    return s;
  }

  private static TracesData spans() {
    TracesData d = new TracesData();
    ResourceGroup<Span> r = new ResourceGroup<>();
    r.resource().attributes().put("host.name", "localhost");
    for (int i = 1; i <= 2; i++) {
      ScopeGroup<Span> s = new ScopeGroup<>();
      s.scope().setName("scope" + i);
      s.items().add(operation("operationA", "123456789", 2, "eventA"));
      s.items().add(operation("operationB", "345678", 1, "spanEventA"));
      r.scopes().add(s);
    }
    d.resources().add(r);
    return d;
  }

  /** Scope and operation of each remaining span, with a star if its event remains too. */
  private static String text(TracesData d) {
    return d.resources().stream()
        .flatMap(r -> r.scopes().stream())
        .flatMap(
            s ->
                s.items().stream()
                    .map(
                        i ->
                            s.scope().name().substring(5)
                                + i.name().substring(9)
                                + (i.hasEvents() ? "*" : "")))
        .collect(Collectors.joining(" "));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      quoteCharacter = '~',
      value = {
        "traces: {resource: ['attributes[\"host.name\"] == \"localhost\"']} ; -",
        "traces: {span: ['name == \"operationA\"']} ; 1B* 2B*",
        "traces: {span: ['IsMatch(name, \"operation.*\")']} ; -",
        "traces: {spanevent: ['name == \"spanEventA\"']} ; 1A* 1B 2A* 2B",
        "traces: {span: ['name == \"operationZ\"', 'span_id != nil']} ; -",
        "traces: {span: ['Substring(name, 0, 100) == \"test\"']} ; 1A* 1B* 2A* 2B*",
        "trace_conditions: ['not IsMatch(span.name, \"operation.*\")'] ; 1A* 1B* 2A* 2B*",
        "trace_conditions: [{context: resource, conditions: ['schema_url == \"x\"']}]"
            + " ; 1A* 1B* 2A* 2B*",
        "trace_conditions: [{context: resource,"
            + " conditions: ['attributes[\"host.name\"] == \"localhost\"']}] ; -",
        "trace_conditions: [{context: scope, conditions: ['attributes[\"lib\"] == \"a\"']}]"
            + " ; 1A* 1B* 2A* 2B*",
        "trace_conditions: [{context: scope, conditions: ['name == \"scope1\"']}] ; 2A* 2B*",
        "trace_conditions: [{context: span,"
            + " conditions: ['attributes[\"total.string\"] == \"123456789\"']}] ; 1B* 2B*",
        "trace_conditions: [{context: span, conditions: ['IsMatch(name, \"operationA\")']}]"
            + " ; 1B* 2B*",
        "trace_conditions: [{context: span, conditions: ['status.code == STATUS_CODE_ERROR']}]"
            + " ; 1B* 2B*",
        "trace_conditions: [{context: spanevent, conditions: ['name == \"eventA\"']}]"
            + " ; 1A 1B* 2A 2B*",
        "trace_conditions: [{context: span, conditions: ['name == \"operationA\"']},"
            + " {context: scope, conditions: ['name == \"scope1\"']}] ; 2B*",
        "trace_conditions: ['resource.schema_url == \"x\"'] ; 1A* 1B* 2A* 2B*",
        "trace_conditions: ['resource.attributes[\"host.name\"] == \"localhost\"'] ; -",
        "trace_conditions: ['scope.attributes[\"lib\"] == \"a\"'] ; 1A* 1B* 2A* 2B*",
        "trace_conditions: ['scope.name == \"scope1\"'] ; 2A* 2B*",
        "trace_conditions: ['span.attributes[\"total.string\"] == \"123456789\"'] ; 1B* 2B*",
        "trace_conditions: ['IsMatch(span.name, \"operationA\")'] ; 1B* 2B*",
        "trace_conditions: ['span.status.code == STATUS_CODE_ERROR'] ; 1B* 2B*",
        "trace_conditions: ['spanevent.name == \"eventA\"'] ; 1A 1B* 2A 2B*",
        "trace_conditions: ['span.name == \"operationA\"', 'scope.name == \"scope1\"'] ; 2B*",
        "trace_conditions: [{conditions: ['span.name == \"operationA\"',"
            + " 'scope.name == \"scope1\"']}] ; 2B*",
        "{error_mode: propagate, trace_conditions: [{error_mode: ignore,"
            + " conditions: ['scope.attributes[\"pass\"]"
            + " == ParseJSON(resource.attributes[\"host.name\"])']},"
            + " 'scope.name == \"scope1\"']} ; 2A* 2B*",
        "{error_mode: propagate, trace_conditions: [{error_mode: ignore,"
            + " conditions: ['spanevent.attributes[\"pass\"]"
            + " == ParseJSON(resource.attributes[\"host.name\"])']},"
            + " 'spanevent.name == \"eventA\"']} ; 1A 1B* 2A 2B*"
      })
  void dropsSpansLikeTheCollector(String yaml, String kept) {
    rig.send(rig.processor(factory, Signal.TRACES, yaml), spans());
    assertThat(rig.out.isEmpty() ? "-" : text(rig.traces())).isEqualTo(kept);
    assertThat(rig.balanced()).isTrue();
  }

  @ParameterizedTest
  @CsvSource({
    "resource, propagate", "scope, propagate", "span, propagate", "spanevent, propagate",
    "resource, ignore", "scope, ignore", "span, ignore", "spanevent, ignore",
    "resource, silent", "scope, silent", "span, silent", "spanevent, silent"
  })
  void handlesErrorsByErrorMode(String context, String mode) {
    String of = context + ".attributes[\"pass\"] == ParseJSON(resource.attributes[\"host.name\"])";
    rig.send(
        rig.processor(
            factory,
            Signal.TRACES,
            "error_mode: "
                + mode
                + "\ntrace_conditions: [{error_mode: ignore, conditions: ['"
                + of
                + "']}, '"
                + of
                + "']"),
        spans());
    if (mode.equals("propagate")) {
      assertThat(rig.outcomes).singleElement().isInstanceOf(Outcome.Rejected.class);
      assertThat(rig.out).isEmpty();
    } else {
      assertThat(rig.outcomes).containsExactly(Outcome.ACCEPTED);
      assertThat(text(rig.traces())).isEqualTo("1A* 1B* 2A* 2B*");
    }
  }

  /** Records of two scopes, as the Collector's tests have them. */
  private static LogsData operations() {
    LogsData d = Rig.logs("s");
    ResourceGroup<LogRecord> r = d.resources().getFirst();
    r.setSchemaUrl("test_schema_url");
    r.resource().attributes().put("host.name", "localhost");
    r.scopes().clear();
    for (int i = 0; i < 2; i++) {
      ScopeGroup<LogRecord> s = new ScopeGroup<>();
      s.setSchemaUrl("test_schema_url");
      s.scope().setName("scope" + i);
      s.items().add(Rig.log(9, "operationA", "total.string", "123456789"));
      s.items().add(Rig.log(17, "operationB", "total.string", "345678"));
      r.scopes().add(s);
    }
    return d;
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      quoteCharacter = '~',
      value = {
        "logs: {resource: ['attributes[\"host.name\"] == \"localhost\"']} ; -",
        "logs: {log_record: ['body == \"operationA\"']} ; 0B 1B",
        "logs: {log_record: ['IsMatch(body, \"operation.*\")']} ; -",
        "logs: {log_record: ['IsMatch(body, \"wrong name\")',"
            + " 'IsMatch(body, \"operation.*\")']} ; -",
        "logs: {log_record: ['Substring(body, 0, 100) == \"test\"']} ; 0A 0B 1A 1B",
        "logs: {log_record: ['false == true', 'true == true']} ; -",
        "logs: {log_record: ['IsMatch(\"test\", \"pass\")']} ; 0A 0B 1A 1B",
        "log_conditions: [{context: resource, conditions: ['schema_url == \"test_schema_url\"']}]"
            + " ; -",
        "log_conditions: [{context: scope, conditions: ['schema_url == \"test_schema_url\"']}] ; -",
        "log_conditions: [{context: scope, conditions: ['attributes[\"lib\"] == \"a\"']}]"
            + " ; 0A 0B 1A 1B",
        "log_conditions: [{context: scope, conditions: ['name == \"scope0\"']}] ; 1A 1B",
        "log_conditions: [{context: log,"
            + " conditions: ['attributes[\"total.string\"] == \"123456789\"']}] ; 0B 1B",
        "log_conditions: [{context: log, conditions: ['IsMatch(body, \"operationA\")']}] ; 0B 1B",
        "log_conditions: [{context: log,"
            + " conditions: ['severity_number < SEVERITY_NUMBER_WARN']}] ; 0B 1B",
        "log_conditions: [{context: log, conditions: ['body == \"operationA\"']},"
            + " {context: scope, conditions: ['name == \"scope1\"']}] ; 0B",
        "log_conditions: ['resource.schema_url == \"test_schema_url\"'] ; -",
        "log_conditions: ['resource.attributes[\"host.name\"] == \"localhost\"'] ; -",
        "log_conditions: ['scope.schema_url == \"test_schema_url\"'] ; -",
        "log_conditions: ['scope.attributes[\"lib\"] == \"a\"'] ; 0A 0B 1A 1B",
        "log_conditions: ['scope.name == \"scope0\"'] ; 1A 1B",
        "log_conditions: ['log.attributes[\"total.string\"] == \"123456789\"'] ; 0B 1B",
        "log_conditions: ['IsMatch(log.body, \"operationA\")'] ; 0B 1B",
        "log_conditions: ['log.severity_number < SEVERITY_NUMBER_WARN'] ; 0B 1B",
        "log_conditions: ['log.body == \"operationA\"', 'scope.name == \"scope1\"'] ; 0B",
        "{error_mode: propagate, log_conditions: [{error_mode: ignore,"
            + " conditions: ['scope.attributes[\"pass\"] == ParseJSON(scope.name)']},"
            + " 'scope.schema_url != \"test_schema_url\"']} ; 0A 0B 1A 1B",
        "{error_mode: propagate, log_conditions: [{error_mode: ignore,"
            + " conditions: ['log.attributes[\"pass\"] == ParseJSON(log.body)']},"
            + " 'not IsMatch(log.body, \".*\")']} ; 0A 0B 1A 1B",
        "{error_mode: propagate, log_conditions: [{error_mode: ignore,"
            + " conditions: ['scope.attributes[\"pass\"] == ParseJSON(scope.name)']},"
            + " 'log.attributes[\"pass\"] == ParseJSON(log.body)']} ; rejected"
      })
  void dropsRecordsLikeTheCollector(String yaml, String kept) {
    rig.send(rig.processor(factory, Signal.LOGS, yaml), operations());
    assertThat(rig.balanced()).isTrue();
    if (kept.equals("rejected")) {
      assertThat(rig.outcomes).singleElement().isInstanceOf(Outcome.Rejected.class);
      return;
    }
    assertThat(rig.outcomes).containsExactly(Outcome.ACCEPTED);
    assertThat(
            rig.out.isEmpty()
                ? "-"
                : rig.logs().resources().stream()
                    .flatMap(r -> r.scopes().stream())
                    .flatMap(
                        s ->
                            s.items().stream()
                                .map(
                                    l ->
                                        s.scope().name().substring(5)
                                            + String.valueOf(l.body()).substring(9)))
                    .collect(Collectors.joining(" ")))
        .isEqualTo(kept);
  }

  /** A metric of each type, with two points. */
  private static MetricsData everyType() {
    MetricData.Sum sum = new MetricData.Sum();
    MetricData.Histogram histogram = new MetricData.Histogram();
    MetricData.ExponentialHistogram exponential = new MetricData.ExponentialHistogram();
    MetricData.Summary summary = new MetricData.Summary();
    MetricData.Gauge gauge = new MetricData.Gauge();
    for (int i = 0; i < 2; i++) {
      NumberDataPoint n = new NumberDataPoint();
      n.setDouble(i == 0 ? 1.0 : 3.7);
      sum.points().add(n);
      gauge.points().add(n.copy());
      HistogramDataPoint h = new HistogramDataPoint();
      h.setCount(i == 0 ? 1 : 3);
      histogram.points().add(h);
      ExponentialHistogramDataPoint e = new ExponentialHistogramDataPoint();
      e.setCount(i == 0 ? 1 : 3);
      exponential.points().add(e);
      SummaryDataPoint s = new SummaryDataPoint();
      s.setSum(i == 0 ? 43.21 : 12.34);
      summary.points().add(s);
    }
    List<MetricData<?>> all = List.of(sum, histogram, exponential, summary, gauge);
    Metric[] metrics = new Metric[all.size()];
    for (int i = 0; i < metrics.length; i++) {
      metrics[i] = new Metric();
      metrics[i].setName("operation" + "ABCDE".charAt(i));
      metrics[i].setData(all.get(i));
      all.get(i).points().forEach(p -> p.attributes().put("attr1", "test1"));
    }
    MetricsData d = Rig.metrics("s", metrics);
    d.resources().getFirst().resource().attributes().put("host.name", "localhost");
    d.resources().getFirst().scopes().getFirst().scope().setName("scope");
    return d;
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      quoteCharacter = '~',
      value = {
        "resource ; attributes[\"host.name\"] == \"localhost\" ; -",
        "metric ; name == \"operationA\" ; B2 C2 D2 E2",
        "metric ; IsMatch(name, \"operation.*\") ; -",
        "datapoint ; metric.type == METRIC_DATA_TYPE_SUM and value_double == 1.0 ; A1 B2 C2 D2 E2",
        "datapoint ; metric.type == METRIC_DATA_TYPE_SUM ; B2 C2 D2 E2",
        "datapoint ; metric.type == METRIC_DATA_TYPE_GAUGE and value_double == 1.0"
            + " ; A2 B2 C2 D2 E1",
        "datapoint ; metric.type == METRIC_DATA_TYPE_GAUGE ; A2 B2 C2 D2",
        "datapoint ; metric.type == METRIC_DATA_TYPE_HISTOGRAM and count == 1 ; A2 B1 C2 D2 E2",
        "datapoint ; metric.type == METRIC_DATA_TYPE_HISTOGRAM ; A2 C2 D2 E2",
        "datapoint ; metric.type == METRIC_DATA_TYPE_EXPONENTIAL_HISTOGRAM and count == 1"
            + " ; A2 B2 C1 D2 E2",
        "datapoint ; metric.type == METRIC_DATA_TYPE_EXPONENTIAL_HISTOGRAM ; A2 B2 D2 E2",
        "datapoint ; metric.type == METRIC_DATA_TYPE_SUMMARY and sum == 43.21 ; A2 B2 C2 D1 E2",
        "datapoint ; metric.type == METRIC_DATA_TYPE_SUMMARY ; A2 B2 C2 E2",
        "metric ; resource.attributes[\"not real\"] == \"unknown\"', 'type != nil ; -",
        "metric ; Substring(name, 0, 100) == \"test\" ; A2 B2 C2 D2 E2",
        "metric ; HasAttrOnDatapoint(\"attr1\", \"test1\") ; -",
        "metric ; HasAttrKeyOnDatapoint(\"attr1\") ; -",
        "scope ; attributes[\"lib\"] == \"awesomelib\" ; A2 B2 C2 D2 E2",
        "scope ; name == \"scope\" ; -",
        "metric ; type == METRIC_DATA_TYPE_SUM ; B2 C2 D2 E2"
      })
  void dropsPointsAndMetricsLikeTheCollector(String context, String condition, String kept) {
    for (String yaml :
        List.of(
            "metrics: {" + context + ": ['" + condition + "']}",
            "metric_conditions: [{context: " + context + ", conditions: ['" + condition + "']}]")) {
      Rig rig = new Rig();
      rig.send(rig.processor(factory, Signal.METRICS, yaml), everyType());
      assertThat(rig.outcomes).containsExactly(Outcome.ACCEPTED);
      assertThat(rig.balanced()).isTrue();
      assertThat(
              rig.out.isEmpty()
                  ? "-"
                  : Rig.all(rig.lastMetrics()).stream()
                      .map(m -> m.name().substring(9) + m.itemCount())
                      .collect(Collectors.joining(" ")))
          .isEqualTo(kept);
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      quoteCharacter = '~',
      value = {
        "TRACES ; traces: {span: ['name == \"a\"']}, spans: {include: {match_type: strict,"
            + " services: [a]}} ; include and exclude cannot be combined",
        "METRICS ; metrics: {metric: ['name == \"a\"'], include: {match_type: strict,"
            + " metric_names: [a]}} ; include and exclude cannot be combined",
        "LOGS ; logs: {log_record: ['body == \"a\"'], exclude: {match_type: strict,"
            + " bodies: [a]}} ; include and exclude cannot be combined",
        "METRICS ; metric_conditions: ['metric.name == \"a\"'], metrics: {include: {"
            + "match_type: strict, metric_names: [a]}} ; remove one of them",
        "LOGS ; log_conditions: ['log.body == \"a\"'], logs: {exclude: {match_type: strict,"
            + " bodies: [a]}} ; remove one of them",
        "TRACES ; trace_conditions: ['span.name == \"a\"'], traces: {span: ['name == \"a\"']}"
            + " ; remove one of them",
        "METRICS ; metric_conditions: ['invalid_function(metric.name)'] ; invalid_function",
        "LOGS ; log_conditions: [invalid condition] ; invalid"
      })
  void rejectsSettingsThatTheCollectorRejects(Signal signal, String yaml, String error) {
    assertThatThrownBy(() -> rig.processor(factory, signal, "{" + yaml + "}"))
        .hasMessageContaining(error);
  }
}
