package dev.tethys.pipeline.receiver.observe;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tethys.collect.observe.connection.Owner;
import dev.tethys.collect.observe.logs.LogLevel;
import dev.tethys.collect.observe.logs.ObservedLog;
import dev.tethys.config.ConfigException;
import dev.tethys.model.exposition.Registry;
import dev.tethys.model.exposition.Registry.Counter;
import dev.tethys.model.telemetry.LogRecord;
import dev.tethys.model.telemetry.LogsData;
import dev.tethys.model.telemetry.Metric;
import dev.tethys.model.telemetry.MetricsData;
import dev.tethys.model.telemetry.ResourceGroup;
import dev.tethys.model.telemetry.ScopeGroup;
import dev.tethys.pipeline.Batch;
import dev.tethys.pipeline.Metadata;
import dev.tethys.pipeline.Outcome;
import dev.tethys.pipeline.Signal;
import dev.tethys.pipeline.receiver.TestPipeline;
import dev.tethys.testkit.Waiting;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@Tag("slow")
class NodeAgentReceiverTest {
  private static final Duration SECOND = Duration.ofSeconds(1);

  private final NodeAgentReceiverFactory factory = new NodeAgentReceiverFactory("1");
  private final TestPipeline pipeline = new TestPipeline();
  private final Registry registry = new Registry();

  private static void await(BooleanSupplier condition) throws InterruptedException {
    long end = System.nanoTime() + 30_000_000_000L;
    while (!condition.getAsBoolean()) {
      assertThat(System.nanoTime()).isLessThan(end);
      Waiting.pause();
    }
  }

  private static Batch logs(int n) {
    ScopeGroup<LogRecord> s = new ScopeGroup<>();
    for (int i = 0; i < n; i++) {
      s.items().add(new LogRecord());
    }
    ResourceGroup<LogRecord> g = new ResourceGroup<>();
    g.scopes().add(s);
    LogsData d = new LogsData();
    d.resources().add(g);
    return Batch.of(Signal.LOGS, d, 0, Metadata.NONE);
  }

  private static ObservedLog log(String message) {
    return new ObservedLog(
        new Owner("/docker/shop", ""), "stdout/stderr", LogLevel.INFO, message, "0", 1);
  }

  @Test
  void emitsMachineMetricsWithTheAgentsResource() throws Exception {
    NodeAgentReceiver r =
        new NodeAgentReceiver(
            TestPipeline.read(
                factory.settings(),
                "{disable_ebpf: true, disable_log_parsing: true, initial_delay: 0s}"),
            "1",
            pipeline.of(Signal.METRICS, Signal.TRACES, Signal.PROFILES, Signal.LOGS),
            "node_agent",
            registry);
    r.start();
    try {
      await(() -> !pipeline.batches.isEmpty());
    } finally {
      r.stop(SECOND);
    }
    MetricsData data = (MetricsData) pipeline.batches.getFirst().takeTree();
    ResourceGroup<Metric> g = data.resources().getFirst();
    assertThat(g.resource().attributes().get("service.name")).isEqualTo("coroot-node-agent");
    assertThat(g.resource().attributes().get("host.name")).isNotNull();
    assertThat(g.scopes().getFirst().items())
        .extracting(Metric::name)
        .contains("node_uptime_seconds", "node_agent_info", "tethys_observe_signal_info");
  }

  @Test
  void dropsTheOldestWhileThePipelineIsBlocked() throws Exception {
    Counter dropped = new Registry().counter("dropped", "Dropped items.");
    BatchBuffer b = new BatchBuffer("node_agent", "traces", pipeline, dropped);
    b.add(logs(BatchBuffer.MOST_ITEMS - 1));
    b.add(logs(1));
    b.add(logs(2));
    assertThat(dropped.value()).isEqualTo(BatchBuffer.MOST_ITEMS - 1);
    pipeline.outcome = new Outcome.Unavailable("full", Duration.ofMillis(1));
    b.start();
    await(() -> pipeline.batches.size() > 2);
    assertThat(pipeline.batches).allMatch(x -> x.items() == 1);
    pipeline.outcome = Outcome.ACCEPTED;
    await(() -> pipeline.batches.getLast().items() == 2);
    b.end().interrupt();
    assertThat(b.end().join(SECOND)).isTrue();
  }

  @Test
  void blocksTheLogReaderWithoutLosingMessages() throws Exception {
    List<Integer> sizes = new ArrayList<>();
    LogBuffer b =
        new LogBuffer(
            "node_agent",
            pipeline,
            messages -> {
              sizes.add(messages.size());
              return logs(messages.size());
            });
    for (int i = 0; i < LogBuffer.MOST_MESSAGES; i++) {
      b.accept(log("m" + i));
    }
    Thread reader =
        Thread.ofVirtual()
            .start(
                () -> {
                  try {
                    b.accept(log("last"));
                  } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                  }
                });
    await(() -> reader.getState() == Thread.State.WAITING);
    pipeline.outcome = new Outcome.Unavailable("full", Duration.ofMillis(1));
    b.start();
    await(() -> pipeline.batches.size() > 2);
    assertThat(pipeline.batches).allMatch(x -> x.items() == LogBuffer.MOST_MESSAGES);
    pipeline.outcome = Outcome.ACCEPTED;
    await(() -> pipeline.batches.getLast().items() == 1);
    assertThat(sizes).containsExactly(LogBuffer.MOST_MESSAGES, 1);
    b.end();
    b.thread().interrupt();
    assertThat(b.thread().join(SECOND)).isTrue();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "traces_sampling: 2 | traces_sampling is 2.0; it must be from 0 to 1",
        "ephemeral_port_range: x | is not a port range",
        "container_denylist: [(] | missing closing )",
        "track_public_networks: [x] | is not valid",
        "max_fqdns_per_container: -1 | it must be from 0 to 100000",
        "min_container_age: -1s | a duration may not be negative",
        "container_alowlist: [] | container_allowlist"
      })
  void rejectsInvalidSettings(String yaml, String message) {
    assertThatThrownBy(() -> TestPipeline.read(factory.settings(), "{" + yaml + "}"))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining(message);
  }
}
