package dev.tethys.pipeline.receiver.cluster;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.tethys.model.guard.SupervisedLoop;
import dev.tethys.model.log.JulLogger;
import dev.tethys.model.telemetry.LogsData;
import dev.tethys.pipeline.Batch;
import dev.tethys.pipeline.Consumer;
import dev.tethys.pipeline.Metadata;
import dev.tethys.pipeline.Outcome;
import dev.tethys.pipeline.Signal;
import dev.tethys.pipeline.receiver.cluster.ClusterObject.Entity;
import dev.tethys.pipeline.receiver.cluster.ClusterObject.Links;
import dev.tethys.pipeline.receiver.cluster.ClusterObject.Owner;
import dev.tethys.pipeline.receiver.scraping.EntityLogs;
import dev.tethys.pipeline.receiver.scraping.IntervalCollector;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;

/**
 * Emits entity events of a cluster as logs, as the Collector does: the state of an entity when it
 * appears or changes, and once per interval; its deletion once.
 *
 * <p>Watches only mark changes, so no watch waits for an exporter, and memory is bounded by the
 * size of the cluster. One thread compares marked entities with the emitted state and offers the
 * difference until it is accepted: a deletion that was not accepted is never lost.
 */
final class EntityEvents implements WatchedKind.Listener {
  private static final System.Logger LOG = JulLogger.of(EntityEvents.class.getName());
  private static final Duration RETRY = Duration.ofSeconds(1);

  /** Objects a batch is of. */
  static final int MOST = 500;

  private static final long LANE = 1L << 37;

  private record ObjectKey(WatchedKind kind, String key) {}

  private final String name;
  private final Duration interval; // zero for never
  private final Consumer to;
  private final Thread thread;

  @GuardedBy("this")
  private final Set<ObjectKey> marked = new LinkedHashSet<>();

  @GuardedBy("this")
  private final Set<ObjectKey> again = new LinkedHashSet<>(); // reported again although unchanged

  @GuardedBy("this")
  private final Set<WatchedKind> awaited = new LinkedHashSet<>(); // kinds without a first list

  private Collection<WatchedKind> kinds = List.of(); // set before the thread starts

  @GuardedBy("this")
  private long due; // when all are reported again, nanoseconds

  private final Map<ObjectKey, Map<String, Entity>> reported = new HashMap<>(); // of the thread

  /**
   * @param name receiver name used in log lines
   * @param interval interval between full reports of all entities; zero to disable
   */
  EntityEvents(String name, Duration interval, Consumer to) {
    this.name = name;
    this.interval = interval;
    this.to = to;
    this.thread =
        Thread.ofVirtual()
            .name(name + " entities")
            .unstarted(SupervisedLoop.of("entities", this::run));
  }

  /** Starts after each of these kinds was listed, when the owners of pods are known. */
  synchronized void start(Collection<WatchedKind> of) {
    kinds = List.copyOf(of);
    awaited.addAll(of);
    thread.start();
  }

  /**
   * Returns the reporting thread, for the caller that stops it ({@link IntervalCollector#stop}).
   */
  Thread thread() {
    return thread;
  }

  @Override
  public synchronized void changed(WatchedKind kind, Collection<String> keys) {
    keys.forEach(k -> marked.add(new ObjectKey(kind, k)));
    notifyAll();
  }

  @Override
  public synchronized void firstListDone(WatchedKind kind) {
    if (awaited.remove(kind)) {
      notifyAll();
    }
  }

  private void run() {
    try {
      awaitKinds();
      while (true) {
        List<ObjectKey> next = next();
        try {
          sendEvents(next);
        } catch (RuntimeException e) { // no failure ends the thread
          LOG.log(Level.ERROR, name + ": entity events not emitted", e);
          synchronized (this) {
            marked.addAll(next);
          }
          Thread.sleep(RETRY);
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private synchronized void awaitKinds() throws InterruptedException {
    while (!awaited.isEmpty()) {
      wait();
    }
    due = System.nanoTime() + interval.toNanos();
  }

  /** Returns the next keys to check; waits while there are none. */
  private synchronized List<ObjectKey> next() throws InterruptedException {
    while (true) {
      if (!interval.isZero() && due - System.nanoTime() <= 0) {
        due = System.nanoTime() + interval.toNanos();
        for (WatchedKind k : kinds) {
          k.known().keySet().forEach(key -> again.add(new ObjectKey(k, key)));
        }
        marked.addAll(again);
      }
      if (!marked.isEmpty()) {
        List<ObjectKey> out = marked.stream().limit(MOST).toList();
        out.forEach(marked::remove);
        return out;
      }
      if (interval.isZero()) {
        wait();
      } else {
        TimeUnit.NANOSECONDS.timedWait(this, Math.max(1, due - System.nanoTime()));
      }
    }
  }

  /** Offers the changes of these objects, in their state at that time, until accepted. */
  private void sendEvents(List<ObjectKey> places) throws InterruptedException {
    while (true) {
      Map<ObjectKey, Map<String, Entity>> now = now(places);
      LogsData data = events(now);
      Outcome outcome =
          data.itemCount() == 0
              ? Outcome.ACCEPTED
              : IntervalCollector.settled(to, Batch.of(Signal.LOGS, data, LANE, Metadata.NONE));
      if (outcome instanceof Outcome.Unavailable u) {
        Thread.sleep(u.retryAfter(RETRY));
        continue;
      }
      if (outcome instanceof Outcome.Rejected r) {
        LOG.log(Level.WARNING, "{0}: entities are refused: {1}", name, r.reason());
      }
      now.forEach(
          (place, entities) -> {
            if (entities.isEmpty()) {
              reported.remove(place);
            } else {
              reported.put(place, entities);
            }
          });
      synchronized (this) {
        places.forEach(again::remove);
      }
      return;
    }
  }

  private Map<ObjectKey, Map<String, Entity>> now(List<ObjectKey> places) {
    Map<String, List<Links>> services = new HashMap<>();
    for (Links l : links(ClusterKind.SERVICE)) {
      services.computeIfAbsent(l.namespace(), _ -> new ArrayList<>()).add(l);
    }
    Map<ObjectKey, Map<String, Entity>> now = new LinkedHashMap<>();
    for (ObjectKey p : places) {
      Map<String, Entity> entities = new LinkedHashMap<>();
      ClusterObject o = p.kind.known().get(p.key);
      if (o != null) {
        for (Entity e : o.entities()) {
          boolean pod = e.type().equals("k8s.pod");
          entities.put(e.id(), pod ? completed(e, o.links(), services) : e);
        }
      }
      now.put(p, entities);
    }
    return now;
  }

  private List<Links> links(ClusterKind kind) {
    List<Links> out = new ArrayList<>();
    for (WatchedKind k : kinds) {
      if (k.kind() == kind) {
        k.known().values().forEach(o -> out.add(o.links()));
      }
    }
    return out;
  }

  /** Adds a pod's services and workload. */
  private Entity completed(Entity pod, Links links, Map<String, List<Links>> services) {
    Map<String, String> d = new LinkedHashMap<>(pod.description());
    for (Links s : services.getOrDefault(links.namespace(), List.of())) {
      if (s.selects(links)) {
        d.put("k8s.service." + s.name(), "");
      }
    }
    for (Owner w : links.owners()) {
      if (w.kind().equals("Job")) {
        workload(d, w, maker(ClusterKind.JOB, links.namespace(), w, "CronJob"));
      } else if (w.kind().equals("ReplicaSet")) {
        workload(d, w, maker(ClusterKind.REPLICA_SET, links.namespace(), w, "Deployment"));
      }
    }
    return new Entity(pod.type(), pod.key(), pod.id(), d);
  }

  /** Sets the workload of a pod: none while its owner is unknown. */
  private static void workload(Map<String, String> d, Owner of, List<Owner> makers) {
    if (makers.isEmpty()) {
      return;
    }
    Owner w = makers.getFirst().equals(of) ? of : makers.getFirst();
    EntityReader.made(d, w);
    d.put("k8s.workload.kind", w.kind());
    d.put("k8s.workload.name", w.name());
  }

  /**
   * Returns the owner of an owner: the owner itself if it has none of the required kind, empty if
   * unknown.
   */
  private List<Owner> maker(ClusterKind kind, String namespace, Owner owner, String wanted) {
    for (WatchedKind k : kinds) {
      if (k.kind() == kind) {
        ClusterObject o = k.known().get(namespace + "/" + owner.name());
        if (o != null) {
          return List.of(
              o.links().owners().stream()
                  .filter(w -> w.kind().equals(wanted))
                  .findFirst()
                  .orElse(owner));
        }
      }
    }
    return List.of();
  }

  private LogsData events(Map<ObjectKey, Map<String, Entity>> now) {
    EntityLogs out = new EntityLogs();
    Set<ObjectKey> forced;
    synchronized (this) {
      forced = Set.copyOf(again);
    }
    now.forEach(
        (place, entities) -> {
          Map<String, Entity> before = reported.getOrDefault(place, Map.of());
          before.forEach(
              (id, e) -> {
                if (!entities.containsKey(id)) {
                  out.delete(e.type(), Map.of(e.key(), id));
                }
              });
          entities.forEach(
              (id, e) -> {
                if (forced.contains(place) || !e.equals(before.get(id))) {
                  out.state(e.type(), Map.of(e.key(), id), interval, e.description());
                }
              });
        });
    return out.data();
  }
}
