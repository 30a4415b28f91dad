package dev.tethys.pipeline.receiver.cluster;

import dev.tethys.pipeline.receiver.scraping.FailureLog;
import dev.tethys.web.kubernetes.ResourceWatch;
import java.lang.System.Logger.Level;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.function.Function;
import tools.jackson.databind.JsonNode;

/** What is known of the objects of one kind in one namespace, or in all. */
final class WatchedKind implements ResourceWatch.Sink<List<Part>> {
  private static final System.Logger LOG = System.getLogger(WatchedKind.class.getName());

  private final String name;
  private final ClusterKind kind;
  private final Function<JsonNode, List<Part>> reader;
  private final Thread thread;
  private volatile Map<String, List<Part>> known = new ConcurrentSkipListMap<>();
  private final FailureLog failures = new FailureLog();

  /**
   * @param name of the receiver, as logs have it
   * @param namespace {@code ""} for all
   */
  WatchedKind(
      String name,
      ClusterKind kind,
      String namespace,
      ClusterConfig config,
      ResourceWatch.Means means) {
    this.name = name;
    this.kind = kind;
    this.reader = kind.reader(config);
    ResourceWatch<List<Part>> watch =
        new ResourceWatch<>(
            new ResourceWatch.Scope(kind.path(namespace), "", "", false), means, this);
    this.thread = watch.thread(name + " " + kind.path(namespace));
  }

  ClusterKind kind() {
    return kind;
  }

  /** What is kept of each object, in the order of their names. */
  Collection<List<Part>> objects() {
    return known.values();
  }

  void start() {
    thread.start();
  }

  void stop() {
    thread.interrupt();
  }

  @Override
  public List<Part> keep(JsonNode object) {
    return reader.apply(object);
  }

  @Override
  public void replace(Map<String, List<Part>> now) {
    known = new ConcurrentSkipListMap<>(now);
    failures.succeeded();
  }

  @Override
  public void put(String key, List<Part> object) {
    known.put(key, object);
    failures.succeeded();
  }

  @Override
  public void remove(String key) {
    known.remove(key);
  }

  @Override
  public void synced() {
    LOG.log(Level.DEBUG, "{0}: {1} objects of {2}", name, known.size(), kind);
  }

  @Override
  public void failed(String what, String why) {
    if (failures.isNew(why)) { // it is tried twice a minute
      LOG.log(
          Level.WARNING,
          "{0}: cannot {1}, what was known stays, and it is tried again: {2}",
          name,
          what,
          why);
    }
  }
}
