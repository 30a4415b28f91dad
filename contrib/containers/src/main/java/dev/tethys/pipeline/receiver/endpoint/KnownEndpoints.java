package dev.tethys.pipeline.receiver.endpoint;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Endpoints of an observer, grouped by the pod or container they belong to. An unchanged endpoint
 * is not reported again.
 *
 * <p>Invariant: an id belongs to one object at a time, the last one that reported it.
 */
public final class KnownEndpoints implements EndpointObserver {
  @GuardedBy("this")
  private final Map<String, Map<String, Endpoint>> things = new HashMap<>();

  @GuardedBy("this")
  private final List<Follower> followers = new ArrayList<>();

  @Override
  public synchronized void follow(Follower follower) {
    followers.add(follower);
    List<Endpoint> all = new ArrayList<>();
    things.values().forEach(t -> all.addAll(t.values()));
    if (!all.isEmpty()) {
      follower.changed(all, List.of());
    }
  }

  @Override
  public synchronized void leave(Follower follower) {
    followers.remove(follower);
  }

  /** Replaces the endpoints of one pod or container. */
  public synchronized void set(String thing, Collection<Endpoint> endpoints) {
    Map<String, Endpoint> before = things.getOrDefault(thing, Map.of());
    Map<String, Endpoint> now = new LinkedHashMap<>();
    endpoints.forEach(e -> now.put(e.id(), e));
    List<Endpoint> others =
        now.values().stream().filter(e -> !e.equals(before.get(e.id()))).toList();
    Set<String> gone = new HashSet<>(before.keySet());
    gone.removeAll(now.keySet());
    if (now.isEmpty()) {
      things.remove(thing);
    } else {
      things.put(thing, now);
    }
    if (!others.isEmpty() || !gone.isEmpty()) {
      followers.forEach(f -> f.changed(others, gone));
    }
  }

  /** Removes all objects with this name prefix except the given ones. */
  public synchronized void keepOnly(String prefix, Set<String> these) {
    List<String> gone =
        things.keySet().stream().filter(t -> t.startsWith(prefix) && !these.contains(t)).toList();
    gone.forEach(t -> set(t, List.of()));
  }

  /** Returns the number of endpoints. */
  public synchronized int size() {
    return things.values().stream().mapToInt(Map::size).sum();
  }
}
