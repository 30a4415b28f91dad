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
 * Starts and stops nodes and releases producers that wait for queue capacity meanwhile. Stopping
 * takes bounded time even while a remote system is down.
 */
final class Lifecycle {
  private static final System.Logger LOG = JulLogger.of("dev.tethys.pipeline");

  /** How long what is taken out by a reload may drain. */
  private static final Duration RELOAD_DRAIN = Duration.ofSeconds(30);

  /** Component of which there may be several nodes. */
  private record ComponentKey(ComponentKind kind, ComponentId id) {
    static ComponentKey of(NodeKey k) {
      return new ComponentKey(k.kind(), k.id());
    }
  }

  private final GraphServices services;
  private final Duration reloadWait;
  private final Map<ComponentKey, ComponentMetrics> metrics = new ConcurrentHashMap<>();

  /**
   * @param reloadWait how long what is taken out by a reload may wait for room in a queue that
   *     stays, before it is taken there all the same
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

  /** A node has started, be it with what another had. */
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
      LOG.log(Level.ERROR, n.context.name() + " did not stop as it should", e);
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

  /** Forgets the metrics of components without a node. */
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
   * Stops what a reload has taken out. What that holds may wait for room in a queue that stays, of
   * a destination that is down, for a while; then it is taken beyond the size of the queue.
   *
   * @param staying nodes that continue
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
   * Batches that nodes pass on wait no more for room.
   *
   * @param all in whose queues it may wait now
   */
  static void endWaits(List<GraphNode> ending, List<GraphNode> all) {
    ending.forEach(n -> n.context.exit().close());
    all.forEach(n -> n.context.exporters().forEach(QueuedExporter::wakeBlockedProducers));
  }

  /**
   * Stops nodes within a time, sources first, extensions last. Their batches may wait for room in a
   * later queue of a destination that is down: at the end of the time they are refused.
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

  /** No caller waits for room in their queues any more. */
  static void failBlockedProducers(List<GraphNode> some) {
    some.forEach(n -> n.context.exporters().forEach(QueuedExporter::failBlockedProducers));
  }
}
