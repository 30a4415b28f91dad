package dev.tethys.pipeline.graph;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.model.exposition.MetricFamily;
import dev.tethys.model.exposition.Registry;
import dev.tethys.pipeline.AckCallback;
import dev.tethys.pipeline.Batch;
import dev.tethys.pipeline.Consumer;
import dev.tethys.pipeline.Encoding;
import dev.tethys.pipeline.ManualClockwork;
import dev.tethys.pipeline.Outcome;
import dev.tethys.pipeline.Signal;
import dev.tethys.pipeline.config.GraphConfig;
import dev.tethys.pipeline.delivery.Outboxes;
import dev.tethys.pipeline.graph.Blockage.Effect;
import dev.tethys.pipeline.graph.Blockage.Reason;
import dev.tethys.pipeline.ledger.AccountingRegistry;
import dev.tethys.testkit.SimulatedFiles;
import dev.tethys.testkit.Waiting;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Nodes shown as blocked, with the blocking node. */
class BlockedNodesTest {
  private final Doubles doubles = new Doubles();
  private final ManualClockwork clock = new ManualClockwork();
  private final Graph graph =
      new Graph(
          new GraphServices(
              doubles.components(),
              clock,
              new Outboxes(new SimulatedFiles(1), clock, new Random(1)),
              new AccountingRegistry(),
              new Registry()));
  private final List<Outcome> told = new ArrayList<>();

  private void apply(String yaml) throws IOException {
    graph.apply(
        GraphConfig.read(
            dev.tethys.config.YamlDocument.parse("c.yaml", null, yaml),
            doubles.components(),
            false));
  }

  private void down() {
    doubles.sending =
        () -> {
          throw new IllegalStateException("connection refused");
        };
  }

  private void send(int items) {
    input(Signal.LOGS)
        .consume(new Batch(Signal.LOGS, Encoding.OTLP, new byte[10], items, 0), told::add);
    clock.run();
  }

  private Consumer input(Signal signal) {
    return Objects.requireNonNull(Objects.requireNonNull(doubles.inputs.get("in")).get(signal));
  }

  private @Nullable Blockage blockage(String id) {
    for (GraphStatus.NodeStatus n : graph.status().nodes()) {
      if (n.id().equals(id)) {
        return n.blocked().isEmpty() ? null : n.blocked().getFirst();
      }
    }
    throw new AssertionError("no node " + id);
  }

  private List<String> blocked() {
    return graph.status().nodes().stream()
        .filter(n -> !n.blocked().isEmpty())
        .map(GraphStatus.NodeStatus::id)
        .sorted()
        .toList();
  }

  private static final String BESIDE =
      """
      receivers: {in: }
      processors: {pass: , pass/b: }
      exporters:
        queued: {sending_queue: {when_full: %s, queue_size: 1}, retry_on_failure: {max_elapsed_time: 0}}
        out:
      service:
        pipelines:
          logs/a: {receivers: [in], processors: [pass], exporters: [queued]}
          logs/b: {receivers: [in], processors: [pass/b], exporters: [out]}
          traces: {receivers: [in], exporters: [out]}
      """;

  @Test
  void fullBlockingQueueMarksItsSourcesAndTheirOtherTargets() throws Exception {
    apply(BESIDE.formatted("block"));
    down();
    send(1);
    assertThat(blocked()).isEmpty();
    long full = clock.millis();
    Thread t = Thread.ofPlatform().start(() -> send(1));
    while (t.getState() != Thread.State.WAITING) {
      Waiting.pause();
    }
    assertThat(blocked())
        .containsExactly("exporter:queued@logs", "processor:pass@logs/a", "receiver:in");
    assertThat(blockage("exporter:queued@logs"))
        .isEqualTo(
            new Blockage(
                "exporter:queued@logs",
                "exporter",
                "queued",
                Reason.QUEUE_FULL,
                Effect.CAUSE,
                Signal.LOGS,
                full));
    assertThat(blockage("receiver:in"))
        .extracting(Blockage::effect, Blockage::by, Blockage::sinceMillis)
        .containsExactly(Effect.WAITING, "exporter:queued@logs", full);
    clock.advance(Duration.ofSeconds(15));
    assertThat(blocked())
        .containsExactly(
            "exporter:out@logs",
            "exporter:queued@logs",
            "processor:pass/b@logs/b",
            "processor:pass@logs/a",
            "receiver:in");
    assertThat(blockage("exporter:out@logs"))
        .extracting(Blockage::effect, Blockage::by, Blockage::reason, Blockage::sinceMillis)
        .containsExactly(Effect.STARVED, "exporter:queued@logs", Reason.QUEUE_FULL, full);
    assertThat(metrics())
        .contains(
            "{blocked_by=\"exporter queued\", component=\"out\", kind=\"exporter\","
                + " reason=\"queue_full\", signal=\"logs\"} 15.0",
            "{data_type=\"logs\", exporter=\"queued\"} 15.0");
    doubles.sending = () -> {};
    clock.advance(Duration.ofMinutes(1));
    t.join();
    clock.advance(Duration.ofSeconds(20));
    assertThat(blocked()).isEmpty();
    assertThat(metrics()).containsExactly("{data_type=\"logs\", exporter=\"queued\"} 0.0");
  }

  private List<String> metrics() {
    List<String> out = new ArrayList<>();
    new QueueMetrics(graph)
        .collect(
            f -> {
              if (f.name().endsWith("_blocked_seconds") || f.name().endsWith("_full_seconds")) {
                for (MetricFamily.Metric m : f.metrics()) {
                  out.add(m.labels() + " " + ((MetricFamily.Value) m.point()).value());
                }
              }
            });
    return out;
  }

  @Test
  void fullRefusingQueueMarksItsSourcesWhileRefused() throws IOException {
    apply(BESIDE.formatted("refuse"));
    down();
    send(1);
    send(1);
    assertThat(told).hasSize(1).first().isInstanceOf(Outcome.Unavailable.class);
    assertThat(blocked())
        .containsExactly("exporter:queued@logs", "processor:pass@logs/a", "receiver:in");
    // The sibling gets the repeated data of the source.
    clock.advance(Duration.ofSeconds(15));
    send(1);
    assertThat(blocked()).doesNotContain("exporter:out@logs");
  }

  @Test
  void droppingNodeIsNotBlocked() throws IOException {
    apply(BESIDE.formatted("drop_newest"));
    down();
    send(1);
    send(1);
    clock.advance(Duration.ofSeconds(30));
    send(1);
    assertThat(blocked()).doesNotContain("receiver:in", "exporter:out@logs");
  }

  @Test
  void failedDestinationBlocksSourcesWithoutAcknowledgement() throws IOException {
    apply(BESIDE.formatted("refuse").replace("queue_size: 1", "queue_size: 1000"));
    down();
    long begin = clock.millis();
    send(1);
    clock.advance(Duration.ofSeconds(5));
    assertThat(blocked()).isEmpty();
    clock.advance(Duration.ofSeconds(10));
    assertThat(blockage("receiver:in"))
        .extracting(Blockage::reason, Blockage::effect, Blockage::sinceMillis)
        .containsExactly(Reason.NOT_DELIVERED, Effect.WAITING, begin);
    assertThat(blockage("exporter:out@logs"))
        .extracting(Blockage::effect)
        .isEqualTo(Effect.STARVED);
    assertThat(blockage("exporter:out@traces")).isNull();
  }

  @Test
  void acknowledgedSourcesAreNotBlockedWhileThereIsRoom() throws IOException {
    apply(
        BESIDE
            .formatted("refuse")
            .replace("queue_size: 1", "queue_size: 1000, wait_for_result: false"));
    down();
    send(1);
    clock.advance(Duration.ofSeconds(30));
    assertThat(blocked()).isEmpty();
  }

  @Test
  void ignoresABatchWithoutAWaitingSource() throws IOException {
    apply(BESIDE.formatted("refuse"));
    input(Signal.TRACES)
        .consume(new Batch(Signal.TRACES, Encoding.OTLP, new byte[10], 1, 0), AckCallback.NONE);
    try {
      clock.advance(Duration.ofSeconds(30));
    } catch (UncheckedIOException e) {
      throw new AssertionError(e);
    }
    assertThat(blocked()).isEmpty();
  }
}
