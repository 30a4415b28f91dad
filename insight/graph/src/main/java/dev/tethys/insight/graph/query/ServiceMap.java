package dev.tethys.insight.graph.query;

import java.util.List;

/** Services and the calls between them. */
public record ServiceMap(List<ServiceNode> nodes, List<CallEdge> edges) {
  static final ServiceMap EMPTY = new ServiceMap(List.of(), List.of());
}
