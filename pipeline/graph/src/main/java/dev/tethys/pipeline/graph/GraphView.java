package dev.tethys.pipeline.graph;

import dev.tethys.pipeline.delivery.OutboxView;
import java.util.Map;
import java.util.Optional;

/** View of the flow from receivers to exporters, for the API and UI. */
public interface GraphView {
  /** How it stands. */
  GraphStatus status();

  /** The outboxes of its exporters, by node. */
  Map<String, OutboxView> outboxes();

  /**
   * Looks at what passes an edge; empty when there is no such edge.
   *
   * @param edge as {@link GraphStatus.EdgeStatus#id} names it
   * @param perSecond most batches a second
   */
  Optional<Tap> tap(String edge, double perSecond);
}
