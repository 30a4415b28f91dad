package dev.tethys.pipeline.receiver.events;

import dev.tethys.pipeline.Consumer;
import dev.tethys.pipeline.component.Receiver;
import dev.tethys.pipeline.receiver.kubernetes.KubernetesEnvironment;
import dev.tethys.pipeline.receiver.scraping.IntervalCollector;
import dev.tethys.web.kubernetes.ClusterAccess;
import dev.tethys.web.kubernetes.ResourceWatch;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** Follows the events of a cluster, from its start on. */
final class EventsReceiver implements Receiver {
  private final EventsConfig config;
  private final KubernetesEnvironment environment;
  private final Consumer to;
  private final String name;
  private final ResourceWatch.Pause pause;
  private final List<WatchedEvents> watched = new ArrayList<>();

  EventsReceiver(
      EventsConfig config,
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
    ClusterAccess access = config.access().access(environment);
    ResourceWatch.Connection means =
        new ResourceWatch.Connection(access, environment.sender(), pause);
    long since =
        IntervalCollector.nanos()
            / 1_000_000_000
            * 1_000_000_000; // most events have no fractional seconds
    List<String> in = config.namespaces().isEmpty() ? List.of("") : config.namespaces();
    in.forEach(
        n -> watched.add(new WatchedEvents(name, n, since, environment.version(), to, means)));
    watched.forEach(WatchedEvents::start);
  }

  @Override
  public void stop(Duration timeLimit) {
    List<Thread> threads = watched.stream().flatMap(w -> w.threads().stream()).toList();
    IntervalCollector.stop(threads, name, timeLimit);
  }
}
