package dev.tethys.pipeline.extension.observer;

import dev.tethys.model.log.JulLogger;
import dev.tethys.pipeline.component.Extension;
import dev.tethys.pipeline.receiver.endpoint.Endpoint;
import dev.tethys.pipeline.receiver.endpoint.EndpointObserver;
import dev.tethys.pipeline.receiver.endpoint.KnownEndpoints;
import dev.tethys.pipeline.receiver.kubernetes.KubernetesEnvironment;
import dev.tethys.pipeline.receiver.scraping.FailureLog;
import dev.tethys.web.kubernetes.ResourceCache;
import dev.tethys.web.kubernetes.ResourceWatch;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import tools.jackson.databind.JsonNode;

/** Watches the objects of a cluster, and determines their endpoints. */
final class KubernetesObserver implements Extension, EndpointObserver {
  private static final System.Logger LOG = JulLogger.of(KubernetesObserver.class.getName());

  private final KubernetesObserverConfig config;
  private final KubernetesEnvironment environment;
  private final String name;
  private final String id;
  private final KnownEndpoints known = new KnownEndpoints();
  private final List<Thread> threads = new ArrayList<>();

  /**
   * @param id prefix of endpoint IDs
   */
  KubernetesObserver(
      KubernetesObserverConfig config, KubernetesEnvironment environment, String name, String id) {
    this.config = config;
    this.environment = environment;
    this.name = name;
    this.id = id;
  }

  @Override
  public void start() throws IOException {
    ResourceWatch.Connection means =
        new ResourceWatch.Connection(
            config.access().access(environment), environment.sender(), Thread::sleep);
    for (ObservedKind kind : config.kinds()) {
      List<String> in =
          kind.namespaced() && !config.namespaces().isEmpty() ? config.namespaces() : List.of("");
      for (String namespace : in) {
        String path = kind.path(namespace);
        threads.add(
            new ResourceCache<>(
                    new ResourceWatch.Scope(path, "", kind.selector(config.node()), false),
                    means,
                    new Watched(kind, path))
                .thread(name + " " + path));
      }
    }
    threads.forEach(Thread::start);
  }

  /** Watched objects of one kind. */
  private final class Watched implements ResourceCache.Listener<List<Endpoint>> {
    private final ObservedKind kind;
    private final String prefix;
    private final FailureLog failures = new FailureLog();

    Watched(ObservedKind kind, String path) {
      this.kind = kind;
      this.prefix = path + " ";
    }

    @Override
    public List<Endpoint> read(JsonNode object) {
      return kind.endpoints(id, object);
    }

    @Override
    public void changed(List<ResourceCache.Change<List<Endpoint>>> changes) {
      failures.succeeded();
      for (ResourceCache.Change<List<Endpoint>> c : changes) {
        List<Endpoint> endpoints = c.after();
        known.set(prefix + c.key(), endpoints == null ? List.of() : endpoints);
      }
    }

    @Override
    public void synced() {
      LOG.log(Level.DEBUG, "{0}: {1} endpoints are known", name, known.size());
    }

    @Override
    public void failed(String what, String why) {
      if (failures.isNew(why)) { // it is tried twice a minute
        LOG.log(
            Level.WARNING,
            "{0}: cannot {1}, keeping the known objects and retrying: {2}",
            name,
            what,
            why);
      }
    }
  }

  @Override
  public void follow(Follower follower) {
    known.follow(follower);
  }

  @Override
  public void leave(Follower follower) {
    known.leave(follower);
  }

  @Override
  public void stop(Duration timeLimit) {
    threads.forEach(Thread::interrupt);
  }
}
