package dev.tethys.pipeline.exporter.debug;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tethys.codec.otlp.wire.OtlpJson;
import dev.tethys.config.YamlDocument;
import dev.tethys.pipeline.Batch;
import dev.tethys.pipeline.Encoding;
import dev.tethys.pipeline.Outcome;
import dev.tethys.pipeline.Signal;
import dev.tethys.pipeline.component.Exporter;
import dev.tethys.pipeline.exporter.debug.DebugExporter.Verbosity;
import dev.tethys.pipeline.ledger.ItemAccounting;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DebugExportersTest {
  private static final String LOGS =
      """
      {"resourceLogs": [{"resource": {"attributes": [
          {"key": "service.name", "value": {"stringValue": "shop"}}]},
        "schemaUrl": "https://opentelemetry.io/schemas/1.25.0",
        "scopeLogs": [{"scope": {"name": "lib", "version": "1.2"}, "logRecords": [
          {"timeUnixNano": "1581452773000000789", "severityNumber": 9, "severityText": "INFO",
           "body": {"kvlistValue": {"values": [
             {"key": "key2", "value": {"doubleValue": 1}},
             {"key": "key1", "value": {"stringValue": "<a>"}}]}},
           "attributes": [{"key": "n", "value": {"intValue": "1"}}],
           "traceId": "08040201000000000000000000000000", "spanId": "0102040800000000"}]}]}]}
      """;

  /** Held, since the logging of Java forgets loggers without a reference. */
  private static final Logger LOGGER = Logger.getLogger("debug-test");

  private final ItemAccounting account = new ItemAccounting("exporter", "debug", Signal.LOGS);
  private final List<Outcome> outcomes = new ArrayList<>();
  private long now = 5;

  @TempDir Path folder;

  private static Batch batch(Signal signal, String json) {
    byte[] b = json.getBytes(StandardCharsets.UTF_8);
    byte[] body = OtlpJson.toProtobuf(signal.otlp(), b, 0, b.length).toByteArray();
    return new Batch(signal, Encoding.OTLP, body, 1, 0);
  }

  private static DebugExporterFactory.Settings settings(String yaml) {
    return DebugExporterFactory.TYPE.read(YamlDocument.parse("t.yaml", null, yaml).root());
  }

  private DebugExporter exporter(Verbosity verbosity, Output output) {
    return new DebugExporter(
        verbosity,
        new MessageSampler(2, 1, () -> now),
        output,
        account,
        new RateLimitedWarnings(System.getLogger("debug-test"), "exporter debug", () -> now));
  }

  /** Lines that are logged from now on. */
  private static List<String> logged() {
    List<String> lines = new ArrayList<>();
    LOGGER.setUseParentHandlers(false);
    for (Handler h : LOGGER.getHandlers()) {
      LOGGER.removeHandler(h);
    }
    LOGGER.addHandler(
        new Handler() {
          @Override
          public void publish(LogRecord r) {
            lines.add(new java.util.logging.SimpleFormatter().formatMessage(r));
          }

          @Override
          public void flush() {}

          @Override
          public void close() {}
        });
    return lines;
  }

  private String written(Verbosity verbosity, Signal signal, String json) throws Exception {
    Path file = folder.resolve("out");
    Files.deleteIfExists(file);
    DebugExporter e = exporter(verbosity, Output.paths(List.of(file.toString())));
    e.start();
    e.consume(batch(signal, json), outcomes::add);
    e.stop(java.time.Duration.ZERO);
    assertThat(outcomes.getLast()).isEqualTo(Outcome.ACCEPTED);
    return Files.readString(file);
  }

  @Test
  void nopAcceptsEverything() {
    Exporter e = new NopExporterFactory.Nop(account);
    e.consume(new Batch(Signal.LOGS, Encoding.OTLP, new byte[1234], 7, 0), outcomes::add);
    assertThat(outcomes).containsExactly(Outcome.ACCEPTED);
    assertThat(account.balance().out()).isEqualTo(7);
  }

  @Test
  void logsALinePerBatchAndLineOfItsText() {
    List<String> lines = logged();
    Output log = Output.log(System.getLogger("debug-test"));
    exporter(Verbosity.NORMAL, log).consume(batch(Signal.LOGS, LOGS), outcomes::add);
    assertThat(lines)
        .containsExactly(
            "Logs: 1 resource logs, 1 log records",
            "ResourceLog #0 [https://opentelemetry.io/schemas/1.25.0] service.name=shop",
            "ScopeLog #0 lib@1.2",
            "{\"key1\":\"<a>\",\"key2\":1} n=1");
    assertThat(outcomes).containsExactly(Outcome.ACCEPTED);
    assertThat(account.balance().out()).isEqualTo(1);
  }

  @Test
  void rejectsMalformedBatches() {
    DebugExporter e = exporter(Verbosity.BASIC, Output.paths(List.of()));
    e.consume(new Batch(Signal.LOGS, Encoding.OTLP, new byte[] {1, 2, 3}, 7, 0), outcomes::add);
    assertThat(outcomes).hasOnlyElementsOfType(Outcome.Rejected.class);
  }

  /** {@code /dev/full} is a Linux device that is always full. */
  @Test
  void acceptsUnwritableDataAndLogsItOnceAMinute() throws Exception {
    Path full = Path.of("/dev/full");
    org.junit.jupiter.api.Assumptions.assumeTrue(Files.exists(full), "no /dev/full");
    Path file = folder.resolve("beside");
    List<String> lines = logged();
    DebugExporter e =
        exporter(Verbosity.BASIC, Output.paths(List.of(full.toString(), file.toString())));
    e.start();
    for (int i = 0; i < 3; i++) {
      e.consume(batch(Signal.LOGS, LOGS), outcomes::add);
    }
    assertThat(outcomes).as("nobody sends it again").containsOnly(Outcome.ACCEPTED).hasSize(3);
    assertThat(account.balance().out()).isZero();
    assertThat(account.balance().dropped()).isEqualTo(java.util.Map.of("not_written", 3L));
    assertThat(Files.readAllLines(file)).as("other outputs have it").hasSize(3);
    assertThat(lines)
        .singleElement()
        .asString()
        .contains("exporter debug", "/dev/full", "output_p");
    now += 60_000_000_000L;
    e.consume(batch(Signal.LOGS, LOGS), outcomes::add);
    assertThat(lines).hasSize(2);
    e.stop(java.time.Duration.ZERO);
  }

  @Test
  void reportsOutputsThatCannotBeOpenedAndClosesTheOthers() throws Exception {
    Path file = folder.resolve("first");
    String missing = folder.resolve("no/such/file").toString();
    Output o = Output.paths(List.of(file.toString(), missing));
    assertThatThrownBy(o::open)
        .isInstanceOf(java.io.IOException.class)
        .hasMessageContainingAll("output_paths", missing, "folder");
    o.text("to none that stayed open");
    assertThat(file).isEmptyFile();
  }

  @Test
  void printsBasicCountsOnOneLine() throws Exception {
    assertThat(written(Verbosity.BASIC, Signal.LOGS, LOGS))
        .isEqualTo("Logs\t{\"resource logs\": 1, \"log records\": 1}\n");
  }

  /** The form is that of the README and the golden files of the Collector's exporter. */
  @Test
  void printsDetailedLogs() throws Exception {
    assertThat(written(Verbosity.DETAILED, Signal.LOGS, LOGS))
        .isEqualTo(
            """
            Logs\t{"resource logs": 1, "log records": 1}
            ResourceLog #0
            Resource SchemaURL: https://opentelemetry.io/schemas/1.25.0
            Resource attributes:
                 -> service.name: Str(shop)
            ScopeLogs #0
            ScopeLogs SchemaURL:\s
            InstrumentationScope lib 1.2
            LogRecord #0
            ObservedTimestamp: 1970-01-01 00:00:00 +0000 UTC
            Timestamp: 2020-02-11 20:26:13.000000789 +0000 UTC
            SeverityText: INFO
            SeverityNumber: Info(9)
            Body: Map({"key1":"<a>","key2":1})
            Attributes:
                 -> n: Int(1)
            Trace ID: 08040201000000000000000000000000
            Span ID: 0102040800000000
            Flags: 0

            """);
  }

  @Test
  void printsDetailedSpans() throws Exception {
    String spans =
        """
        {"resourceSpans": [{"scopeSpans": [{"spans": [
          {"traceId": "0102030405060708090a0b0c0d0e0f10", "spanId": "1112131415161718",
           "name": "operationA", "kind": 2, "traceState": "ot=th:0",
           "startTimeUnixNano": "1581452772000000321", "endTimeUnixNano": "1581452773000000000",
           "droppedAttributesCount": 1,
           "status": {"code": 2, "message": "status-cancelled"},
           "events": [{"timeUnixNano": "1581452773000000123", "name": "event-with-attr",
             "droppedAttributesCount": 2,
             "attributes": [{"key": "e", "value": {"boolValue": true}}]}],
           "links": [{"traceId": "0102030405060708090a0b0c0d0e0f10",
             "spanId": "1112131415161719"}]}]}]}]}
        """;
    assertThat(written(Verbosity.DETAILED, Signal.TRACES, spans))
        .isEqualTo(
            """
            Traces\t{"resource spans": 1, "spans": 1}
            ResourceSpans #0
            Resource SchemaURL:\s
            ScopeSpans #0
            ScopeSpans SchemaURL:\s
            InstrumentationScope \s
            Span #0
                Trace ID       : 0102030405060708090a0b0c0d0e0f10
                Parent ID      :\s
                ID             : 1112131415161718
                Name           : operationA
                Kind           : Server
                TraceState     : ot=th:0
                Start time     : 2020-02-11 20:26:12.000000321 +0000 UTC
                End time       : 2020-02-11 20:26:13 +0000 UTC
                Status code    : Error
                Status message : status-cancelled
                DroppedAttributesCount: 1
                DroppedEventsCount: 0
                DroppedLinksCount: 0
            Events:
            SpanEvent #0
                 -> Name: event-with-attr
                 -> Timestamp: 2020-02-11 20:26:13.000000123 +0000 UTC
                 -> DroppedAttributesCount: 2
                 -> Attributes::
                      -> e: Bool(true)
            Links:
            SpanLink #0
                 -> Trace ID: 0102030405060708090a0b0c0d0e0f10
                 -> ID: 1112131415161719
                 -> TraceState:\s
                 -> DroppedAttributesCount: 0

            """);
    assertThat(written(Verbosity.NORMAL, Signal.TRACES, spans))
        .contains(
            "\nScopeTraces #0\noperationA 0102030405060708090a0b0c0d0e0f10 1112131415161718\n");
  }

  private static final String METRICS =
      """
      {"resourceMetrics": [{"scopeMetrics": [{"metrics": [
        {"name": "s", "unit": "1", "sum": {"isMonotonic": true, "aggregationTemporality": 2,
          "dataPoints": [{"asDouble": 1.23, "timeUnixNano": "1581452773000000789",
            "attributes": [{"key": "a", "value": {"stringValue": "1"}},
                           {"key": "b", "value": {"stringValue": "2"}}]}]}},
        {"name": "h", "histogram": {"aggregationTemporality": 1, "dataPoints": [
          {"count": "1", "sum": 15, "min": 15, "bucketCounts": ["0", "1"], "explicitBounds": [1],
           "exemplars": [{"asInt": "15", "spanId": "1112131415161718"}]}]}},
        {"name": "e", "exponentialHistogram": {"dataPoints": [
          {"count": "5", "sum": 0.15, "scale": 1, "zeroCount": "1",
           "positive": {"offset": 1, "bucketCounts": ["1", "1"]},
           "negative": {"offset": -1, "bucketCounts": ["1", "1"]}}]}},
        {"name": "q", "summary": {"dataPoints": [{"count": "1", "sum": 15,
          "quantileValues": [{"quantile": 0.01, "value": 15}]}]}}]}]}]}
      """;

  @Test
  void printsDetailedMetrics() throws Exception {
    String text = written(Verbosity.DETAILED, Signal.METRICS, METRICS);
    assertThat(text)
        .startsWith(
            """
            Metrics\t{"resource metrics": 1, "metrics": 4, "data points": 4}
            ResourceMetrics #0
            """)
        .contains(
            """
            Metric #0
            Descriptor:
                 -> Name: s
                 -> Description:\s
                 -> Unit: 1
                 -> DataType: Sum
                 -> IsMonotonic: true
                 -> AggregationTemporality: Cumulative
            NumberDataPoints #0
            Data point attributes:
                 -> a: Str(1)
                 -> b: Str(2)
            StartTimestamp: 1970-01-01 00:00:00 +0000 UTC
            Timestamp: 2020-02-11 20:26:13.000000789 +0000 UTC
            Value: 1.230000
            Metric #1
            """)
        .contains(
            """
            Count: 1
            Sum: 15.000000
            Min: 15.000000
            ExplicitBounds #0: 1.000000
            Buckets #0, Count: 0
            Buckets #1, Count: 1
            Exemplars:
            Exemplar #0
                 -> Trace ID:\s
                 -> Span ID: 1112131415161718
                 -> Timestamp: 1970-01-01 00:00:00 +0000 UTC
                 -> Value: 15
            """)
        .contains(
            """
            ExponentialHistogramDataPoints #0
            StartTimestamp: 1970-01-01 00:00:00 +0000 UTC
            Timestamp: 1970-01-01 00:00:00 +0000 UTC
            Count: 5
            Sum: 0.150000
            Bucket [-1.414214, -1.000000), Count: 1
            Bucket [-1.000000, -0.707107), Count: 1
            Bucket [0, 0], Count: 1
            Bucket (1.414214, 2.000000], Count: 1
            Bucket (2.000000, 2.828427], Count: 1
            """)
        .contains("QuantileValue #0: Quantile 0.010000, Value 15.000000\n");
  }

  @Test
  void printsNormalMetricsOnALineEach() throws Exception {
    assertThat(written(Verbosity.NORMAL, Signal.METRICS, METRICS).lines())
        .contains(
            "s{a=1,b=2} 1.23",
            "h{} count=1 sum=15 min=15 le1=0 1",
            "q{} count=1 sum=15.000000 q0.01=15");
  }

  @Test
  void samplesEqualMessagesPerSecond() {
    MessageSampler s = new MessageSampler(2, 3, () -> now);
    List<Boolean> passed = new ArrayList<>();
    for (int i = 0; i < 6; i++) {
      passed.add(s.passes("Logs"));
    }
    assertThat(passed).containsExactly(true, true, false, false, true, false);
    assertThat(s.passes("Traces")).isTrue();
    now += 1_000_000_000L;
    assertThat(s.passes("Logs")).isTrue();
    MessageSampler none = new MessageSampler(1, 0, () -> now);
    assertThat(none.passes("Logs")).isTrue();
    assertThat(none.passes("Logs")).isFalse();
  }

  @Test
  void readsTheCollectorsExample() {
    var s = settings("{verbosity: detailed, sampling_initial: 5, sampling_thereafter: 200}");
    assertThat(s.verbosity()).isEqualTo(Verbosity.DETAILED);
    assertThat(settings("verbosity: Normal").verbosity()).isEqualTo(Verbosity.NORMAL);
    assertThat(s.samplingInitial()).isEqualTo(5);
    assertThat(s.samplingThereafter()).isEqualTo(200);
    assertThat(s.paths()).isNull();
    assertThat(settings("use_internal_logger: false").paths()).containsExactly("stdout");
    assertThat(settings("{use_internal_logger: false, output_paths: [stderr]}").paths())
        .containsExactly("stderr");
  }

  @Test
  void supportsTheOlderLoggingExporter() {
    LoggingExporterFactory f = new LoggingExporterFactory();
    assertThat(old(f, "loglevel: debug").verbosity()).isEqualTo(Verbosity.DETAILED);
    assertThat(old(f, "loglevel: info").verbosity()).isEqualTo(Verbosity.BASIC);
    // Its normal was counts of each batch, which debug calls basic.
    assertThat(old(f, "verbosity: normal").verbosity()).isEqualTo(Verbosity.BASIC);
    assertThat(old(f, "verbosity: detailed").samplingThereafter()).isEqualTo(500);
    assertThatThrownBy(() -> old(f, "{verbosity: normal, loglevel: debug}"))
        .hasMessageContaining("keep verbosity");
    assertThat(f.signals()).doesNotContain(Signal.PROFILES);
  }

  private static DebugExporterFactory.Settings old(LoggingExporterFactory f, String yaml) {
    return f.settings().read(YamlDocument.parse("c.yaml", null, yaml).root());
  }

  @Test
  void rejectsPathsWithTheInternalLoggerAndEmptyPaths() {
    assertThatThrownBy(() -> settings("output_paths: [stderr]"))
        .hasMessageContaining("output_paths is not supported when use_internal_logger is true");
    assertThatThrownBy(() -> settings("{use_internal_logger: false, output_paths: []}"))
        .hasMessageContaining("must not be empty");
    assertThatThrownBy(() -> settings("verbosity: none")).hasMessageContaining("verbosity");
  }
}
