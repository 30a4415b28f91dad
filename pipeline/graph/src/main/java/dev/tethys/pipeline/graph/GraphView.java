package dev.tethys.pipeline.graph;

import dev.tethys.pipeline.delivery.OutboxView;
import dev.tethys.pipeline.ledger.ProcessBalance;
import dev.tethys.pipeline.volume.Volumes;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** View of the flow from receivers to exporters, for the API and UI. */
public interface GraphView {
  /** Returns the current state. */
  GraphStatus status();

  /** Volumes by attribute; without attributes if nothing is counted. */
  default Volumes volumes() {
    return new Volumes();
  }

  /** Sums the accounts of its components. */
  default ProcessBalance balance() {
    return ProcessBalance.of(List.of(), () -> 0);
  }

  /** Returns the outboxes of its exporters, by node. */
  Map<String, OutboxView> outboxes();

  /**
   * Samples the batches of an edge; returns empty if the edge does not exist.
   *
   * @param edge id from {@link GraphStatus.EdgeStatus#id}
   * @param perSecond maximum batches per second
   */
  Optional<Tap> tap(String edge, double perSecond);

  /**
   * Samples batches before and after a node; returns empty if no edge leads to it or from it.
   *
   * @param node node ID from {@link GraphStatus.NodeStatus#id}
   * @param perSecond most batches a second
   */
  default Optional<NodeTap> tapNode(String node, double perSecond) {
    return Optional.empty();
  }

  /** Follows one record; empty while another one is followed. */
  default Optional<RecordTrail> follow(RecordTrail.Start start) {
    return Optional.empty();
  }
}
