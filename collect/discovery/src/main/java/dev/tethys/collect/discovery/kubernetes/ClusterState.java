package dev.tethys.collect.discovery.kubernetes;

import dev.tethys.collect.discovery.DiscoveryMetrics;
import dev.tethys.collect.discovery.TargetGroup;
import dev.tethys.web.kubernetes.ResourceWatch;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.MissingNode;

/**
 * The watched objects of a cluster, and which groups are out of date.
 *
 * <p>Invariants: while a group is made, every lookup of another object is noted, found or not; a
 * change of that object makes the group due again. Objects that came again unchanged make nothing
 * due. Nothing is passed before every watch has had its first list. All state is guarded by {@code
 * lock}.
 */
final class ClusterState {
  /** Makes the group of one object. */
  @FunctionalInterface
  interface Targets {
    /** The group, or null to leave things as they are. */
    @Nullable TargetGroup group(String source, JsonNode object, Lookup others);
  }

  /** Finds other objects. */
  @FunctionalInterface
  interface Lookup {
    /** The object of that key ({@code namespace/name}, or a name), or null. */
    @Nullable JsonNode find(Resource resource, String key);
  }

  private final Role role;
  private final Targets targets;
  private final DiscoveryMetrics metrics;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  private final Map<Resource, Map<String, JsonNode>> objects = new EnumMap<>(Resource.class);
  private final Set<String> due = new LinkedHashSet<>();
  private final Map<String, Set<String>> readersOf = new HashMap<>();
  private final Map<String, Set<String>> readsOf = new HashMap<>();
  private final Map<String, Integer> unsynced = new HashMap<>(); // watches by namespace
  private int allUnsynced;
  private boolean reported;

  /**
   * @param watches namespace of each watch; {@code ""} for all
   */
  ClusterState(Role role, Targets targets, DiscoveryMetrics metrics, List<String> watches) {
    this.role = role;
    this.targets = targets;
    this.metrics = metrics;
    this.allUnsynced = watches.size();
    watches.forEach(namespace -> unsynced.merge(namespace, 1, Integer::sum));
    for (Resource r : Resource.values()) {
      objects.put(r, new HashMap<>());
    }
  }

  /** The key of an object. */
  static String key(JsonNode object) {
    return ResourceWatch.key(object);
  }

  /** Notes that one more watch of a namespace has had its first list. */
  void synced(String namespace) {
    lock.lock();
    try {
      allUnsynced--;
      unsynced.merge(namespace, -1, Integer::sum);
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /**
   * Takes over what a list says about a namespace ({@code ""} for all): what is not in it is gone.
   */
  void replace(Resource resource, String namespace, Map<String, JsonNode> now) {
    lock.lock();
    try {
      List<String> gone = new ArrayList<>();
      for (String key : objectsOf(resource).keySet()) {
        if (!now.containsKey(key) && (namespace.isEmpty() || key.startsWith(namespace + "/"))) {
          gone.add(key);
        }
      }
      gone.forEach(key -> removeLocked(resource, key));
      now.forEach((key, object) -> putLocked(resource, key, object));
    } finally {
      lock.unlock();
    }
  }

  /** An object came or changed. */
  void put(Resource resource, JsonNode object) {
    lock.lock();
    try {
      putLocked(resource, key(object), object);
    } finally {
      lock.unlock();
    }
  }

  /** An object is gone. */
  void remove(Resource resource, String key) {
    lock.lock();
    try {
      removeLocked(resource, key);
    } finally {
      lock.unlock();
    }
  }

  private Map<String, JsonNode> objectsOf(Resource resource) {
    return objects.computeIfAbsent(resource, r -> new HashMap<>());
  }

  private void putLocked(Resource resource, String key, JsonNode object) {
    JsonNode former = objectsOf(resource).put(key, object);
    count(resource, former == null ? "add" : "update");
    if (!object.equals(former)) {
      touched(resource, key);
    }
  }

  private void removeLocked(Resource resource, String key) {
    if (objectsOf(resource).remove(key) != null) {
      count(resource, "delete");
      touched(resource, key);
    }
  }

  private void count(Resource resource, String event) {
    boolean endpoints = role == Role.ENDPOINTS || role == Role.ENDPOINTSLICE;
    if (resource == role.resource()) {
      metrics.kubernetesEvent(role.toString(), event);
    } else if (endpoints && resource == Resource.SERVICES) {
      metrics.kubernetesEvent("service", event);
    } else if (endpoints && resource == Resource.PODS && event.equals("update")) {
      metrics.kubernetesEvent("pod", event);
    }
  }

  private void touched(Resource resource, String key) {
    if (resource == role.resource()) {
      due.add(key);
    }
    due.addAll(readersOf.getOrDefault(read(resource, key), Set.of()));
    if (!due.isEmpty()) {
      changed.signalAll();
    }
  }

  private static String read(Resource resource, String key) {
    return resource.name() + " " + key;
  }

  /**
   * Whether all that groups of a namespace are made of is known. A namespace that cannot be listed
   * holds up no other one.
   */
  private boolean isReady(String namespace) {
    return allUnsynced == 0
        || unsynced.getOrDefault("", 0) == 0 && unsynced.getOrDefault(namespace, 0) == 0;
  }

  private boolean isReadyKey(String key) {
    return isReady(key.substring(0, Math.max(0, key.indexOf('/'))));
  }

  private boolean isNothingReady() {
    return unsynced.keySet().stream()
        .noneMatch(ns -> (!ns.isEmpty() || unsynced.size() == 1) && isReady(ns));
  }

  private boolean isNothingDue() {
    return allUnsynced == 0 ? due.isEmpty() : due.stream().noneMatch(this::isReadyKey);
  }

  /** Waits until groups are out of date, and makes them; at first even if there are none. */
  List<TargetGroup> awaitGroups() throws InterruptedException {
    lock.lockInterruptibly();
    try {
      while (isNothingReady() || (reported && isNothingDue())) {
        changed.await();
      }
      reported = true;
      List<TargetGroup> out = new ArrayList<>(due.size());
      List<String> ready = due.stream().filter(this::isReadyKey).toList();
      for (String key : ready) {
        String source = role.source() + key;
        JsonNode object = objectsOf(role.resource()).get(key);
        forgetReads(key);
        TargetGroup g =
            object == null
                ? TargetGroup.removed(source)
                : targets.group(source, object, (r, k) -> noted(key, r, k));
        if (g != null) {
          out.add(g);
        }
      }
      ready.forEach(due::remove);
      return out;
    } finally {
      lock.unlock();
    }
  }

  private @Nullable JsonNode noted(String reader, Resource resource, String key) {
    String read = read(resource, key);
    readersOf.computeIfAbsent(read, r -> new HashSet<>(4)).add(reader);
    readsOf.computeIfAbsent(reader, r -> new HashSet<>(4)).add(read);
    return objectsOf(resource).get(key);
  }

  private void forgetReads(String reader) {
    Set<String> reads = readsOf.remove(reader);
    if (reads == null) {
      return;
    }
    for (String read : reads) {
      Set<String> readers = readersOf.get(read);
      if (readers != null) {
        readers.remove(reader);
        if (readers.isEmpty()) {
          readersOf.remove(read);
        }
      }
    }
  }

  /** Represents an object that is not there. */
  static final JsonNode NOTHING = MissingNode.getInstance();
}
