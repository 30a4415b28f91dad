package dev.tethys.pipeline.graph;

import dev.tethys.pipeline.Clockwork;
import dev.tethys.pipeline.component.Adjustable;
import dev.tethys.pipeline.component.Component;
import dev.tethys.pipeline.component.ComponentId;
import dev.tethys.pipeline.component.GraphWatcher;
import dev.tethys.pipeline.component.Kind;
import dev.tethys.pipeline.component.PipelineWatcher;
import dev.tethys.pipeline.component.RunningGraph;
import dev.tethys.pipeline.delivery.OutboxView;
import dev.tethys.pipeline.grammar.Definition;
import dev.tethys.pipeline.grammar.GraphConfig;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import org.jspecify.annotations.Nullable;

/**
 * Receivers, processors, connectors and exporters that run, as a configuration says, and that
 * become those of another configuration without a stop.
 *
 * <p>Invariants: changes happen one at a time, under the monitor of this, and those who look on
 * need not wait for one, which may take as long as queues drain. {@code nodes} are those of {@code
 * config}, in an order in which sources come before what they lead to; each is started. Batches
 * find their way by slots, which stay when the node in them is replaced, so that a branch that a
 * reload does not concern never notices.
 */
public final class Graph implements GraphView {
  private static final System.Logger LOG = System.getLogger("dev.tethys.pipeline");

  /** How long calls wait at most for a node that a reload replaces to hand on what it has. */
  private static final Duration HOLD = Duration.ofMillis(20);

  /** How long what is taken out by a reload may drain. */
  private static final Duration RELOAD_DRAIN = Duration.ofSeconds(30);

  /**
   * How long what is taken out by a reload may wait for room in a queue that stays, before it is
   * taken there all the same.
   */
  private static final Duration RELOAD_WAIT = Duration.ofSeconds(5);

  private final GraphServices services;
  private final Duration reloadWait;
  private final Map<NodeKey, Slot> slots = new HashMap<>();
  private final Map<Edge.Key, Edge> edges = new LinkedHashMap<>(); // guarded by itself
  private volatile Map<NodeKey, Node> nodes = Map.of(); // never changed, only replaced
  private volatile @Nullable GraphConfig config;
  private volatile long pauseNanos;

  /** A graph of nothing. */
  public Graph(GraphServices services) {
    this(services, RELOAD_WAIT);
  }

  Graph(GraphServices services, Duration reloadWait) {
    this.services = services;
    this.reloadWait = reloadWait;
  }

  /**
   * Makes all components of a configuration and forgets them: what is wrong with it is found,
   * nothing is opened.
   *
   * @throws dev.tethys.config.ConfigException where it is wrong
   */
  public static void check(GraphConfig config, GraphServices services) {
    Map<ComponentId, Component> extensions = new HashMap<>();
    Plan.of(config)
        .nodes()
        .forEach(
            (k, step) -> {
              Node n = Node.create(k, step, services, extensions);
              if (k.kind() == Kind.EXTENSION) {
                extensions.put(k.id(), n.component);
              }
            });
  }

  /** The configuration that runs; empty before the first. */
  public Optional<GraphConfig> config() {
    return Optional.ofNullable(config);
  }

  /**
   * Becomes what a configuration says. Everything new is made before anything stops; what did not
   * change goes on. When a component cannot start, everything is as it was before.
   *
   * @throws dev.tethys.config.ConfigException where the configuration is wrong
   * @throws IOException when a component cannot start
   */
  public synchronized void apply(GraphConfig next) throws IOException {
    Plan plan = Plan.of(next);
    Map<NodeKey, Node> wanted = new LinkedHashMap<>();
    List<Node> fresh = new ArrayList<>();
    Map<ComponentId, Component> extensions = new HashMap<>();
    Map<ComponentId, Boolean> renewed = new HashMap<>();
    Map<Node, Definition> adjusted = new LinkedHashMap<>();
    plan.nodes()
        .forEach(
            (k, step) -> {
              Node old = nodes.get(k);
              boolean keep =
                  old != null
                      && old.outputs.keySet().equals(step.outputs().keySet())
                      && old.context.asked().stream()
                          .noneMatch(id -> Boolean.TRUE.equals(renewed.get(id)));
              if (keep && old != null && !old.definition.sameAs(step.definition())) {
                keep =
                    old.component instanceof Adjustable
                        && old.started
                        && old.definition.factory() == step.definition().factory();
                if (keep) {
                  adjusted.put(old, step.definition());
                }
              }
              Node n = keep && old != null ? old : Node.create(k, step, services, extensions);
              wanted.put(k, n);
              if (!keep) {
                fresh.add(n);
              }
              if (k.kind() == Kind.EXTENSION) {
                extensions.put(k.id(), n.component);
                renewed.put(k.id(), !keep);
              }
            });
    Change change = new Change(plan, wanted, fresh, adjusted);
    try {
      change.runAlone();
    } catch (IOException | RuntimeException e) {
      change.undo();
      throw e;
    }
    List<Node> gone = new ArrayList<>();
    nodes
        .values()
        .forEach(
            n -> {
              if (wanted.get(n.key) != n && n.started) {
                gone.add(n);
              }
            });
    nodes = wanted;
    config = next;
    pauseNanos = change.longest;
    tellWatchers(next);
    stopGone(gone);
    forget(plan);
  }

  /** One change from the nodes that run to others. */
  private final class Change {
    private final Plan plan;
    private final Map<NodeKey, Node> wanted;
    private final List<Node> fresh;
    private final Map<Node, Definition> adjusted;
    private final Map<Node, Definition> before = new LinkedHashMap<>();
    private final List<Node> startedBeside = new ArrayList<>();
    private final List<QueuedExporter> succeeded = new ArrayList<>();

    /** How long batches were held where they were held longest, in nanoseconds. */
    private long longest;

    private final List<Node> replacedInPlace = new ArrayList<>();
    private final List<Node> startedInPlace = new ArrayList<>();

    Change(Plan plan, Map<NodeKey, Node> wanted, List<Node> fresh, Map<Node, Definition> adjusted) {
      this.adjusted = adjusted;
      this.plan = plan;
      this.wanted = wanted;
      this.fresh = fresh;
    }

    /**
     * Runs on a thread of the system: among virtual threads that are busy with what passes, those
     * who are held would wait for this one's turn.
     */
    void runAlone() throws IOException {
      FutureTask<Void> all =
          new FutureTask<>(
              () -> {
                run();
                return null;
              });
      Thread.ofPlatform().name("reload").start(all);
      boolean interrupted = false;
      while (true) {
        try {
          all.get();
          break;
        } catch (InterruptedException e) {
          interrupted = true; // a change is never left half done
        } catch (ExecutionException e) {
          switch (e.getCause()) {
            case IOException x -> throw x;
            case RuntimeException x -> throw x;
            case Error x -> throw x;
            case null, default -> throw new IllegalStateException(e);
          }
        }
      }
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }

    private void run() throws IOException {
      for (Node n : fresh) {
        lead(n, plan);
      }
      // Extensions in their order, then what is led to before what leads there.
      List<Node> order = new ArrayList<>();
      fresh.stream().filter(n -> n.key.kind() == Kind.EXTENSION).forEach(order::add);
      fresh.reversed().stream().filter(n -> n.key.kind() != Kind.EXTENSION).forEach(order::add);
      for (Node n : order) {
        Node old = nodes.get(n.key);
        if (old == null || !old.isExclusive() && !canSucceed(old, n)) {
          if (n.key.kind() != Kind.RECEIVER) {
            start(n);
            startedBeside.add(n);
            if (old == null) {
              put(n);
            }
          }
        }
      }
      for (Node n : order) {
        Node old = nodes.get(n.key);
        if (n.started) {
          continue;
        }
        if (old == null) {
          start(n);
          startedBeside.add(n);
          put(n);
        } else if (canSucceed(old, n)) {
          succeed(old, n);
        } else {
          replaceInPlace(old, n);
        }
      }
      for (Node n : startedBeside) {
        Node old = nodes.get(n.key);
        if (old != null) {
          Slot s = slot(n.key);
          handOn(old, HOLD); // most of it while nobody waits
          handOn(old, s.hold(HOLD));
          s.put(n.consumer());
          longest = Math.max(longest, s.release());
        }
      }
      for (Node n : wanted.values()) {
        lead(n, plan);
      }
      for (Map.Entry<Node, Definition> e : adjusted.entrySet()) {
        Node n = e.getKey();
        before.put(n, n.definition);
        adjust(n, e.getValue());
      }
    }

    private boolean canSucceed(Node old, Node n) {
      return old.started
          && old.component.queue() instanceof QueuedExporter before
          && n.component.queue() instanceof QueuedExporter after
          && after.canSucceed(before);
    }

    /** Starts one with the queue of another. */
    private void succeed(Node old, Node n) {
      if (old.component.queue() instanceof QueuedExporter before
          && n.component.queue() instanceof QueuedExporter after) {
        after.succeed(before);
        succeeded.add(after);
        runs(n);
        startedBeside.add(n);
      }
    }

    /** What a node holds goes on before anything comes to the next, as far as there is room. */
    private void handOn(Node old, Duration patience) {
      Thread t =
          Thread.ofPlatform()
              .daemon()
              .name(old.context.name() + " hands on")
              .start(old.component::handOn);
      try {
        t.join(patience);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }

    private void adjust(Node n, Definition to) throws IOException {
      if (n.component instanceof Adjustable a) {
        try {
          a.adjust(to.settings());
        } catch (IOException e) {
          throw new IOException(
              n.context.name() + " cannot take its new settings: " + e.getMessage(), e);
        }
        n.definition = to;
        LOG.log(Level.DEBUG, "{0} was adjusted", n.context.name());
      }
    }

    /** The old one ends before the other begins; what comes meanwhile waits. */
    private void replaceInPlace(Node old, Node n) throws IOException {
      Slot s = slot(n.key);
      s.hold(HOLD);
      try {
        stopNow(old);
        replacedInPlace.add(old);
        start(n);
        startedInPlace.add(n);
        s.put(n.consumer());
      } finally {
        longest = Math.max(longest, s.release());
      }
    }

    /** Everything as it was. */
    void undo() {
      before.forEach(
          (n, was) -> {
            try {
              adjust(n, was);
            } catch (IOException | RuntimeException e) {
              LOG.log(Level.ERROR, n.context.name() + " could not be adjusted back", e);
            }
          });
      for (Node n : startedInPlace.reversed()) {
        slot(n.key).put(null);
        stopNow(n);
      }
      for (Node old : replacedInPlace.reversed()) {
        revive(old);
      }
      succeeded.forEach(QueuedExporter::giveBack);
      for (Node n : startedBeside.reversed()) {
        Node old = nodes.get(n.key);
        slot(n.key).put(old == null ? null : old.consumer());
        stopNow(n);
      }
      GraphConfig before = config;
      if (before != null) {
        Plan p = Plan.of(before);
        nodes.values().forEach(n -> lead(n, p));
        forget(p);
        tellWatchers(before); // one that took the place of another was told nothing yet
      }
    }

    /** Stops a node while others go on; what it holds has room in the queues behind it. */
    private void stopNow(Node n) {
      List<Node> behind = new ArrayList<>(nodes.values());
      behind.addAll(wanted.values());
      endWaits(List.of(n), behind);
      stop(n, Duration.ZERO);
    }

    /** A component that was stopped cannot be started again, so another takes its place. */
    private void revive(Node old) {
      Map<ComponentId, Component> extensions = new HashMap<>();
      nodes.forEach(
          (k, n) -> {
            if (k.kind() == Kind.EXTENSION) {
              extensions.put(k.id(), n.component);
            }
          });
      Map<String, List<Edge.Key>> outputs = new HashMap<>();
      old.outputs.keySet().forEach(o -> outputs.put(o, List.of()));
      try {
        Node again =
            Node.create(old.key, new Plan.Step(old.definition, outputs), services, extensions);
        Map<NodeKey, Node> back = new LinkedHashMap<>(nodes);
        back.put(old.key, again);
        nodes = back;
        GraphConfig before = config;
        if (before != null) {
          lead(again, Plan.of(before));
        }
        start(again);
        put(again);
      } catch (IOException | RuntimeException e) {
        LOG.log(Level.ERROR, old.context.name() + " could not be started again", e);
      }
    }
  }

  private Slot slot(NodeKey k) {
    return slots.computeIfAbsent(k, Slot::new);
  }

  private void put(Node n) {
    slot(n.key).put(n.consumer());
  }

  /** Sets the outputs of a node to where a plan has them lead. */
  private void lead(Node n, Plan plan) {
    Plan.Step step = plan.nodes().get(n.key);
    if (step == null) {
      return;
    }
    step.outputs()
        .forEach(
            (o, keys) -> {
              Junction j = n.outputs.get(o);
              if (j != null) {
                j.lead(keys.stream().map(this::edge).toList());
              }
            });
  }

  private Edge edge(Edge.Key k) {
    synchronized (edges) {
      return edges.computeIfAbsent(k, x -> new Edge(x, slot(x.to())));
    }
  }

  private List<Edge> allEdges() {
    synchronized (edges) {
      return List.copyOf(edges.values());
    }
  }

  private void start(Node n) throws IOException {
    try {
      n.component.start();
    } catch (IOException e) {
      throw new IOException(n.context.name() + " cannot start: " + e.getMessage(), e);
    }
    runs(n);
  }

  private void runs(Node n) {
    n.started = true;
    services.metrics().register(n.context.metrics());
    LOG.log(Level.DEBUG, "{0} runs", n.context.name());
  }

  private void stop(Node n, Duration patience) {
    if (!n.started) {
      return;
    }
    n.started = false;
    try {
      n.component.stop(patience);
    } catch (RuntimeException e) {
      LOG.log(Level.ERROR, n.context.name() + " did not stop as it should", e);
    }
    services.metrics().unregister(n.context.metrics());
    LOG.log(Level.DEBUG, "{0} has stopped", n.context.name());
  }

  /**
   * Stops what a reload has taken out. What that holds may wait for room in a queue that stays, of
   * a destination that is down, for a while; then it is taken beyond the size of the queue.
   */
  private void stopGone(List<Node> gone) {
    List<Node> all = new ArrayList<>(gone);
    all.addAll(nodes.values());
    Clockwork.Timer late = services.clock().schedule(reloadWait, () -> endWaits(gone, all));
    try {
      stopAll(gone, RELOAD_DRAIN);
    } finally {
      late.cancel();
    }
  }

  /**
   * What nodes hand on waits no more for room.
   *
   * @param all in whose queues it may wait now
   */
  private static void endWaits(List<Node> ending, List<Node> all) {
    ending.forEach(n -> n.context.exit().close());
    all.forEach(n -> n.context.exporters().forEach(QueuedExporter::lookAgain));
  }

  /**
   * Stops nodes within a time, sources first, extensions last. What they hand on may wait for room
   * in a queue behind them, of a destination that is down: at the end of the time it finds none.
   */
  private void stopAll(List<Node> some, Duration patience) {
    if (!patience.isPositive()) {
      hasten(some);
    }
    Clockwork.Timer late = services.clock().schedule(patience, () -> hasten(some));
    try {
      stopInOrder(some, patience);
    } finally {
      late.cancel();
    }
  }

  private void stopInOrder(List<Node> some, Duration patience) {
    long end = services.clock().nanos() + patience.toNanos();
    List<Node> order = new ArrayList<>();
    some.stream().filter(n -> n.key.kind() != Kind.EXTENSION).forEach(order::add);
    some.reversed().stream().filter(n -> n.key.kind() == Kind.EXTENSION).forEach(order::add);
    for (Node n : order) {
      long left = Math.max(0, end - services.clock().nanos());
      stop(n, Duration.ofNanos(left));
    }
  }

  /** Edges and places that a plan does not have. */
  private void forget(Plan plan) {
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

  /**
   * How long the last change made batches wait, at the place where they waited longest; what did
   * not change never waits.
   */
  public Duration pause() {
    return Duration.ofNanos(pauseNanos);
  }

  /**
   * Stops everything: receivers first, then each node once nothing comes to it any more. A change
   * that is under way, and waits for room in a queue that stays, has to end within the time too.
   *
   * @param patience for all together
   */
  public void stop(Duration patience) {
    long end = services.clock().nanos() + patience.toNanos();
    Clockwork.Timer late =
        services.clock().schedule(patience, () -> hasten(List.copyOf(nodes.values())));
    try {
      stopBy(end);
    } finally {
      late.cancel();
    }
  }

  private synchronized void stopBy(long end) {
    watchers(PipelineWatcher.class).forEach(PipelineWatcher::notReady);
    Duration left = Duration.ofNanos(Math.max(0, end - services.clock().nanos()));
    stopAll(new ArrayList<>(nodes.values()), left);
    nodes = Map.of();
    config = null;
  }

  private static void hasten(List<Node> some) {
    some.forEach(n -> n.context.exporters().forEach(QueuedExporter::hasten));
  }

  /** From now on nobody waits for room in its queues: what finds none is returned to its source. */
  public void hasten() {
    hasten(List.copyOf(nodes.values()));
  }

  /** {@link dev.tethys.pipeline.delivery.Outbox#lookAgain} of all of its queues. */
  public void lookAgain() {
    endWaits(List.of(), List.copyOf(nodes.values()));
  }

  private void tellWatchers(GraphConfig now) {
    RunningGraph running = now.running();
    watchers(GraphWatcher.class).forEach(w -> w.runs(running));
    watchers(PipelineWatcher.class).forEach(PipelineWatcher::ready);
  }

  private <T> List<T> watchers(Class<T> kind) {
    List<T> out = new ArrayList<>();
    for (Node n : nodes.values()) {
      if (n.started && kind.isInstance(n.component)) {
        out.add(kind.cast(n.component));
      }
    }
    return out;
  }

  @Override
  public GraphStatus status() {
    List<GraphStatus.NodeStatus> n = new ArrayList<>();
    for (Node node : nodes.values()) {
      n.add(GraphStatus.NodeStatus.of(node, services.ledger()));
    }
    List<GraphStatus.EdgeStatus> e = new ArrayList<>();
    for (Edge edge : allEdges()) {
      e.add(
          edge.traffic.status(
              edge.key.toString(),
              edge.key.from().toString(),
              edge.key.to().toString(),
              edge.key.pipeline()));
    }
    return new GraphStatus(n, e);
  }

  @Override
  public Map<String, OutboxView> outboxes() {
    Map<String, OutboxView> out = new LinkedHashMap<>();
    for (Node n : nodes.values()) {
      OutboxView box = n.context.outbox();
      if (box != null) {
        out.put(n.key.toString(), box);
      }
    }
    return out;
  }

  @Override
  public Optional<Tap> tap(String edge, double perSecond) {
    for (Edge e : allEdges()) {
      if (Objects.equals(e.key.toString(), edge)) {
        return Optional.of(e.traffic.tap(perSecond));
      }
    }
    return Optional.empty();
  }
}
