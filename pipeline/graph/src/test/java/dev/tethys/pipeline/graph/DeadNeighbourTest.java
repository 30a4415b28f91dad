package dev.tethys.pipeline.graph;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.config.YamlDocument;
import dev.tethys.model.exposition.Registry;
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
import dev.tethys.pipeline.ledger.ItemAccounting;
import dev.tethys.testkit.SimulatedFiles;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Two exporters with default queues, one of which is down. */
@Tag("slow")
class DeadNeighbourTest {
  private static final String TWO =
      """
      receivers: {in: , source: }
      processors: {pass: }
      exporters:
        queued: %s
        out:
      service:
        pipelines:
          logs: {receivers: [in, source], processors: [pass], exporters: [queued, out]}
      """;

  private final Doubles doubles = new Doubles();
  private ManualClockwork clock = new ManualClockwork();
  private SimulatedFiles files = new SimulatedFiles(1);
  private final AccountingRegistry ledger = new AccountingRegistry();
  private Graph graph = graph(true);
  private final List<Outcome> told = new ArrayList<>();

  private Graph graph(boolean disk) {
    Outboxes boxes = new Outboxes(files, clock, new Random(1));
    return new Graph(
        new GraphServices(
            doubles.components(),
            clock,
            disk ? boxes.withOverflow(Path.of("/overflow")) : boxes,
            ledger,
            new Registry()));
  }

  @AfterEach
  void accountsBalance() {
    graph.stop(Duration.ZERO);
    for (ItemAccounting a : ledger.accounts()) {
      assertThat(a.balance().isBalanced()).as("%s %s", a.component(), a.balance()).isTrue();
    }
  }

  private void apply(String queued) throws IOException {
    graph.apply(
        GraphConfig.read(
            YamlDocument.parse("c.yaml", null, TWO.formatted(queued)),
            doubles.components(),
            false));
  }

  private void down() {
    doubles.sending =
        () -> {
          throw new IllegalStateException("connection refused");
        };
  }

  private Consumer input(String receiver) {
    return Objects.requireNonNull(
        Objects.requireNonNull(doubles.inputs.get(receiver)).get(Signal.LOGS));
  }

  /** Like a sender that resends unaccepted data after a second. */
  private void push(String receiver) {
    if (input(receiver).refuse(1) == null) {
      input(receiver)
          .consume(new Batch(Signal.LOGS, Encoding.OTLP, new byte[100], 1, 0), told::add);
    } else {
      told.add(new Outcome.Unavailable("busy", Duration.ZERO));
    }
    clock.advance(Duration.ofMillis(10));
  }

  private int taken(String exporter) {
    return doubles.taken.getOrDefault(exporter, List.of()).size();
  }

  private GraphStatus.NodeStatus node(String id) {
    return graph.status().nodes().stream().filter(n -> n.id().equals(id)).findFirst().orElseThrow();
  }

  @Test
  void neitherDelaysNorDuplicatesTheOthersData() throws IOException {
    for (String receiver : List.of("in", "source")) {
      apply("");
      down();
      int before = taken("out");
      for (int i = 0; i < 5000; i++) {
        push(receiver);
      }
      assertThat(taken("out") - before).isEqualTo(5000);
      clock.advance(Duration.ofMinutes(10));
      assertThat(told).allMatch(Outcome.ACCEPTED::equals);
      assertThat(node("receiver:" + receiver).repeatedItems()).isZero();
      assertThat(node("exporter:queued@logs").blocked())
          .singleElement()
          .extracting(Blockage::reason, Blockage::effect)
          .containsExactly(Reason.ON_DISK, Effect.CAUSE);
      assertThat(node("exporter:out@logs").blocked()).isEmpty();
      doubles.sending = () -> {};
      clock.advance(Duration.ofMinutes(1));
      assertThat(taken("queued")).isEqualTo(taken("out"));
      assertThat(node("exporter:queued@logs").blocked()).isEmpty();
    }
  }

  @Test
  void losesNothingAcknowledgedToAKill() throws IOException {
    apply("");
    down();
    for (int i = 0; i < 3000; i++) {
      push(i % 2 == 0 ? "in" : "source");
    }
    int acknowledged = told.size();
    assertThat(acknowledged).isGreaterThan(2900);
    files = files.afterPowerCut();
    clock = new ManualClockwork();
    doubles.sending = () -> {};
    graph = graph(true);
    apply("");
    clock.advance(Duration.ofMinutes(1));
    assertThat(taken("queued")).isGreaterThanOrEqualTo(acknowledged);
  }

  @Test
  void rejectsSendersEarlyWhenFull() throws IOException {
    graph = graph(false);
    apply("{sending_queue: {queue_size: 100}}");
    down();
    for (int i = 0; i < 500; i++) {
      push("in");
    }
    assertThat(taken("out")).isBetween(90, 100);
    int refused = (int) told.stream().filter(Outcome.Unavailable.class::isInstance).count();
    assertThat(refused).isEqualTo(500 - taken("out"));
    assertThat(node("receiver:in").repeatedItems()).isZero();
    doubles.sending = () -> {};
    clock.advance(Duration.ofMinutes(1));
    assertThat(taken("queued")).isEqualTo(taken("out"));
    push("in");
    assertThat(told.getLast()).isEqualTo(Outcome.ACCEPTED);
  }

  @Test
  void countsItemsResentToTheOther() throws IOException {
    graph = graph(false);
    apply("{sending_queue: {queue_size: 100}}");
    down();
    for (int i = 0; i < 150; i++) {
      input("in").consume(new Batch(Signal.LOGS, Encoding.OTLP, new byte[100], 1, 0), told::add);
      clock.advance(Duration.ofMillis(10));
    }
    assertThat(told).hasSize(50).allMatch(Outcome.Unavailable.class::isInstance);
    assertThat(node("processor:pass@logs").repeatedItems()).isEqualTo(50);
  }
}
