package dev.tethys.collect.discovery.kubernetes;

import dev.tethys.collect.discovery.DiscoveryMetrics;
import dev.tethys.collect.discovery.TargetGroup;
import dev.tethys.web.kubernetes.ResourceCache;
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
 * The watched objects of a cluster, and the groups that are out of date.
 *
 * <p>Invariants: while a group is made, every lookup of another object is noted, found or not; a
 * change of that object makes the group due again. Objects that came again unchanged make nothing
 * due. Nothing is passed before every watch has had its first list. All state but the caches is
 * guarded by {@code lock}; a cache changes before its change is noted.
 */
final class ClusterState {
  /** Creates the group of one object. */
  @FunctionalInterface
  interface Targets {
    /** The group, or null to keep the current one. */
    @Nullable TargetGroup group(String source, JsonNode object, Lookup others);
  }

  /** Finds other objects. */
  @FunctionalInterface
  interface Lookup {
    /** Returns the object with the given key ({@code namespace/name}, or a name), or null. */
    @Nullable JsonNode find(Resource resource, String key);
  }

  private final Role role;
  private final Targets targets;
  private final DiscoveryMetrics metrics;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  private final Map<Resource, List<ResourceCache<JsonNode>>> caches = new EnumMap<>(Resource.class);
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
  }

  /** Adds the cache of a watch, before it starts. */
  void add(Resource resource, ResourceCache<JsonNode> cache) {
    lock.lock();
    try {
      caches.computeIfAbsent(resource, _ -> new ArrayList<>()).add(cache);
    } finally {
      lock.unlock();
    }
  }

  /** Records that another watch in a namespace has received its initial list. */
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

  /** Records changes already contained in the cache of a resource. */
  void changed(Resource resource, List<ResourceCache.Change<JsonNode>> changes) {
    lock.lock();
    try {
      for (ResourceCache.Change<JsonNode> c : changes) {
        JsonNode after = c.after();
        count(resource, after == null ? "delete" : c.before() == null ? "add" : "update");
        if (after == null || !after.equals(c.before())) {
          touched(resource, c.key());
        }
      }
    } finally {
      lock.unlock();
    }
  }

  private @Nullable JsonNode find(Resource resource, String key) {
    for (ResourceCache<JsonNode> c : caches.getOrDefault(resource, List.of())) {
      JsonNode object = c.objects().get(key);
      if (object != null) {
        return object;
      }
    }
    return null;
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
   * Whether all objects needed for the groups of a namespace are known. A namespace that cannot be
   * listed does not delay others.
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

  /** Waits until groups are out of date, and builds them; the first time even if there are none. */
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
        JsonNode object = find(role.resource(), key);
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
    return find(resource, key);
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

  /** Represents an object that does not exist. */
  static final JsonNode NOTHING = MissingNode.getInstance();
}
