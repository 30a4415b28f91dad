package dev.tethys.pipeline.graph;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.tethys.pipeline.AckCallback;
import dev.tethys.pipeline.Batch;
import dev.tethys.pipeline.Consumer;
import dev.tethys.pipeline.Scheduler;
import dev.tethys.pipeline.component.ComponentKind;
import dev.tethys.pipeline.component.PipelineId;
import dev.tethys.pipeline.volume.VolumePoint;
import dev.tethys.pipeline.volume.Volumes;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Routes batches along edges to node holders. Holders stay when their node is replaced, so a reload
 * does not affect unrelated branches. Only one thread at a time makes changes; edges may be read
 * meanwhile.
 */
final class Wiring {
  private final Scheduler clock;
  private final Volumes volumes;
  private final Map<NodeKey, NodeHolder> slots = new HashMap<>();

  @GuardedBy("itself")
  private final Map<Edge.Key, Edge> edges = new LinkedHashMap<>();

  private final AtomicBoolean followed = new AtomicBoolean();
  private volatile Map<String, Consumer> entrances = Map.of(); // by pipeline

  @GuardedBy("edges")
  private long goneItems; // of edges that no longer exist

  Wiring(Scheduler clock, Volumes volumes) {
    this.clock = clock;
    this.volumes = volumes;
  }

  /** Returns the slot of a node. */
  NodeHolder slot(NodeKey k) {
    return slots.computeIfAbsent(k, NodeHolder::new);
  }

  /** Places a node in its holder, to which upstream edges lead. */
  void put(GraphNode n) {
    slot(n.key).put(n.consumer());
  }

  /** Sets the outputs of a node as in a plan. */
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
                j.lead(keys.stream().map(this::edge).toList(), this::entrance);
              }
            });
  }

  private @Nullable Consumer entrance(PipelineId pipeline) {
    return entrances.get(pipeline.toString());
  }

  /**
   * Entries of all pipelines of a plan: one edge to each of their first processors or exporters, so
   * that moved items are counted where others enter.
   */
  private Map<String, Consumer> entrances(Plan plan) {
    Map<String, Map<NodeKey, Edge.Key>> first = new HashMap<>();
    plan.nodes()
        .forEach(
            (from, step) -> {
              if (from.kind() == ComponentKind.RECEIVER || from.kind() == ComponentKind.CONNECTOR) {
                for (List<Edge.Key> keys : step.outputs().values()) {
                  for (Edge.Key k : keys) {
                    first
                        .computeIfAbsent(k.pipeline(), _ -> new LinkedHashMap<>())
                        .putIfAbsent(k.to(), k);
                  }
                }
              }
            });
    Map<String, Consumer> out = new HashMap<>();
    first.forEach(
        (pipeline, keys) -> {
          List<Edge> to = keys.values().stream().map(this::edge).toList();
          out.put(pipeline, (batch, ack) -> enter(to, batch, ack));
        });
    return Map.copyOf(out);
  }

  private static void enter(List<Edge> to, Batch batch, AckCallback ack) {
    if (to.size() > 1) {
      batch.share();
    }
    AckCallback each = AckCallback.join(ack, to.size());
    to.forEach(e -> e.consume(batch, each));
  }

  private Edge edge(Edge.Key k) {
    synchronized (edges) {
      return edges.computeIfAbsent(k, x -> new Edge(x, slot(x.to()), clock, volume(x)));
    }
  }

  private VolumePoint volume(Edge.Key k) {
    NodeKey to = k.to();
    return volumes.edge(
        k.toString(),
        to.kind() == ComponentKind.EXPORTER,
        to.id().toString(),
        k.pipeline(),
        Plan.pipeline(k.pipeline()).signal());
  }

  /** Removes edges and holders that are absent from a plan. */
  void keepOnly(Plan plan) {
    synchronized (edges) {
      for (Edge e : List.copyOf(edges.values())) {
        if (plan.nodes().values().stream()
            .noneMatch(s -> s.outputs().values().stream().anyMatch(to -> to.contains(e.key)))) {
          goneItems += e.traffic.items();
          edges.remove(e.key);
        }
      }
    }
    slots.keySet().removeIf(k -> !plan.nodes().containsKey(k));
    entrances = entrances(plan);
    volumes.keepEdges(edges().stream().map(e -> e.key.toString()).collect(Collectors.toSet()));
  }

  /** Returns the traffic of each edge. */
  List<GraphStatus.EdgeStatus> status() {
    return edges().stream()
        .map(
            e ->
                GraphStatus.EdgeStatus.of(
                    e.key.toString(),
                    e.key.from().toString(),
                    e.key.to().toString(),
                    e.key.pipeline(),
                    e.traffic))
        .toList();
  }

  /** Taps an edge; returns empty if it does not exist. */
  Optional<Tap> tap(String edge, double perSecond) {
    for (Edge e : edges()) {
      if (Objects.equals(e.key.toString(), edge)) {
        return Optional.of(e.traffic.tap(perSecond));
      }
    }
    return Optional.empty();
  }

  /**
   * Shows batches before and after a node; returns empty if no edge leads to it or from it.
   *
   * @param node id as in the status of the graph
   */
  Optional<NodeTap> tapNode(String node, double perSecond) {
    List<Edge> edges = new ArrayList<>();
    Set<String> into = new HashSet<>();
    for (Edge e : edges()) {
      boolean leadsTo = e.key.to().toString().equals(node);
      if (leadsTo) {
        into.add(e.key.toString());
      }
      if (leadsTo || e.key.from().toString().equals(node)) {
        edges.add(e);
      }
    }
    if (edges.isEmpty()) {
      return Optional.empty();
    }
    NodeTap tap = new NodeTap(into, perSecond, t -> edges.forEach(e -> e.remove(t)));
    edges.forEach(e -> e.add(tap));
    return Optional.of(tap);
  }

  /**
   * Follows one record on all edges until the trail is closed; empty while another one is followed.
   */
  Optional<RecordTrail> follow(RecordTrail.Start start) {
    if (!followed.compareAndSet(false, true)) {
      return Optional.empty();
    }
    List<Edge> all = edges();
    RecordTrail t =
        new RecordTrail(
            start,
            clock,
            () -> {
              all.forEach(e -> e.follow(null));
              followed.set(false);
            });
    all.forEach(e -> e.follow(t));
    return Optional.of(t);
  }

  /** Items that passed all edges since startup, including former ones. */
  long items() {
    synchronized (edges) {
      long n = goneItems;
      for (Edge e : edges.values()) {
        n += e.traffic.items();
      }
      return n;
    }
  }

  List<Edge> edges() {
    synchronized (edges) {
      return List.copyOf(edges.values());
    }
  }
}
