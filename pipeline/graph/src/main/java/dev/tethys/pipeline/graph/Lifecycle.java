package dev.tethys.pipeline.graph;

import dev.tethys.model.file.IoFailures;
import dev.tethys.model.log.JulLogger;
import dev.tethys.pipeline.Scheduler;
import dev.tethys.pipeline.component.ComponentId;
import dev.tethys.pipeline.component.ComponentKind;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Collectors;

/**
 * Starts and stops nodes, and meanwhile releases producers that wait for queue capacity. Stopping
 * takes a bounded time even if a remote system is down.
 */
final class Lifecycle {
  private static final System.Logger LOG = JulLogger.of("dev.tethys.pipeline");

  /** Time for components removed by a reload to drain. */
  private static final Duration RELOAD_DRAIN = Duration.ofSeconds(30);

  /** Component with possibly several nodes. */
  private record ComponentKey(ComponentKind kind, ComponentId id) {
    static ComponentKey of(NodeKey k) {
      return new ComponentKey(k.kind(), k.id());
    }
  }

  private final GraphServices services;
  private final Duration reloadWait;
  private final Map<ComponentKey, ComponentMetrics> metrics = new ConcurrentHashMap<>();

  /**
   * @param reloadWait time for which components removed by a reload may wait for space in a
   *     remaining queue, before their data is accepted anyway
   */
  Lifecycle(GraphServices services, Duration reloadWait) {
    this.services = services;
    this.reloadWait = reloadWait;
  }

  /** Starts a node. */
  void start(GraphNode n) throws IOException {
    try {
      n.component.start();
    } catch (IOException e) {
      throw new IOException(n.context.name() + " cannot start: " + IoFailures.describe(e), e);
    }
    runs(n);
  }

  /** Registers a started node, which may have taken over resources of another. */
  void runs(GraphNode n) {
    n.started = true;
    metrics
        .computeIfAbsent(
            ComponentKey.of(n.key),
            k -> {
              ComponentMetrics m = new ComponentMetrics();
              services.metrics().register(m);
              return m;
            })
        .begin(n.context.metrics());
    LOG.log(Level.DEBUG, "{0} runs", n.context.name());
  }

  /** Stops a node, if it runs. */
  void stop(GraphNode n, Duration timeLimit) {
    if (!n.started) {
      return;
    }
    n.started = false;
    try {
      n.component.stop(timeLimit);
    } catch (RuntimeException e) {
      LOG.log(Level.ERROR, n.context.name() + " failed to stop", e);
    }
    ComponentMetrics m = metrics.get(ComponentKey.of(n.key));
    if (m != null) {
      try {
        m.end(n.context.metrics());
      } catch (RuntimeException e) {
        LOG.log(Level.ERROR, "Counts of " + n.context.name() + " end", e);
      }
    }
    LOG.log(Level.DEBUG, "{0} has stopped", n.context.name());
  }

  /** Removes the metrics of components without a node. */
  void keepMetrics(Collection<NodeKey> nodes) {
    Set<ComponentKey> keep = nodes.stream().map(ComponentKey::of).collect(Collectors.toSet());
    metrics
        .entrySet()
        .removeIf(
            e -> {
              boolean gone = !keep.contains(e.getKey());
              if (gone) {
                services.metrics().unregister(e.getValue());
              }
              return gone;
            });
  }

  /**
   * Stops components removed by a reload. Their data may wait for a while for space in a remaining
   * queue whose destination is down; then it is accepted beyond the size of the queue.
   *
   * @param staying nodes that keep running
   */
  void stopGone(List<GraphNode> gone, List<GraphNode> staying) {
    List<GraphNode> all = new ArrayList<>(gone);
    all.addAll(staying);
    Scheduler.Timer late = services.clock().schedule(reloadWait, () -> endWaits(gone, all));
    try {
      stopAll(gone, RELOAD_DRAIN);
    } finally {
      late.cancel();
    }
  }

  /**
   * Ends waits for space of batches from these nodes.
   *
   * @param all nodes in whose queues they may wait
   */
  static void endWaits(List<GraphNode> ending, List<GraphNode> all) {
    ending.forEach(n -> n.context.exit().close());
    all.forEach(n -> n.context.exporters().forEach(QueuedExporter::wakeBlockedProducers));
  }

  /**
   * Stops nodes within a time limit, upstream first, extensions last. Their batches may wait for
   * space in a downstream queue whose destination is down: at the end of the time they are
   * rejected.
   */
  void stopAll(List<GraphNode> some, Duration timeLimit) {
    if (!timeLimit.isPositive()) {
      failBlockedProducers(some);
    }
    Scheduler.Timer late = services.clock().schedule(timeLimit, () -> failBlockedProducers(some));
    try {
      stopInOrder(some, timeLimit);
    } finally {
      late.cancel();
    }
  }

  private void stopInOrder(List<GraphNode> some, Duration timeLimit) {
    long end = services.clock().nanos() + timeLimit.toNanos();
    List<GraphNode> order = new ArrayList<>();
    some.stream().filter(n -> n.key.kind() != ComponentKind.EXTENSION).forEach(order::add);
    some.reversed().stream()
        .filter(n -> n.key.kind() == ComponentKind.EXTENSION)
        .forEach(order::add);
    for (GraphNode n : order) {
      long remaining = Math.max(0, end - services.clock().nanos());
      stop(n, Duration.ofNanos(remaining));
    }
  }

  /** Ends all waits for space in their queues. */
  static void failBlockedProducers(List<GraphNode> some) {
    some.forEach(n -> n.context.exporters().forEach(QueuedExporter::failBlockedProducers));
  }
}
