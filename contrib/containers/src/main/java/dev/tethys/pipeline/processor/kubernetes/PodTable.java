package dev.tethys.pipeline.processor.kubernetes;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.BiFunction;
import org.jspecify.annotations.Nullable;

/**
 * Index of pods by the values of associations.
 *
 * <p>Invariants: a key maps to the most recently scheduled pod that had it, alive or within the
 * grace period; a running pod takes precedence over a completed one. A key that a pod loses,
 * because it changed or was deleted, is removed after the grace period unless another pod has taken
 * it; then it maps to the most recent of the living pods with that key. Lookups take no lock;
 * updates are made under one.
 */
final class PodTable {
  /** Names of sources that are addresses; {@code ""} is the connection. */
  private static final Set<String> ADDRESSES = Set.of("", "ip", "host.name", AttributeNames.POD_IP);

  /** Maximum number of keys per pod and association, regardless of its number of containers. */
  private static final int MAX_KEYS = 1000;

  /** Table key: a value of an association. */
  private record Key(int association, Object value) {}

  private record Entry(Pod pod, Set<Key> keys) {}

  private final List<List<String>> associations;
  private final BiFunction<Pod, String, @Nullable String> attribute;
  private final DeletedObjects departures;
  private final List<Map<Object, Pod>> found = new ArrayList<>();

  @GuardedBy("this")
  private final Map<String, Entry> living = new HashMap<>();

  /** Keys seen on more than one pod, for which other holders are searched. */
  @GuardedBy("this")
  private final Set<Key> shared = new HashSet<>();

  /**
   * @param attribute any attribute of a pod, including those from its owners; null if missing
   */
  PodTable(
      List<List<String>> associations,
      BiFunction<Pod, String, @Nullable String> attribute,
      DeletedObjects departures) {
    this.associations = associations;
    this.attribute = attribute;
    this.departures = departures;
    associations.forEach(_ -> found.add(new ConcurrentHashMap<>()));
  }

  /**
   * Returns the pod with a key.
   *
   * @param key a value, or the list of several
   */
  @Nullable Pod find(int association, Object key) {
    return found.get(association).get(key);
  }

  /** Adds or updates a pod; returns whether it is new. */
  synchronized boolean put(String name, Pod pod, long now) {
    Entry former = living.get(name);
    enter(name, pod, former, now);
    return former == null;
  }

  @GuardedBy("this")
  private void enter(String name, Pod pod, @Nullable Entry former, long now) {
    Set<Key> keys = keys(pod);
    living.put(name, new Entry(pod, keys));
    for (Key k : keys) {
      Pod is = found.get(k.association).get(k.value);
      boolean own = former != null && is == former.pod;
      if (is == null || own) {
        found.get(k.association).put(k.value, pod);
        if (pod.isOver() && shared.contains(k)) {
          settle(k);
        }
      } else {
        shared.add(k);
        if (!pod.isSupersededBy(is)) {
          found.get(k.association).put(k.value, pod);
        }
      }
    }
    if (former != null) {
      Set<Key> left = new LinkedHashSet<>(former.keys);
      left.removeAll(keys);
      scheduleRemoval(name, former.pod, left, now);
    }
  }

  /** Removes a pod; returns whether it existed. */
  synchronized boolean remove(String name, long now) {
    Entry e = living.remove(name);
    if (e == null) {
      return false;
    }
    scheduleRemoval(name, e.pod, e.keys, now);
    return true;
  }

  private void scheduleRemoval(String name, Pod pod, Set<Key> keys, long now) {
    if (!keys.isEmpty()) {
      departures.add(now, () -> forget(name, pod, keys));
    }
  }

  private synchronized void forget(String name, Pod pod, Set<Key> keys) {
    Entry e = living.get(name);
    for (Key k : keys) {
      boolean again = e != null && e.pod == pod && e.keys.contains(k);
      if (again || found.get(k.association).get(k.value) != pod) {
        continue;
      }
      if (shared.contains(k)) {
        settle(k);
      } else {
        found.get(k.association).remove(k.value);
      }
    }
  }

  /** Reassigns a shared key to the most recent living pod that has it. */
  @GuardedBy("this")
  private void settle(Key k) {
    Pod last = null;
    int holders = 0;
    for (Entry e : living.values()) {
      if (e.keys.contains(k)) {
        holders++;
        last = last == null || !e.pod.isSupersededBy(last) ? e.pod : last;
      }
    }
    if (last == null) {
      found.get(k.association).remove(k.value);
    } else {
      found.get(k.association).put(k.value, last);
    }
    if (holders < 2) {
      shared.remove(k);
    }
  }

  /** Reassociates all pods with the current knowledge of their owners. */
  synchronized void reassociateAll(long now) {
    new HashMap<>(living).forEach((name, e) -> enter(name, e.pod, e, now));
  }

  /** Whether an association uses attributes that come from owners. */
  boolean dependsOnOwners() {
    return associations.stream()
        .flatMap(List::stream)
        .anyMatch(
            s ->
                s.equals(AttributeNames.SERVICE_NAME)
                    || s.equals(AttributeNames.CLUSTER_UID)
                    || s.startsWith("k8s.deployment.")
                    || s.startsWith("k8s.cronjob."));
  }

  /** Returns the number of keys that refer to pods. */
  int size() {
    return found.stream().mapToInt(Map::size).sum();
  }

  private Set<Key> keys(Pod pod) {
    Set<Key> out = new LinkedHashSet<>();
    for (int i = 0; i < associations.size(); i++) {
      List<String> sources = associations.get(i);
      List<List<String>> all = List.of(List.of());
      for (String source : sources) {
        List<List<String>> longer = new ArrayList<>();
        for (List<String> begun : all) {
          for (String v : values(pod, source, sources)) {
            if (longer.size() < MAX_KEYS) {
              List<String> more = new ArrayList<>(begun);
              more.add(v);
              longer.add(more);
            }
          }
        }
        all = longer;
      }
      for (List<String> values : all) {
        out.add(new Key(i, values.size() == 1 ? values.getFirst() : List.copyOf(values)));
      }
    }
    return out;
  }

  private List<String> values(Pod pod, String source, List<String> together) {
    if (ADDRESSES.contains(source)) {
      // Many pods share the address of their node, which identifies a pod only together with other
      // values.
      boolean known = !source.isEmpty() && !ADDRESSES.containsAll(together);
      return pod.nodeAddress().isEmpty()
          ? pod.addresses()
          : known ? List.of(pod.nodeAddress()) : List.of();
    }
    if (source.equals(AttributeNames.CONTAINER_ID)) {
      List<String> ids = new ArrayList<>();
      for (Pod.Container c : pod.containers()) {
        for (Pod.Run r : c.runs()) {
          if (!r.id().isEmpty()) {
            ids.add(r.id());
          }
        }
      }
      return ids;
    }
    String v =
        switch (source) {
          case AttributeNames.NAMESPACE -> pod.namespace();
          case AttributeNames.POD_NAME -> pod.name();
          case AttributeNames.POD_UID -> pod.uid();
          default -> attribute.apply(pod, source);
        };
    return v == null || v.isEmpty() ? List.of() : List.of(v);
  }
}
