package dev.tethys.pipeline.receiver.log;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tethys.config.ConfigException;
import dev.tethys.model.telemetry.LogRecord;
import dev.tethys.pipeline.Outcome;
import dev.tethys.pipeline.component.Receiver;
import dev.tethys.pipeline.receiver.TestPipeline;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@Tag("slow")
class FileLogReceiverTest {
  private static final FileLogReceiverFactory FACTORY = new FileLogReceiverFactory();

  @TempDir Path folder;
  private final LogSink sink = new LogSink();
  private LogContext context = new LogContext("file_log", Path.of("/"));
  private @Nullable Receiver receiver;

  private Receiver start(String yaml) throws IOException {
    return start(yaml, sink);
  }

  private Receiver start(String yaml, LogSink to) throws IOException {
    context = new LogContext("file_log", folder.resolve("state"));
    FileLogSettings s =
        TestPipeline.read(FACTORY.settings(), yaml.replace("DIR", folder.toString()));
    Receiver r = FACTORY.create(s, to.outputs(), context);
    receiver = r;
    r.start();
    return r;
  }

  @AfterEach
  void stop() {
    if (receiver != null) {
      receiver.stop(Duration.ofSeconds(5));
    }
  }

  private void write(String name, String text) throws IOException {
    Files.writeString(
        folder.resolve(name), text, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
  }

  @Test
  void readsRecordsOnceWithTheirAttributes() throws IOException {
    write("a.log", "  one  \n\n\ttwo\r\n");
    write("b.txt", "no\n");
    start(
        """
        include: [DIR/*.log, DIR/a*]
        exclude: [DIR/x.log]
        start_at: beginning
        include_file_path: true
        include_file_record_number: true
        include_file_record_offset: true
        include_file_owner_name: true
        include_file_name_resolved: true
        attributes: {env: test, who: 'EXPR("a" + "b")', none: null}
        resource: {service.name: x, zone: null}
        """);
    List<LogRecord> all = sink.await(2);
    assertThat(sink.bodies()).containsExactly("one", "two");
    assertThat(all.get(1).attributes().get("log.file.name")).isEqualTo("a.log");
    assertThat(all.get(1).attributes().get("log.file.name_resolved")).isEqualTo("a.log");
    assertThat(all.get(1).attributes().get("log.file.path"))
        .isEqualTo(folder.resolve("a.log").toString());
    assertThat(all.get(1).attributes().get("log.file.record_number")).isEqualTo(3L);
    assertThat(all.get(1).attributes().get("log.file.record_offset")).isEqualTo(9L);
    assertThat(all.get(1).attributes().getString("log.file.owner.name")).isNotEmpty();
    assertThat(all.get(1).attributes().get("env")).isEqualTo("test");
    assertThat(all.get(1).attributes().get("who")).isEqualTo("ab");
    assertThat(all.get(1).attributes().get("none")).isEqualTo("");
    assertThat(all.get(1).timeUnixNano()).isZero();
    assertThat(all.get(1).observedTimeUnixNano()).isPositive();
    assertThat(sink.firstResource().get("service.name")).isEqualTo("x");
    assertThat(sink.firstResource().get("zone")).isEqualTo("");
    write("a.log", "three\nrest without end");
    assertThat(sink.await(4).getLast().body()).isEqualTo("rest without end");
  }

  @Test
  void splitsTooLongRecordsUnlessConfigured() throws IOException {
    write("a.log", "0123456789abcdef\nshort\n");
    String yaml =
        "{include: [DIR/a.log], start_at: beginning, max_log_size: 6,"
            + " include_file_record_number: true";
    start(yaml + "}");
    sink.await(4);
    assertThat(sink.bodies()).containsExactly("012345", "6789ab", "cdef", "short");
    stop();
    LogSink other = new LogSink();
    start(yaml + ", max_log_size_behavior: truncate}", other);
    other.await(2);
    assertThat(other.bodies()).containsExactly("012345", "short");
    assertThatThrownBy(() -> start(yaml + ", max_log_size_behavior: drop}"))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining("split");
  }

  @Test
  void keepsPositionsAcrossRestarts() throws IOException {
    write("a.log", "1\n2\n");
    String yaml = "{include: [DIR/*.log], start_at: beginning, storage: file_storage}";
    Receiver first = start(yaml);
    sink.await(2);
    first.stop(Duration.ofSeconds(5));
    write("a.log", "3\n");
    Files.move(folder.resolve("a.log"), folder.resolve("a.log.1"));
    write("a.log", "4\n");
    start(yaml);
    sink.await(4);
    assertThat(sink.bodies()).containsExactly("1", "2", "3", "4");
  }

  @Test
  void startsAtTheEndWithoutAPosition() throws IOException {
    write("a.log", "old\n");
    String yaml = "{include: [DIR/*.log], storage: file_storage}";
    Receiver first = start(yaml);
    // Files present at the first scan are old: a later record shows that the scan is over.
    LogSink.await(
        "the first look",
        () -> {
          try {
            write("a.log", "probe\n");
          } catch (IOException e) {
            throw new UncheckedIOException(e);
          }
          return !sink.bodies().isEmpty();
        });
    write("b.log", "appeared\n");
    LogSink.await("b.log", () -> sink.bodies().contains("appeared"));
    first.stop(Duration.ofSeconds(5));
    write("a.log", "meanwhile\n");
    start(yaml);
    LogSink.await("a.log", () -> sink.bodies().contains("meanwhile"));
    assertThat(sink.bodies()).doesNotContain("old");
  }

  @Test
  void retriesRejectedBatchesWithoutLoss() throws IOException {
    StringBuilder lines = new StringBuilder();
    List<String> expected = new ArrayList<>();
    for (int i = 0; i < 5000; i++) {
      lines.append("line ").append(i).append('\n');
      expected.add("line " + i);
    }
    sink.says(n -> n < 3 ? new Outcome.Unavailable("full", Duration.ZERO) : Outcome.ACCEPTED);
    write("a.log", lines.toString());
    start(
        """
        include: [DIR/*.log]
        start_at: beginning
        retry_on_failure: {enabled: true, initial_interval: 20ms}
        """);
    sink.await(5000);
    assertThat(sink.bodies()).containsExactlyInAnyOrderElementsOf(expected);
    assertThat(context.sum("tethys_log_receiver_records_total")).isEqualTo(5000);
    assertThat(context.sum("tethys_log_receiver_retries_total")).isEqualTo(3);
    assertThat(context.sum("tethys_log_receiver_lost_records_total")).isZero();
  }

  @Test
  void readsUndeliveredRecordsAgain() throws IOException {
    StringBuilder lines = new StringBuilder();
    int count = LogOutput.MAX_ITEMS * (LogOutput.MAX_BATCHES + 10);
    for (int i = 0; i < count; i++) {
      lines.append(i).append('\n');
    }
    write("a.log", lines.toString());
    String yaml = "{include: [DIR/*.log], start_at: beginning, storage: file_storage}";
    LogSink stuck = new LogSink().holds();
    Receiver first = start(yaml, stuck);
    LogSink.await("bounded", () -> stuck.batches() == LogOutput.MAX_BATCHES);
    first.stop(Duration.ofMillis(1));
    assertThat(stuck.batches()).isLessThanOrEqualTo(LogOutput.MAX_BATCHES + 1);
    start(yaml);
    sink.await(count);
    assertThat(sink.bodies())
        .containsExactlyElementsOf(IntStream.range(0, count).mapToObj(String::valueOf).toList());
  }

  @Test
  void accountsForEveryRecord() throws IOException {
    StringBuilder lines = new StringBuilder();
    for (int i = 0; i < 300; i++) {
      lines.append(i % 3 == 0 ? "debug" : i % 3 == 1 ? "{\"n\":" + i + "}" : "{bad").append('\n');
    }
    write("a.log", lines.toString());
    sink.says(n -> n == 0 ? new Outcome.Rejected("no", 7) : Outcome.ACCEPTED);
    start(
        """
        include: [DIR/*.log]
        start_at: beginning
        operators:
          - {type: filter, expr: body == "debug"}
          - {type: json_parser, on_error: drop}
        """);
    String prefix = "tethys_log_receiver_";
    LogSink.await("lost", () -> context.sum(prefix + "lost_records_total") == 7);
    LogSink.await("read", () -> context.sum(prefix + "records_total") == 300);
    LogSink.await("dropped", () -> context.sum(prefix + "dropped_records_total") == 200);
    assertThat(context.sum(prefix + "operator_failures_total")).isEqualTo(100);
  }

  @Test
  void readsMultilineRecordsAndTimes() throws IOException {
    write(
        "a.log",
        """
        2022-01-02 07:24:56,123 -0700 [INFO] App started
        2022-01-02 07:24:57,456 -0700 [ERROR] Something happened
          at Main.main(Main.java:3)
        2022-01-02 07:24:58,789 -0700 [WARN] Look alive!
        """);
    start(
        """
        include: [DIR/*.log]
        start_at: beginning
        multiline: {line_start_pattern: '^\\d{4}-\\d{2}-\\d{2}'}
        force_flush_period: 100ms
        operators:
          - type: regex_parser
            regex: '^(?P<timestamp_field>\\d{4}-\\d{2}-\\d{2} \\d{2}:\\d{2}:\\d{2},\\d{3} (\\+|\\-)\\d{2}\\d{2}) \\[(?P<sev>\\w+)\\]'
            timestamp: {parse_from: attributes.timestamp_field, layout: '%Y-%m-%d %H:%M:%S,%L %z'}
            severity: {parse_from: attributes.sev}
          - {type: remove, field: attributes.timestamp_field}
        """);
    List<LogRecord> all = sink.await(3);
    assertThat(all.get(1).body())
        .isEqualTo(
            "2022-01-02 07:24:57,456 -0700 [ERROR] Something happened\n"
                + "  at Main.main(Main.java:3)");
    assertThat(all.get(1).timeUnixNano()).isEqualTo(1641133497456000000L);
    assertThat(all.stream().map(LogRecord::severityNumber)).containsExactly(9, 17, 13);
    assertThat(all.get(2).attributes().contains("timestamp_field")).isFalse();
  }

  @Test
  void readsBytesAndOtherEncodings() throws IOException {
    Files.write(folder.resolve("a.log"), new byte[] {(byte) 0xff, 'a', (byte) 0x80, '\n'});
    Files.write(folder.resolve("b.txt"), "höher\n".getBytes("UTF-16LE"));
    Receiver r = start("{include: [DIR/*.log], start_at: beginning, encoding: nop}");
    assertThat(sink.await(1).getFirst().body())
        .isEqualTo(new byte[] {(byte) 0xff, 'a', (byte) 0x80});
    r.stop(Duration.ofSeconds(5));
    start("{include: [DIR/*.txt], start_at: beginning, encoding: utf-16le}");
    assertThat(sink.await(2).getLast().body()).isEqualTo("höher");
  }

  @Test
  void deletesFilesAfterDelivery() throws IOException {
    write("a.log", "1\n2");
    start(
        "{include: [DIR/*.log], start_at: beginning, delete_after_read: true,"
            + " force_flush_period: 10ms}");
    sink.await(2);
    LogSink.await("deleted", () -> !Files.exists(folder.resolve("a.log")));
  }

  @Test
  void readsOnlyTheNewestOfEachGroup() throws IOException {
    for (String f : List.of("web.20230101.log", "web.20230103.log", "db.20230102.log", "x.log")) {
      write(f, f + "\n");
    }
    start(
        """
        include: [DIR/*.log]
        start_at: beginning
        ordering_criteria:
          regex: '(?P<name>\\w+)\\.(?P<day>\\d{8})\\.log$'
          group_by: '(\\w+)\\.\\d{8}\\.log$'
          top_n: 1
          sort_by: [{sort_type: timestamp, regex_key: day, ascending: false, format: '%Y%m%d'}]
        """);
    sink.await(2);
    assertThat(sink.bodies()).containsExactlyInAnyOrder("web.20230103.log", "db.20230102.log");
  }

  @Test
  void addsHeaderAttributesToAllRecords() throws IOException {
    write("a.log", "#env=a\n#{\"host\": \"h\", \"n\": 3}\n#env=b\n");
    write("b.log", "no header\n");
    start(
        """
        include: [DIR/*.log]
        start_at: beginning
        acquire_fs_lock: true
        header:
          pattern: '^#'
          metadata_operators:
          - {type: regex_parser, regex: '^#env=(?P<env>.*)$', if: 'body contains "="'}
          - {type: regex_parser, regex: '^#(?P<json>{.*)$', if: 'body contains "{"'}
          - {type: json_parser, parse_from: attributes.json, if: 'attributes.json != nil'}
          - {type: remove, field: attributes.json, if: 'attributes.json != nil'}
        """);
    assertThat(sink.await(1).getFirst().attributes().getString("log.file.name")).isEqualTo("b.log");
    write("a.log", "one\n#two\n");
    List<LogRecord> all = sink.await(3);
    assertThat(sink.bodies()).containsExactly("no header", "one", "#two");
    for (LogRecord r : all.subList(1, 3)) {
      assertThat(r.attributes().getString("log.file.name")).isEqualTo("a.log");
      assertThat(r.attributes().getString("env")).isEqualTo("b");
      assertThat(r.attributes().getString("host")).isEqualTo("h");
      assertThat(r.attributes().get("n")).isEqualTo(3.0);
      assertThat(r.attributes().get("json")).isNull();
    }
    assertThat(all.getFirst().attributes().get("env")).isNull();
  }

  @Test
  void rejectsImpossibleSettingsWithPosition() {
    refused("{start_at: end}", "1:1", "\"include\" is required");
    refused("{include: [/a], start_at: middle}", "1:27", "end, beginning");
    refused("{include: [/a], delete_after_read: true}", "1:36", "start_at: beginning");
    refused("{include: ['/a[']}", "1:11", "not a valid pattern");
    refused("{include: [/a], encoding: klingon}", "1:27", "unknown encoding");
    refused("{include: [/a], multiline: {line_start_pattern: '('}}", "1:49", "regular expression");
    refused("{include: [/a], multiline: {}}", "1:28", "line_start_pattern");
    refused("{include: [/a], header: {pattern: x}}", "1:25", "\"metadata_operators\" is required");
    String header = "header: {pattern: '(', metadata_operators: [{type: noop}]}";
    refused("{include: [/a], start_at: beginning, " + header + "}", "1:56", "regular expression");
    refused("{include: [/a], " + header.replace("(", "x") + "}", "1:25", "start_at: beginning");
    refused("{include: [/a], on_truncate: ignored}", "1:30", "read_whole_file");
    refused("{include: [/a], max_log_sise: 1}", "1:17", "did you mean \"max_log_size\"?");
    refused("{include: [/a], attributes: {x: 'EXPR(foo(1))'}}", "1:33", "no function foo");
    refused("{include: [/a], operators: [{type: noop, output: x}]}", "1:29", "\"x\"");
    refused(
        "{include: [/a], ordering_criteria: {sort_by: [{sort_type: numeric, regex_key: n}]}}",
        "1:36",
        "(?P<n>");
  }

  private static void refused(String yaml, String place, String reason) {
    assertThatThrownBy(() -> TestPipeline.read(FACTORY.settings(), yaml))
        .as(yaml)
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining("test.yaml:" + place)
        .hasMessageContaining(reason);
  }
}
