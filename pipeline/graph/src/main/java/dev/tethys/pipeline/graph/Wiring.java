package dev.tethys.pipeline.graph;

import dev.tethys.pipeline.Scheduler;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;

/**
 * Routes batches along edges to node holders. Holders stay when their node is replaced, so a reload
 * does not affect unrelated branches. Changes are for one thread at a time; edges may be looked at
 * meanwhile.
 */
final class Wiring {
  private final Scheduler clock;
  private final Map<NodeKey, NodeHolder> slots = new HashMap<>();
  private final Map<Edge.Key, Edge> edges = new LinkedHashMap<>(); // guarded by itself

  Wiring(Scheduler clock) {
    this.clock = clock;
  }

  /** The place of a node. */
  NodeHolder slot(NodeKey k) {
    return slots.computeIfAbsent(k, NodeHolder::new);
  }

  /** What leads to the place of a node leads to it from now on. */
  void put(GraphNode n) {
    slot(n.key).put(n.consumer());
  }

  /** Sets the outputs of a node to where a plan has them lead. */
  void lead(GraphNode n, Plan plan) {
    Plan.Step step = plan.nodes().get(n.key);
    if (step == null) {
      return;
    }
    step.outputs()
        .forEach(
            (o, keys) -> {
              FanOutConsumer j = n.outputs.get(o);
              if (j != null) {
                j.lead(keys.stream().map(this::edge).toList());
              }
            });
  }

  private Edge edge(Edge.Key k) {
    synchronized (edges) {
      return edges.computeIfAbsent(k, x -> new Edge(x, slot(x.to()), clock));
    }
  }

  /** Forgets edges and places that a plan does not have. */
  void keepOnly(Plan plan) {
    synchronized (edges) {
      edges
          .keySet()
          .removeIf(
              k ->
                  plan.nodes().values().stream()
                      .noneMatch(
                          s -> s.outputs().values().stream().anyMatch(to -> to.contains(k))));
    }
    slots.keySet().removeIf(k -> !plan.nodes().containsKey(k));
  }

  /** What passed each edge. */
  List<GraphStatus.EdgeStatus> status() {
    return edges().stream()
        .map(
            e ->
                e.traffic.status(
                    e.key.toString(),
                    e.key.from().toString(),
                    e.key.to().toString(),
                    e.key.pipeline()))
        .toList();
  }

  /** Shows what passes an edge; empty when there is no such edge. */
  Optional<Tap> tap(String edge, double perSecond) {
    for (Edge e : edges()) {
      if (Objects.equals(e.key.toString(), edge)) {
        return Optional.of(e.traffic.tap(perSecond));
      }
    }
    return Optional.empty();
  }

  List<Edge> edges() {
    synchronized (edges) {
      return List.copyOf(edges.values());
    }
  }
}
