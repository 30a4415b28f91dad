package dev.tethys.pipeline.graph;

import dev.tethys.model.file.IoFailures;
import dev.tethys.model.guard.LimitedLog;
import dev.tethys.model.log.JulLogger;
import dev.tethys.pipeline.component.Adjustable;
import dev.tethys.pipeline.component.Component;
import dev.tethys.pipeline.component.ComponentId;
import dev.tethys.pipeline.component.ComponentKind;
import dev.tethys.pipeline.component.Receiver;
import dev.tethys.pipeline.config.Definition;
import dev.tethys.pipeline.server.PortExchange;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import org.jspecify.annotations.Nullable;

/**
 * Transition from the running nodes to the nodes of a plan. Unchanged nodes keep running, or are
 * adjusted; everything new is created before anything stops; if one cannot start, {@link #undo}
 * restores the previous state. Removed nodes are left to the caller, except receivers if others
 * start.
 */
final class Reconfiguration {
  private static final System.Logger LOG = JulLogger.of("dev.tethys.pipeline");
  private static final LimitedLog FAILURES = new LimitedLog(LOG);

  /** Maximum time that calls wait while a replaced node forwards its items. */
  private static final Duration HOLD = Duration.ofMillis(20);

  private final Plan plan;
  private final @Nullable Plan planBefore;
  private final GraphServices services;
  private final Wiring wiring;
  private final Lifecycle lifecycle;
  private Map<NodeKey, GraphNode> running; // contains another node only if one had to be recreated

  private final Map<NodeKey, GraphNode> wanted = new LinkedHashMap<>();
  private final List<GraphNode> fresh = new ArrayList<>();
  private final Map<GraphNode, Definition> adjusted = new LinkedHashMap<>();

  private final Map<GraphNode, Definition> before = new LinkedHashMap<>();
  private final List<GraphNode> startedBeside = new ArrayList<>();
  private final List<QueuedExporter> succeeded = new ArrayList<>();
  private final List<GraphNode> replacedInPlace = new ArrayList<>();
  private final List<GraphNode> startedInPlace = new ArrayList<>();

  private final PortExchange ports = new PortExchange();

  /** Longest time that batches were held, in nanoseconds. */
  private long longest;

  /**
   * Creates new nodes and opens nothing.
   *
   * @param running the running nodes
   * @param planBefore their plan; null for the first
   * @throws dev.tethys.config.ConfigException if a component cannot be created
   */
  Reconfiguration(
      Plan plan,
      Map<NodeKey, GraphNode> running,
      @Nullable Plan planBefore,
      GraphServices services,
      Wiring wiring,
      Lifecycle lifecycle) {
    this.plan = plan;
    this.running = running;
    this.planBefore = planBefore;
    this.services = services;
    this.wiring = wiring;
    this.lifecycle = lifecycle;
    compare();
  }

  private void compare() {
    Map<ComponentId, Component> extensions = new HashMap<>();
    Map<ComponentId, Boolean> renewed = new HashMap<>();
    plan.nodes()
        .forEach(
            (k, step) -> {
              GraphNode old = running.get(k);
              boolean keep =
                  old != null
                      && old.failure == null
                      && old.outputs.keySet().equals(step.outputs().keySet())
                      && old.context.requestedExtensions().stream()
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
              GraphNode n =
                  keep && old != null ? old : GraphNode.create(k, step, services, extensions);
              wanted.put(k, n);
              if (!keep) {
                fresh.add(n);
              }
              if (k.kind() == ComponentKind.EXTENSION) {
                extensions.put(k.id(), n.component);
                renewed.put(k.id(), !keep);
              }
            });
  }

  /** Returns the planned nodes. */
  Map<NodeKey, GraphNode> plannedNodes() {
    return wanted;
  }

  /** Returns the longest time that batches were held, in nanoseconds. */
  long pauseNanos() {
    return longest;
  }

  /**
   * Runs on a platform thread: among busy virtual threads, held batches would wait for this one to
   * be scheduled.
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
    for (GraphNode n : fresh) {
      wiring.lead(n, plan);
    }
    // Extensions in order, then downstream nodes before upstream ones.
    List<GraphNode> order = new ArrayList<>();
    fresh.stream().filter(n -> n.key.kind() == ComponentKind.EXTENSION).forEach(order::add);
    fresh.reversed().stream()
        .filter(n -> n.key.kind() != ComponentKind.EXTENSION)
        .forEach(order::add);
    for (GraphNode n : order) {
      GraphNode old = running.get(n.key);
      if (old == null || !old.isExclusive() && !canSucceed(old, n)) {
        if (n.key.kind() != ComponentKind.RECEIVER) {
          lifecycle.start(n);
          startedBeside.add(n);
          if (old == null) {
            wiring.put(n);
          }
        }
      }
    }
    for (GraphNode n : order) {
      GraphNode old = running.get(n.key);
      if (n.started || old == null || n.key.kind() == ComponentKind.RECEIVER) {
        continue;
      }
      if (canSucceed(old, n)) {
        succeed(old, n);
      } else {
        replaceInPlace(old, n);
      }
    }
    exchangeReceivers(order.stream().filter(Reconfiguration::isReceiver).toList());
    for (GraphNode n : startedBeside) {
      GraphNode old = running.get(n.key);
      if (old != null) {
        NodeHolder s = wiring.slot(n.key);
        forward(old, HOLD); // most of it while nothing waits
        forward(old, s.hold(HOLD));
        s.put(n.consumer());
        longest = Math.max(longest, s.release());
      }
    }
    for (GraphNode n : wanted.values()) {
      wiring.lead(n, plan);
    }
    for (Map.Entry<GraphNode, Definition> e : adjusted.entrySet()) {
      GraphNode n = e.getKey();
      before.put(n, n.definition);
      adjust(n, e.getValue());
    }
    ports.finish();
  }

  private static boolean isReceiver(GraphNode n) {
    return n.key.kind() == ComponentKind.RECEIVER;
  }

  private static boolean passesPorts(GraphNode n) {
    return n.component instanceof Receiver r && r.passesPorts();
  }

  /**
   * Starts receivers after stopping those that they replace or that are removed: a port may move
   * between any of these. Batches keep flowing, so requests in flight receive responses.
   */
  private void exchangeReceivers(List<GraphNode> coming) throws IOException {
    if (coming.isEmpty()) {
      return;
    }
    List<GraphNode> going = new ArrayList<>();
    for (GraphNode old : running.values()) {
      GraphNode n = wanted.get(old.key);
      if (isReceiver(old) && n != old && (n != null || old.started)) {
        going.add(old);
      }
    }
    // Requests of listeners that pass on wait from their stop to the next start.
    going.sort(Comparator.comparing(Reconfiguration::passesPorts));
    List<GraphNode> order = new ArrayList<>(coming);
    order.sort(Comparator.comparing(Reconfiguration::passesPorts).reversed());
    for (GraphNode n : order) {
      if (n.component instanceof Receiver r) {
        ports.expect(r.sockets());
      }
    }
    long began = System.nanoTime();
    boolean waited = false;
    for (GraphNode old : going) {
      waited |= !passesPorts(old) && wanted.containsKey(old.key);
      replacedInPlace.add(old);
      if (passesPorts(old) || wanted.containsKey(old.key)) {
        stopNow(old);
      } else {
        lifecycle.stopGone(List.of(old), staying());
      }
    }
    for (GraphNode n : order) {
      startReceiver(n);
      startedInPlace.add(n);
      wiring.put(n);
    }
    longest = Math.max(longest, waited ? System.nanoTime() - began : ports.longestNanos());
  }

  private void startReceiver(GraphNode n) throws IOException {
    if (passesPorts(n)) {
      ports.run(() -> lifecycle.start(n));
    } else {
      ports.freeAddresses();
      lifecycle.start(n);
    }
  }

  private List<GraphNode> staying() {
    List<GraphNode> all = new ArrayList<>(running.values());
    all.addAll(wanted.values());
    return all;
  }

  private boolean canSucceed(GraphNode old, GraphNode n) {
    return old.started
        && old.component.queue() instanceof QueuedExporter before
        && n.component.queue() instanceof QueuedExporter after
        && after.canSucceed(before);
  }

  /** Starts a node with the queue of another. */
  private void succeed(GraphNode old, GraphNode n) {
    if (old.component.queue() instanceof QueuedExporter before
        && n.component.queue() instanceof QueuedExporter after) {
      after.succeed(before);
      succeeded.add(after);
      lifecycle.runs(n);
      startedBeside.add(n);
    }
  }

  /** Forwards the items of a node before new ones reach its successor, as far as they fit. */
  private void forward(GraphNode old, Duration timeLimit) {
    Thread t =
        Thread.ofPlatform()
            .daemon()
            .name(old.context.name() + " hands on")
            .start(old.component::forward);
    try {
      t.join(timeLimit);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void adjust(GraphNode n, Definition to) throws IOException {
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

  /** Stops the old node before the new one starts; batches wait meanwhile. */
  private void replaceInPlace(GraphNode old, GraphNode n) throws IOException {
    NodeHolder s = wiring.slot(n.key);
    s.hold(HOLD);
    try {
      stopNow(old);
      replacedInPlace.add(old);
      lifecycle.start(n);
      startedInPlace.add(n);
      s.put(n.consumer());
    } finally {
      longest = Math.max(longest, s.release());
    }
  }

  /** Restores the previous state; returns the running nodes. */
  Map<NodeKey, GraphNode> undo() {
    before.forEach(
        (n, was) -> {
          try {
            adjust(n, was);
          } catch (IOException | RuntimeException e) {
            LOG.log(Level.ERROR, n.context.name() + " could not be restored", e);
          }
        });
    for (GraphNode n : startedInPlace.reversed()) {
      wiring.slot(n.key).put(null);
      stopNow(n);
    }
    for (GraphNode old : replacedInPlace.reversed()) {
      revive(old);
    }
    succeeded.forEach(QueuedExporter::returnQueue);
    for (GraphNode n : startedBeside.reversed()) {
      GraphNode old = running.get(n.key);
      wiring.slot(n.key).put(old == null ? null : old.consumer());
      stopNow(n);
    }
    if (planBefore != null) {
      running.values().forEach(n -> wiring.lead(n, planBefore));
      wiring.keepOnly(planBefore);
    }
    ports.finish();
    return running;
  }

  /** Stops a node while others keep running; downstream queues have space for its items. */
  private void stopNow(GraphNode n) {
    Lifecycle.endWaits(List.of(n), staying());
    if (passesPorts(n)) {
      ports.run(() -> lifecycle.stop(n, Duration.ZERO));
    } else {
      lifecycle.stop(n, Duration.ZERO);
    }
  }

  /** Replaces a stopped component, which cannot be restarted, with another one. */
  private void revive(GraphNode old) {
    Map<ComponentId, Component> extensions = new HashMap<>();
    running.forEach(
        (k, n) -> {
          if (k.kind() == ComponentKind.EXTENSION) {
            extensions.put(k.id(), n.component);
          }
        });
    Map<String, List<Edge.Key>> outputs = new HashMap<>();
    old.outputs.keySet().forEach(o -> outputs.put(o, List.of()));
    try {
      GraphNode again =
          GraphNode.create(old.key, new Plan.Step(old.definition, outputs), services, extensions);
      Map<NodeKey, GraphNode> back = new LinkedHashMap<>(running);
      back.put(old.key, again);
      running = back;
      if (planBefore != null) {
        wiring.lead(again, planBefore);
      }
      start(again);
      wiring.put(again);
    } catch (IOException | RuntimeException e) {
      FAILURES.failure(Level.ERROR, "Component not started again component", old.context.name(), e);
    }
  }

  private void start(GraphNode again) throws IOException {
    try {
      if (isReceiver(again)) {
        startReceiver(again);
      } else {
        lifecycle.start(again);
      }
    } catch (IOException e) { // adds the component's name
      again.failure = IoFailures.describe(e);
      throw e;
    } catch (RuntimeException e) {
      again.failure = again.context.name() + " cannot start: " + e;
      throw e;
    }
  }
}
