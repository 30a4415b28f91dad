package dev.tethys.pipeline.receiver.log;

import static dev.tethys.testkit.Waiting.await;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tethys.config.ConfigException;
import dev.tethys.pipeline.Batch;
import dev.tethys.pipeline.Outcome;
import dev.tethys.pipeline.Signal;
import dev.tethys.pipeline.component.Receiver;
import dev.tethys.pipeline.receiver.TestPipeline;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Files of OTLP in JSON, as the specification's example files have it. */
@Timeout(60)
@Tag("slow")
class OtlpFileReceiverTest {
  private static final String LOGS =
      "{\"resourceLogs\":[{\"resource\":{\"attributes\":[{\"key\":\"service.name\",\"value\":{\"stringValue\":\"%s\"}}]},\"scopeLogs\":[{\"logRecords\":[{\"timeUnixNano\":\"1581452773000000789\",\"severityNumber\":9,\"body\":{\"stringValue\":\"Something"
          + " happened\"}}]}]}]}\n";
  private static final String METRICS =
      "{\"resourceMetrics\":[{\"scopeMetrics\":[{\"metrics\":[{\"name\":\"heat\",\"gauge\":{\"dataPoints\":[{\"timeUnixNano\":\"1700000000000000000\",\"asDouble\":5},{\"asInt\":\"6\"}]}}]}]}]}\n";
  private static final String TRACES =
      "{\"resourceSpans\":[{\"scopeSpans\":[{\"spans\":[{\"traceId\":\"5B8EFFF798038103D269B633813FC60C\",\"spanId\":\"EEE19B7EC3C1B174\",\"name\":\"checkout\"}]}]}]}\n";

  private final TestPipeline pipeline = new TestPipeline();
  private final List<Receiver> open = new ArrayList<>();
  @TempDir Path folder;

  @AfterEach
  void end() {
    open.forEach(r -> r.stop(Duration.ofSeconds(1)));
  }

  private Receiver start(String yaml, Signal... signals) throws IOException {
    OtlpFileReceiverFactory f = new OtlpFileReceiverFactory();
    Receiver r =
        f.create(
            TestPipeline.read(f.settings(), yaml.replace("DIR", folder.toString())),
            pipeline.of(signals),
            new LogContext("otlp_json_file", folder.resolve("positions")));
    open.add(r);
    r.start();
    return r;
  }

  private void write(String name, String text) throws IOException {
    Files.writeString(
        folder.resolve(name), text, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
  }

  @Test
  void readsOneRequestPerLine() throws Exception {
    write("a.json", LOGS.formatted("shop") + "\n" + METRICS + TRACES);
    start(
        "{include: [DIR/*.json], start_at: beginning}", Signal.LOGS, Signal.METRICS, Signal.TRACES);
    await(() -> pipeline.batches.size() == 3);
    assertThat(pipeline.batches)
        .extracting(Batch::signal)
        .containsExactly(Signal.LOGS, Signal.METRICS, Signal.TRACES);
    assertThat(pipeline.batches).extracting(Batch::items).containsExactly(1, 2, 1);
    assertThat(
            pipeline
                .batches
                .getFirst()
                .takeTree()
                .resources()
                .getFirst()
                .resource()
                .attributes()
                .get("service.name"))
        .isEqualTo("shop");
    write("a.json", TRACES);
    await(() -> pipeline.batches.size() == 4);
  }

  @Test
  void skipsUnwantedSignalsAndInvalidLines() throws Exception {
    write(
        "a.json",
        METRICS + "{\"resourceLogs\": [nonsense\n[]\n{\"x\": {}}\n{}\n" + LOGS.formatted("a"));
    start("{include: [DIR/*.json], start_at: beginning}", Signal.LOGS);
    await(() -> !pipeline.batches.isEmpty());
    assertThat(pipeline.batches).extracting(Batch::signal).containsExactly(Signal.LOGS);
  }

  @Test
  void waitsForALineWrittenInPieces() throws Exception {
    String line = LOGS.formatted("a}]\\\"");
    write("a.json", TRACES + line.substring(0, 90));
    start(
        "{include: [DIR/*.json], start_at: beginning, poll_interval: 10ms, force_flush_period:"
            + " 20ms}",
        Signal.LOGS,
        Signal.TRACES);
    await(() -> pipeline.batches.size() == 1);
    Thread.sleep(500); // it has been read again and again
    write("a.json", line.substring(90));
    await(() -> pipeline.batches.size() == 2);
    assertThat(pipeline.batches.getLast().signal()).isEqualTo(Signal.LOGS);
    // A complete line without a line end is read.
    write("a.json", TRACES.strip());
    await(() -> pipeline.batches.size() == 3);
  }

  @Test
  void retriesRejectedLinesAndHoldsPositions() throws Exception {
    pipeline.outcome = new Outcome.Unavailable("full", Duration.ZERO);
    write("a.json", LOGS.formatted("a"));
    String yaml =
        "{include: [DIR/*.json], start_at: beginning, storage: file_storage,"
            + " retry_on_failure: {initial_interval: 10ms}}";
    Receiver first = start(yaml, Signal.LOGS);
    await(() -> pipeline.batches.size() >= 2);
    first.stop(Duration.ofMillis(100));
    pipeline.batches.clear();
    pipeline.outcome = Outcome.ACCEPTED;
    Receiver second = start(yaml, Signal.LOGS);
    await(() -> pipeline.batches.size() == 1);
    second.stop(Duration.ofSeconds(5));
    // Accepted lines are not read again.
    write("a.json", TRACES);
    start(yaml, Signal.LOGS, Signal.TRACES);
    await(() -> pipeline.batches.size() == 2);
    assertThat(pipeline.batches.getLast().signal()).isEqualTo(Signal.TRACES);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{} | \"include\" is required",
        "{include: [a], operators: []} | \"operators\" applies to log lines only",
        "{include: [a], include_file_path: true} | \"include_file_path\" applies to log lines only",
        "{include: [a], exclud: [b]} | did you mean \"exclude\"",
        "{include: [a], replay_file: true} | replay_file",
      })
  void reportsInvalidSettings(String yaml, String problem) {
    assertThatThrownBy(() -> TestPipeline.read(new OtlpFileReceiverFactory().settings(), yaml))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining("test.yaml:1:")
        .hasMessageContaining(problem);
  }
}
