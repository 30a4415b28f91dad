package dev.tethys.web.kubernetes;

import dev.tethys.model.guard.LimitedLog;
import dev.tethys.model.log.JulLogger;
import java.lang.System.Logger.Level;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.concurrent.ConcurrentSkipListMap;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/**
 * Objects of one resource in one namespace, kept up to date by a {@link ResourceWatch}. They stay
 * while the server fails. Any thread may read them; the thread of the watch changes them and calls
 * the listener.
 *
 * @param <T> retained data of an object
 */
public final class ResourceCache<T> {
  /** Maximum number of objects, unless a caller sets a lower one. */
  private static final int MAX_OBJECTS = ResourceWatch.PAGE * ResourceWatch.MAX_PAGES;

  private static final System.Logger LOG = JulLogger.of(ResourceCache.class.getName());

  /**
   * Change of one object.
   *
   * @param key {@code namespace/name}, or the name
   * @param before null for an object that was added
   * @param after null for an object that was deleted
   */
  public record Change<T>(String key, @Nullable T before, @Nullable T after) {}

  /** Listener for changes; calls are sequential. */
  public interface Listener<T> {
    /** Reads the part of an object that the listener needs. */
    T read(JsonNode object);

    /** Part of an object that is kept after its change was reported. */
    default T retained(T object) {
      return object;
    }

    /**
     * Receives changes that the cache already has. A list is one call with all its objects, changed
     * or not, and those that are gone; it may be empty.
     */
    void changed(List<Change<T>> changes);

    /** Runs once, after the changes of the first list. */
    void synced();

    /** Reports a failure that is retried; {@code what} as in "list /api/v1/pods". */
    void failed(String what, String reason);

    /**
     * Reports that a server that is ready has no such resources (404), such as before their
     * definition is installed.
     */
    default void missing(String what, String reason) {
      failed(what, reason);
    }
  }

  private final String path;
  private final Listener<T> listener;
  private final int maxObjects;
  private final ResourceWatch<T> watch;
  private final LimitedLog overflow = new LimitedLog(LOG);
  private final ConcurrentSkipListMap<String, T> objects = new ConcurrentSkipListMap<>();
  private int size; // of the thread of the watch; the map would count

  public ResourceCache(
      ResourceWatch.Scope scope, ResourceWatch.Connection connection, Listener<T> listener) {
    this(scope, connection, listener, MAX_OBJECTS);
  }

  /**
   * @param maxObjects maximum number of objects kept; further ones are not reported
   */
  public ResourceCache(
      ResourceWatch.Scope scope,
      ResourceWatch.Connection connection,
      Listener<T> listener,
      int maxObjects) {
    this.path = scope.path();
    this.listener = listener;
    this.maxObjects = maxObjects;
    this.watch = new ResourceWatch<>(scope, connection, new Updater());
  }

  /** Objects by key, in the order of the keys. */
  public NavigableMap<String, T> objects() {
    return Collections.unmodifiableNavigableMap(objects);
  }

  /** A thread, not started, that keeps the objects up to date until it is interrupted. */
  public Thread thread(String name) {
    return watch.thread(name);
  }

  /** Keeps the objects up to date until the thread is interrupted. */
  public void run() throws InterruptedException {
    watch.run();
  }

  private void store(String key, T object, List<Change<T>> changes) {
    if (size >= maxObjects && !objects.containsKey(key)) {
      overflow.log(
          Level.WARNING, "Object not read, there are {0} object={1} {2}", maxObjects, path, key);
      return;
    }
    T before = objects.put(key, listener.retained(object));
    if (before == null) {
      size++;
    }
    changes.add(new Change<>(key, before, object));
  }

  private void drop(String key, List<Change<T>> changes) {
    T before = objects.remove(key);
    if (before != null) {
      size--;
      changes.add(new Change<>(key, before, null));
    }
  }

  /** Applies events of the watch. */
  private final class Updater implements ResourceWatch.Sink<T> {
    @Override
    public T keep(JsonNode object) {
      return listener.read(object);
    }

    @Override
    public void replace(Map<String, T> now) {
      List<Change<T>> changes = new ArrayList<>(now.size());
      for (String key : objects.keySet()) {
        if (!now.containsKey(key)) {
          drop(key, changes);
        }
      }
      now.forEach((key, object) -> store(key, object, changes));
      listener.changed(changes);
    }

    @Override
    public void put(String key, T object) {
      List<Change<T>> changes = new ArrayList<>(1);
      store(key, object, changes);
      listener.changed(changes);
    }

    @Override
    public void remove(String key) {
      List<Change<T>> changes = new ArrayList<>(1);
      drop(key, changes);
      listener.changed(changes);
    }

    @Override
    public void synced() {
      listener.synced();
    }

    @Override
    public void failed(String what, String reason) {
      listener.failed(what, reason);
    }

    @Override
    public void missing(String what, String reason) {
      listener.missing(what, reason);
    }
  }
}
