package dev.tethys.pipeline.graph;

import dev.tethys.model.log.JulLogger;
import dev.tethys.pipeline.Scheduler;
import dev.tethys.pipeline.component.Component;
import dev.tethys.pipeline.component.ComponentId;
import dev.tethys.pipeline.component.ComponentKind;
import dev.tethys.pipeline.component.ConfigWatcher;
import dev.tethys.pipeline.component.ExporterHealth;
import dev.tethys.pipeline.component.GraphWatcher;
import dev.tethys.pipeline.component.HealthWatcher;
import dev.tethys.pipeline.component.PipelineWatcher;
import dev.tethys.pipeline.component.RunningGraph;
import dev.tethys.pipeline.component.WaitingSource;
import dev.tethys.pipeline.config.GraphConfig;
import dev.tethys.pipeline.delivery.Neighbours;
import dev.tethys.pipeline.delivery.OutboxStatus;
import dev.tethys.pipeline.delivery.OutboxView;
import dev.tethys.pipeline.ledger.ProcessBalance;
import dev.tethys.pipeline.volume.Volumes;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Running receivers, processors, connectors and exporters of a configuration, which can change to
 * another configuration without a stop.
 *
 * <p>Invariants: changes are serialized under the monitor of this; readers do not wait for a
 * change, which may take as long as queues drain. {@code nodes} are those of {@code config}, in
 * upstream-first order; each is started, or was stopped by a failed change and could not be
 * restarted, which is retried.
 */
public final class Graph implements GraphView {
  private static final System.Logger LOG = JulLogger.of("dev.tethys.pipeline");

  /**
   * Time for which components removed by a reload may wait for space in a remaining queue, before
   * their data is accepted anyway.
   */
  private static final Duration RELOAD_WAIT = Duration.ofSeconds(5);

  /** Pause before a component that could not be restarted after a failed change is retried. */
  private static final Duration START_AGAIN = Duration.ofSeconds(1);

  private final GraphServices services;
  private final Lifecycle lifecycle;
  private final Wiring wiring;
  private volatile Map<NodeKey, GraphNode> nodes = Map.of(); // replaced, never modified
  private volatile @Nullable GraphConfig config;
  private ConfigWatcher.Effective effective = ConfigWatcher.Effective.UNKNOWN;
  private volatile long pauseNanos;

  /** Creates an empty graph. */
  public Graph(GraphServices services) {
    this(services, RELOAD_WAIT);
  }

  Graph(GraphServices services, Duration reloadWait) {
    this.services = services;
    this.wiring = new Wiring(services.clock(), services.volumes());
    this.lifecycle = new Lifecycle(services, reloadWait);
  }

  /**
   * Creates all components of a configuration and discards them: errors are found, nothing is
   * opened.
   *
   * @throws dev.tethys.config.ConfigException at an error
   */
  public static void check(GraphConfig config, GraphServices services) {
    Map<ComponentId, Component> extensions = new HashMap<>();
    Plan.of(config)
        .nodes()
        .forEach(
            (k, step) -> {
              GraphNode n = GraphNode.create(k, step, services, extensions);
              if (k.kind() == ComponentKind.EXTENSION) {
                extensions.put(k.id(), n.component);
              }
            });
  }

  /** Returns the running configuration; empty before the first. */
  public Optional<GraphConfig> config() {
    return Optional.ofNullable(config);
  }

  /**
   * Changes to a configuration. Everything new is created before anything stops; unchanged nodes
   * keep running. If a component cannot start, the previous state is restored.
   *
   * @throws dev.tethys.config.ConfigException if the configuration is invalid
   * @throws IOException if a component cannot start
   */
  public void apply(GraphConfig next) throws IOException {
    apply(next, ConfigWatcher.Effective.UNKNOWN);
  }

  /**
   * Variant for a configuration that extensions may report.
   *
   * @throws dev.tethys.config.ConfigException if the configuration is invalid
   * @throws IOException if a component cannot start
   */
  public void apply(GraphConfig next, ConfigWatcher.Effective shown) throws IOException {
    apply(next, shown, () -> {});
  }

  /**
   * Variant with a notification.
   *
   * @param runs called when the configuration runs, before removed components have stopped
   * @throws dev.tethys.config.ConfigException if the configuration is invalid
   * @throws IOException if a component cannot start
   */
  public synchronized void apply(GraphConfig next, ConfigWatcher.Effective shown, Runnable runs)
      throws IOException {
    GraphConfig before = config;
    Plan plan = Plan.of(next);
    services.volumes().configure(next.telemetry().volumes());
    Reconfiguration change =
        new Reconfiguration(
            plan, nodes, before == null ? null : Plan.of(before), services, wiring, lifecycle);
    try {
      change.runAlone();
    } catch (IOException | RuntimeException e) {
      nodes = change.undo();
      if (before != null) {
        services.volumes().configure(before.telemetry().volumes());
        notifyWatchers(before); // a graph that replaces another has not been reported yet
      }
      if (!failures().isEmpty()) {
        services
            .clock()
            .schedule(START_AGAIN, () -> services.clock().execute("start again", this::startAgain));
      }
      throw e;
    }
    Map<NodeKey, GraphNode> wanted = change.plannedNodes();
    List<GraphNode> gone = new ArrayList<>();
    nodes
        .values()
        .forEach(
            n -> {
              if (wanted.get(n.key) != n && n.started) {
                gone.add(n);
              }
            });
    Map<NodeKey, Neighbours> neighbours = plan.neighbours();
    wanted
        .values()
        .forEach(n -> n.context.setNeighbours(neighbours.getOrDefault(n.key, Neighbours.NONE)));
    wanted.values().forEach(n -> leadToShared(n, plan, wanted));
    nodes = wanted;
    config = next;
    effective = shown;
    pauseNanos = change.pauseNanos();
    notifyWatchers(next);
    runs.run();
    lifecycle.stopGone(gone, List.copyOf(wanted.values()));
    lifecycle.keepMetrics(wanted.keySet());
    wiring.keepOnly(plan);
  }

  /** Sets the shared downstream queues of a receiver's outputs. */
  private static void leadToShared(GraphNode n, Plan plan, Map<NodeKey, GraphNode> all) {
    if (n.key.kind() == ComponentKind.RECEIVER) {
      n.outputs.forEach(
          (output, to) ->
              to.leadTo(
                  plan.exporters(n.key, output).stream()
                      .map(all::get)
                      .filter(e -> e != null && e.context.neighbours() == Neighbours.SAME_ITEMS)
                      .map(e -> e.context)
                      .toList()));
    }
  }

  /** Restarts components that a failed change stopped and could not restart. */
  private synchronized void startAgain() {
    GraphConfig now = config;
    Map<String, String> failed = failures();
    if (now == null || failed.isEmpty()) {
      return;
    }
    try {
      apply(now, effective);
      failed.keySet().forEach(n -> LOG.log(Level.INFO, "Component runs again component={0}", n));
    } catch (IOException | RuntimeException e) {
      LOG.log(Level.DEBUG, "tried again later", e);
    }
  }

  /**
   * Returns the reasons, by node ID, why configured nodes are not running: a failed change stopped
   * them, and they could not be restarted since.
   */
  public Map<String, String> failures() {
    Map<String, String> out = new LinkedHashMap<>();
    for (GraphNode n : nodes.values()) {
      String why = n.failure;
      if (why != null) {
        out.put(n.key.toString(), why);
      }
    }
    return out;
  }

  /**
   * Returns the longest time that the last change made batches wait; unchanged parts never wait.
   */
  public Duration pause() {
    return Duration.ofNanos(pauseNanos);
  }

  /**
   * Stops everything: receivers first, then each node once no batch reaches it. A change in
   * progress that waits for space in a remaining queue must end also within the time.
   *
   * @param timeLimit time limit for the entire shutdown
   */
  public void stop(Duration timeLimit) {
    long end = services.clock().nanos() + timeLimit.toNanos();
    Scheduler.Timer late =
        services
            .clock()
            .schedule(timeLimit, () -> Lifecycle.failBlockedProducers(List.copyOf(nodes.values())));
    try {
      stopBy(end);
    } finally {
      late.cancel();
    }
  }

  private synchronized void stopBy(long end) {
    watchers(PipelineWatcher.class).forEach(PipelineWatcher::notReady);
    Duration remaining = Duration.ofNanos(Math.max(0, end - services.clock().nanos()));
    lifecycle.stopAll(new ArrayList<>(nodes.values()), remaining);
    lifecycle.keepMetrics(Set.of());
    nodes = Map.of();
    config = null;
  }

  /**
   * Stops callers from waiting for space in the queues: a batch without space is returned to its
   * source.
   */
  public void failBlockedProducers() {
    Lifecycle.failBlockedProducers(List.copyOf(nodes.values()));
  }

  private void notifyWatchers(GraphConfig now) {
    RunningGraph running = now.running();
    watchers(GraphWatcher.class).forEach(w -> w.runs(running));
    watchers(HealthWatcher.class).forEach(w -> w.watchExporters(this::exporters));
    watchers(ConfigWatcher.class).forEach(w -> w.holds(effective));
    watchers(PipelineWatcher.class).forEach(PipelineWatcher::ready);
  }

  /** Returns the health of exporters with queues. */
  public List<ExporterHealth> exporters() {
    List<ExporterHealth> out = new ArrayList<>();
    for (GraphNode n : nodes.values()) {
      OutboxView box = n.key.kind() == ComponentKind.EXPORTER ? n.context.outbox() : null;
      if (box != null) {
        OutboxStatus s = box.status();
        boolean fails = s.isFailing(services.clock().millis());
        out.add(
            new ExporterHealth(
                n.key.id(),
                Plan.signal(n.key.part()),
                fails ? s.lastError() : "",
                s.lastErrorMillis(),
                s.oldestMillis()));
      }
    }
    return out;
  }

  /** Reasons why receivers read nothing, or exporters deliver nothing; empty if there are none. */
  public List<String> waits() {
    List<String> out = new ArrayList<>();
    watchers(WaitingSource.class).forEach(w -> out.add(w.waitsFor()));
    exporters().forEach(e -> out.add(e.error()));
    out.addAll(failures().values());
    out.removeIf(String::isEmpty);
    return out;
  }

  private <T> List<T> watchers(Class<T> kind) {
    List<T> out = new ArrayList<>();
    for (GraphNode n : nodes.values()) {
      if (n.started && kind.isInstance(n.component)) {
        out.add(kind.cast(n.component));
      }
    }
    return out;
  }

  /** Returns the wall clock of the graph in Unix milliseconds. */
  long millis() {
    return services.clock().millis();
  }

  @Override
  public GraphStatus status() {
    List<GraphStatus.NodeStatus> n = new ArrayList<>();
    Map<NodeKey, GraphNode> now = nodes;
    Map<NodeKey, List<Blockage>> blocked =
        BlockedNodes.of(now, wiring.edges(), services.clock().millis());
    for (GraphNode node : now.values()) {
      n.add(
          GraphStatus.NodeStatus.of(
              node, services.ledger(), blocked.getOrDefault(node.key, List.of())));
    }
    return new GraphStatus(n, wiring.status());
  }

  @Override
  public Map<String, OutboxView> outboxes() {
    Map<String, OutboxView> out = new LinkedHashMap<>();
    for (GraphNode n : nodes.values()) {
      OutboxView box = n.context.outbox();
      if (box != null) {
        out.put(n.key.toString(), box);
      }
    }
    return out;
  }

  @Override
  public Volumes volumes() {
    return services.volumes();
  }

  @Override
  public ProcessBalance balance() {
    return ProcessBalance.of(services.ledger().accounts(), wiring::items);
  }

  @Override
  public Optional<NodeTap> tapNode(String node, double perSecond) {
    return wiring.tapNode(node, perSecond);
  }

  @Override
  public Optional<RecordTrail> follow(RecordTrail.Start start) {
    return wiring.follow(start);
  }

  @Override
  public Optional<Tap> tap(String edge, double perSecond) {
    return wiring.tap(edge, perSecond);
  }
}
