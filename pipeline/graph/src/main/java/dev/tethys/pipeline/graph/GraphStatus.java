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

/** State of a graph at one moment: its nodes, upstream first, and the traffic on its edges. */
public record GraphStatus(List<NodeStatus> nodes, List<EdgeStatus> edges) {
  /**
   * Node status.
   *
   * @param id node ID, referenced by edges
   * @param kind {@code receiver}, {@code processor} …
   * @param component its id in the configuration
   * @param where position of its definition
   * @param balances item counts by signal
   * @param outbox outbox of the exporter, or null if none
   * @param blocked blockages, oldest first; empty if it makes progress
   * @param repeatedItems items that some of its outputs accepted and that their source repeats
   *     because others rejected them
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
    /** Creates the status of a node whose outputs have a single destination. */
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

  /** State of an edge: from one node to another, in a pipeline, with its traffic since startup. */
  public record EdgeStatus(
      String id, String from, String to, String pipeline, long batches, long items, long bytes) {
    /** Returns the state of an edge with its traffic so far. */
    public static EdgeStatus of(
        String id, String from, String to, String pipeline, Traffic traffic) {
      return new EdgeStatus(
          id, from, to, pipeline, traffic.batches(), traffic.items(), traffic.bytes());
    }
  }
}
