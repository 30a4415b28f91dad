package dev.tethys.pipeline.graph;

import dev.tethys.pipeline.Signal;
import dev.tethys.pipeline.component.ComponentKind;
import dev.tethys.pipeline.delivery.OutboxStatus;
import dev.tethys.pipeline.delivery.OutboxView;
import dev.tethys.pipeline.graph.Blockage.Effect;
import dev.tethys.pipeline.graph.Blockage.Reason;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.Deque;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Finds the nodes that make no progress, and the node that each waits for.
 *
 * <p>Follows edges from every node that accepts nothing: upstream while edges show rejected or
 * unanswered batches, or threads wait for space in the queue; then downstream to nodes without
 * input because all their upstream nodes wait.
 */
final class BlockedNodes {
  private final Map<NodeKey, GraphNode> nodes;
  private final long now;
  private final Map<NodeKey, List<Edge>> into = new HashMap<>();
  private final Map<NodeKey, List<Edge>> outOf = new HashMap<>();
  private final Map<NodeKey, List<Blockage>> found = new HashMap<>();

  private BlockedNodes(Map<NodeKey, GraphNode> nodes, Collection<Edge> edges, long now) {
    this.nodes = nodes;
    this.now = now;
    for (Edge e : edges) {
      into.computeIfAbsent(e.key.to(), k -> new ArrayList<>()).add(e);
      outOf.computeIfAbsent(e.key.from(), k -> new ArrayList<>()).add(e);
    }
  }

  /** Blockages of each node, oldest first; empty for nodes that make progress. */
  static Map<NodeKey, List<Blockage>> of(
      Map<NodeKey, GraphNode> nodes, Collection<Edge> edges, long now) {
    BlockedNodes b = new BlockedNodes(nodes, edges, now);
    for (GraphNode n : nodes.values()) {
      Blockage cause = b.cause(n);
      if (cause != null) {
        b.follow(n, cause);
      }
    }
    b.found.values().forEach(l -> l.sort(Comparator.comparingLong(Blockage::sinceMillis)));
    return b.found;
  }

  private List<Edge> into(NodeKey k) {
    return into.getOrDefault(k, List.of());
  }

  private List<Edge> outOf(NodeKey k) {
    return outOf.getOrDefault(k, List.of());
  }

  private static Signal signal(Edge e) {
    return Plan.pipeline(e.key.pipeline()).signal();
  }

  /**
   * Returns the reason why a node itself accepts nothing, or null if it accepts data or is blocked
   * by another.
   */
  private @Nullable Blockage cause(GraphNode n) {
    List<Edge> in = into(n.key);
    if (in.isEmpty()) {
      return null;
    }
    Signal signal = signal(in.getFirst());
    OutboxView box = n.context.outbox();
    if (box != null) {
      OutboxStatus s = box.status();
      if (s.fullSinceMillis() > 0) {
        return Blockage.cause(n.key, Reason.QUEUE_FULL, signal, s.fullSinceMillis());
      }
      OutboxStatus.OnDisk disk = s.onDisk();
      if (disk != null && s.isFailing(now)) {
        return Blockage.cause(n.key, Reason.ON_DISK, signal, disk.sinceMillis());
      }
      if (s.isFailing(now) && s.oldestMillis() >= Acknowledgements.IDLE_MILLIS) {
        return Blockage.cause(n.key, Reason.NOT_DELIVERED, signal, now - s.oldestMillis());
      }
    }
    long since = 0;
    for (Edge e : in) {
      long refused = e.acknowledgements.refusedSince(now);
      if (refused > 0 && (since == 0 || refused < since)) {
        since = refused;
      }
    }
    boolean passesOn =
        outOf(n.key).stream()
            .anyMatch(
                e -> e.acknowledgements.refusedSince(now) > 0 || e.acknowledgements.isStuck(now));
    return since == 0 || passesOn ? null : Blockage.cause(n.key, Reason.REFUSING, signal, since);
  }

  /** Marks the nodes blocked by a cause. */
  private void follow(GraphNode node, Blockage cause) {
    OutboxView box = node.context.outbox();
    Map<NodeKey, Set<Signal>> waiting = new LinkedHashMap<>();
    Deque<NodeKey> todo = new ArrayDeque<>(List.of(node.key));
    while (!todo.isEmpty()) {
      for (Edge e : into(todo.removeFirst())) {
        NodeKey from = e.key.from();
        if (isHeldUp(e, from, box)) {
          Set<Signal> signals =
              waiting.computeIfAbsent(
                  from,
                  k -> {
                    todo.add(k);
                    return EnumSet.noneOf(Signal.class);
                  });
          signals.add(signal(e));
        }
      }
    }
    if (waiting.isEmpty()) {
      if (cause.reason() == Reason.ON_DISK) {
        mark(node.key, cause);
      }
      return; // it drops excess data, or its sources were already acknowledged
    }
    mark(node.key, cause);
    waiting.forEach((k, s) -> s.forEach(of -> mark(k, cause.at(Effect.WAITING, of))));
    starved(node.key, waiting, cause);
  }

  private boolean isHeldUp(Edge e, NodeKey from, @Nullable OutboxView box) {
    GraphNode n = nodes.get(from);
    if (n != null && box != null && box.isBlocking(n.context.exit())) {
      return true;
    }
    if (e.acknowledgements.isStuck(now)) {
      return true;
    }
    // A connector may send rejected data elsewhere; its sources are not affected then.
    return e.acknowledgements.refusedSince(now) > 0
        && (from.kind() != ComponentKind.CONNECTOR
            || into(from).stream()
                .anyMatch(
                    x ->
                        x.acknowledgements.refusedSince(now) > 0
                            || x.acknowledgements.isStuck(now)));
  }

  private void starved(NodeKey blocker, Map<NodeKey, Set<Signal>> waiting, Blockage cause) {
    Map<NodeKey, Signal> starved = new LinkedHashMap<>();
    Deque<NodeKey> todo = new ArrayDeque<>(waiting.keySet());
    while (!todo.isEmpty()) {
      NodeKey from = todo.removeFirst();
      for (Edge e : outOf(from)) {
        NodeKey to = e.key.to();
        if (to.equals(blocker) || waiting.containsKey(to) || starved.containsKey(to)) {
          continue;
        }
        if (into(to).stream().allMatch(x -> isWithoutInput(x, waiting, starved, cause))) {
          starved.put(to, signal(e));
          todo.add(to);
        }
      }
    }
    starved.forEach((k, s) -> mark(k, cause.at(Effect.STARVED, s)));
  }

  private boolean isWithoutInput(
      Edge e, Map<NodeKey, Set<Signal>> waiting, Map<NodeKey, Signal> starved, Blockage cause) {
    NodeKey from = e.key.from();
    Set<Signal> blocked = waiting.get(from);
    boolean fromBlocked = blocked == null ? starved.containsKey(from) : blocked.contains(signal(e));
    return fromBlocked
        && e.acknowledgements.isQuiet(now)
        && now - cause.sinceMillis() >= Acknowledgements.IDLE_MILLIS;
  }

  private void mark(NodeKey k, Blockage b) {
    found.computeIfAbsent(k, x -> new ArrayList<>()).add(b);
  }
}
