package dev.tethys.pipeline.graph;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.config.YamlDocument;
import dev.tethys.model.exposition.Registry;
import dev.tethys.pipeline.Batch;
import dev.tethys.pipeline.Consumer;
import dev.tethys.pipeline.Encoding;
import dev.tethys.pipeline.Outcome;
import dev.tethys.pipeline.Scheduler;
import dev.tethys.pipeline.Signal;
import dev.tethys.pipeline.config.GraphConfig;
import dev.tethys.pipeline.delivery.Outboxes;
import dev.tethys.pipeline.ledger.AccountingRegistry;
import dev.tethys.pipeline.ledger.ItemAccounting;
import dev.tethys.testkit.SimulatedFiles;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;

/** Graph of doubles in which every account adds up in the end. */
abstract class GraphCase {
  final Doubles doubles = new Doubles();
  final AccountingRegistry ledger = new AccountingRegistry();
  final GraphServices services =
      new GraphServices(
          doubles.components(),
          Scheduler.system(),
          new Outboxes(new SimulatedFiles(1), Scheduler.system(), new Random(1)),
          ledger,
          new Registry());
  final Graph graph = new Graph(services);

  @AfterEach
  void everyAccountBalances() {
    graph.stop(Duration.ofSeconds(5));
    for (ItemAccounting a : ledger.accounts()) {
      assertThat(a.balance().isBalanced()).as("%s %s", a.component(), a.balance()).isTrue();
      assertThat(a.balance().held()).as("%s", a.component()).isZero();
    }
  }

  GraphConfig config(String yaml) {
    return GraphConfig.read(YamlDocument.parse("c.yaml", null, yaml), services.components(), false);
  }

  GraphConfig read(String yaml) {
    return GraphConfig.read(YamlDocument.parse("c.yaml", null, yaml), services.components(), true);
  }

  Consumer input(String receiver, Signal signal) {
    Consumer c = doubles.inputs.getOrDefault(receiver, Map.of()).get(signal);
    if (c == null) {
      throw new AssertionError(receiver + " does not run");
    }
    return c;
  }

  List<Batch> taken(String exporter) {
    return doubles.taken.getOrDefault(exporter, List.of());
  }

  Outcome send(String receiver, Signal signal, int items) {
    List<Outcome> told = new ArrayList<>();
    input(receiver, signal)
        .consume(new Batch(signal, Encoding.OTLP, new byte[10], items, 0), told::add);
    assertThat(told).hasSize(1);
    return told.getFirst();
  }
}
