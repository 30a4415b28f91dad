package dev.tethys.pipeline.receiver.cluster;

import dev.tethys.model.log.JulLogger;
import dev.tethys.pipeline.receiver.scraping.FailureLog;
import dev.tethys.web.kubernetes.ResourceCache;
import dev.tethys.web.kubernetes.ResourceWatch;
import java.lang.System.Logger.Level;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/** Objects of the same kind in one namespace, or in total. */
final class WatchedKind implements ResourceCache.Listener<ClusterObject> {
  private static final System.Logger LOG = JulLogger.of(WatchedKind.class.getName());

  private final String name;
  private final ClusterKind kind;
  private final Function<JsonNode, List<Part>> reader;
  private final @Nullable Listener listener;
  private final ResourceCache<ClusterObject> cache;
  private final Thread thread;
  private final FailureLog failures = new FailureLog();

  /** Listener for changes; must not block. */
  interface Listener {
    /** Reports that objects changed or were deleted. */
    void changed(WatchedKind kind, Collection<String> keys);

    /** Called when the first list has arrived or failed. */
    void firstListDone(WatchedKind kind);
  }

  /**
   * @param name receiver name used in log lines
   * @param namespace {@code ""} for all
   * @param listener listener for entities and their changes, or null if none
   */
  WatchedKind(
      String name,
      ClusterKind kind,
      String namespace,
      ClusterConfig config,
      ResourceWatch.Connection means,
      @Nullable Listener listener) {
    this.name = name;
    this.listener = listener;
    this.kind = kind;
    this.reader = kind.reader(config);
    this.cache =
        new ResourceCache<>(
            new ResourceWatch.Scope(kind.path(namespace), "", "", false), means, this);
    this.thread = cache.thread(name + " " + kind.path(namespace));
  }

  ClusterKind kind() {
    return kind;
  }

  /** Returns the stored data of all objects, sorted by name. */
  Collection<ClusterObject> objects() {
    return known().values();
  }

  /** Returns all objects by key: {@code namespace/name}, or the name. */
  Map<String, ClusterObject> known() {
    return cache.objects();
  }

  void start() {
    thread.start();
  }

  void stop() {
    thread.interrupt();
  }

  @Override
  public ClusterObject read(JsonNode object) {
    List<Part> parts = reader.apply(object);
    return listener == null
        ? new ClusterObject(parts, List.of(), ClusterObject.Links.NONE)
        : new ClusterObject(
            parts, EntityReader.read(kind, object, parts), EntityReader.links(kind, object));
  }

  @Override
  public void changed(List<ResourceCache.Change<ClusterObject>> changes) {
    failures.succeeded();
    if (listener != null) {
      listener.changed(this, changes.stream().map(ResourceCache.Change::key).toList());
    }
  }

  @Override
  public void synced() {
    LOG.log(Level.DEBUG, "{0}: {1} objects of {2}", name, known().size(), kind);
    if (listener != null) {
      listener.firstListDone(this);
    }
  }

  @Override
  public void failed(String what, String reason) {
    if (failures.isNew(reason)) { // it is tried twice a minute
      LOG.log(
          Level.WARNING,
          "{0}: cannot {1}, keeping the known objects and retrying: {2}",
          name,
          what,
          reason);
    }
    if (listener != null) {
      listener.firstListDone(this);
    }
  }
}
