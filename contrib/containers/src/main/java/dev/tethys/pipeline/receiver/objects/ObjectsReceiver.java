package dev.tethys.pipeline.receiver.objects;

import dev.tethys.model.log.JulLogger;
import dev.tethys.pipeline.Consumer;
import dev.tethys.pipeline.component.Receiver;
import dev.tethys.pipeline.receiver.kubernetes.JsonDocumentClient;
import dev.tethys.pipeline.receiver.kubernetes.KubernetesEnvironment;
import dev.tethys.pipeline.receiver.kubernetes.LogForwarder;
import dev.tethys.pipeline.receiver.objects.ObjectsConfig.ErrorMode;
import dev.tethys.pipeline.receiver.objects.ObjectsConfig.WatchedObject;
import dev.tethys.pipeline.receiver.scraping.IntervalCollector;
import dev.tethys.web.kubernetes.ResourceWatch;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** Lists and follows objects of a cluster. */
final class ObjectsReceiver implements Receiver {
  private static final System.Logger LOG = JulLogger.of(ObjectsReceiver.class.getName());

  private final ObjectsConfig config;
  private final KubernetesEnvironment environment;
  private final Consumer to;
  private final String name;
  private final ResourceWatch.Pause pause;
  private final List<ObjectFeed> feeds = new ArrayList<>();

  ObjectsReceiver(
      ObjectsConfig config,
      KubernetesEnvironment environment,
      Consumer to,
      String name,
      ResourceWatch.Pause pause) {
    this.config = config;
    this.environment = environment;
    this.to = to;
    this.name = name;
    this.pause = pause;
  }

  @Override
  public void start() throws IOException {
    JsonDocumentClient api =
        new JsonDocumentClient(config.access().access(environment), environment.sender());
    ObjectPaths paths;
    try {
      paths = ObjectPaths.of(api, System::nanoTime);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted while listing objects", e);
    }
    for (WatchedObject w : config.objects()) {
      String base = paths.find(w.name(), w.group());
      if (base == null) {
        unknown(w, paths);
      } else {
        List<String> in = w.namespaces().isEmpty() ? List.of("") : w.namespaces();
        in.forEach(n -> feeds.add(feed(w, base, n, api)));
      }
    }
    if (feeds.isEmpty()) {
      throw new IOException("the cluster has no objects of the configured kinds");
    }
    feeds.forEach(ObjectFeed::start);
  }

  private void unknown(WatchedObject w, ObjectPaths paths) throws IOException {
    String problem = "the cluster has no objects \"" + w.name() + "\"; it has " + paths.known();
    if (config.errors() == ErrorMode.PROPAGATE) {
      throw new IOException(problem);
    }
    if (config.errors() == ErrorMode.IGNORE) {
      LOG.log(Level.INFO, "{0}: {1}", name, problem);
    }
  }

  private ObjectFeed feed(WatchedObject w, String base, String namespace, JsonDocumentClient api) {
    String path = base + (namespace.isEmpty() ? "/" : "/namespaces/" + namespace + "/") + w.name();
    return new ObjectFeed(
        name,
        w,
        path,
        config.initial(),
        api,
        new ObjectRecords(w.name(), environment.version()),
        new LogForwarder(name, to, path, pause),
        pause);
  }

  @Override
  public void stop(Duration timeLimit) {
    List<Thread> threads = feeds.stream().flatMap(f -> f.threads().stream()).toList();
    IntervalCollector.stop(threads, name, timeLimit);
  }
}
