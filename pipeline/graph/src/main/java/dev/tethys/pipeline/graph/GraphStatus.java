package dev.tethys.pipeline.graph;

import dev.tethys.pipeline.Signal;
import dev.tethys.pipeline.component.ComponentKind;
import dev.tethys.pipeline.delivery.OutboxStatus;
import dev.tethys.pipeline.delivery.OutboxView;
import dev.tethys.pipeline.ledger.AccountingRegistry;
import dev.tethys.pipeline.ledger.Balance;
import dev.tethys.pipeline.ledger.ItemAccounting;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A graph at one moment: its nodes, sources first, and what passed on its edges. */
public record GraphStatus(List<NodeStatus> nodes, List<EdgeStatus> edges) {
  /**
   * A node.
   *
   * @param id by which edges name it
   * @param kind {@code receiver}, {@code processor} …
   * @param component its id in the configuration
   * @param where the position of its definition
   * @param balances what became of its items, by signal
   * @param outbox of an exporter that has one; null for others
   * @param blocked what keeps it from making progress, the oldest first; empty when nothing does
   * @param repeatedItems items that some of its outputs took and that their source repeats, because
   *     others did not take them
   */
  public record NodeStatus(
      String id,
      String kind,
      String component,
      String part,
      String where,
      Map<Signal, Balance> balances,
      @Nullable OutboxStatus outbox,
      List<Blockage> blocked,
      long repeatedItems) {
    /** A node whose outputs have one destination. */
    public NodeStatus(
        String id,
        String kind,
        String component,
        String part,
        String where,
        Map<Signal, Balance> balances,
        @Nullable OutboxStatus outbox,
        List<Blockage> blocked) {
      this(id, kind, component, part, where, balances, outbox, blocked, 0);
    }

    static NodeStatus of(GraphNode n, AccountingRegistry ledger, List<Blockage> blocked) {
      Map<Signal, Balance> balances = new EnumMap<>(Signal.class);
      for (ItemAccounting a : ledger.accounts()) {
        if (a.kind().equals(n.key.kind().word())
            && a.component().equals(n.key.component())
            && (n.key.kind() != ComponentKind.EXPORTER
                || a.signal() == Plan.signal(n.key.part()))) {
          balances.put(a.signal(), a.balance());
        }
      }
      OutboxView box = n.context.outbox();
      return new NodeStatus(
          n.key.toString(),
          n.key.kind().word(),
          n.key.id().toString(),
          n.key.part(),
          n.definition.key().where(),
          balances,
          box == null ? null : box.status(),
          blocked,
          n.outputs.values().stream().mapToLong(FanOutConsumer::repeated).sum());
    }
  }

  /** An edge: from one node to another, in a pipeline, with what passed since the start. */
  public record EdgeStatus(
      String id, String from, String to, String pipeline, long batches, long items, long bytes) {}
}
