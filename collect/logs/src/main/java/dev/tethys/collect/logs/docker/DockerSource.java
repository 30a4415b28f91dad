package dev.tethys.collect.logs.docker;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.tethys.collect.discovery.DiscoveryConfig;
import dev.tethys.collect.discovery.DiscoveryContext;
import dev.tethys.collect.discovery.TargetGroup;
import dev.tethys.collect.discovery.docker.DockerDaemon;
import dev.tethys.collect.logs.LogSource;
import dev.tethys.collect.logs.SourceContext;
import dev.tethys.model.Labels;
import dev.tethys.model.exposition.Registry;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;

/**
 * Containers of Docker daemons. Running containers are discovered repeatedly; each is followed
 * once, regardless of its networks and ports, until it is removed.
 */
final class DockerSource implements LogSource {
  private static final String ID = "__meta_docker_container_id";

  private final DockerLogs config;
  private final SourceContext context;
  private final List<Thread> discoveries = new ArrayList<>();

  @GuardedBy("this")
  private final Map<DiscoveryConfig, Map<String, ContainerLog>> logs = new LinkedHashMap<>();

  @GuardedBy("this")
  private boolean stopped;

  DockerSource(DockerLogs config, SourceContext context) {
    this.config = config;
    this.context = context;
  }

  @Override
  public void start() {
    for (DiscoveryConfig d : config.daemons()) {
      DockerDaemon daemon = Objects.requireNonNull(DockerDaemon.of(d), "an entry for Docker");
      DiscoveryContext own = DiscoveryContext.of(new Registry(), context.http());
      discoveries.add(
          Thread.ofVirtual()
              .name("docker-" + context.job())
              .start(
                  () -> {
                    try {
                      d.discovery(own).run(groups -> found(d, daemon, groups));
                    } catch (InterruptedException e) {
                      Thread.currentThread().interrupt();
                    }
                  }));
    }
  }

  private synchronized void found(
      DiscoveryConfig of, DockerDaemon daemon, List<TargetGroup> groups) {
    if (stopped) {
      return;
    }
    Map<String, ContainerLog> known = logs.computeIfAbsent(of, k -> new LinkedHashMap<>());
    Map<String, Labels> running = new LinkedHashMap<>();
    for (TargetGroup g : groups) {
      for (Labels t : g.targets()) {
        Labels all = g.labels().toBuilder().addAll(t).build();
        running.putIfAbsent(all.get(ID), all);
      }
    }
    known
        .entrySet()
        .removeIf(
            e -> {
              boolean gone = !running.containsKey(e.getKey());
              if (gone) {
                e.getValue().stop();
              }
              return gone;
            });
    running.forEach(
        (id, labels) -> {
          ContainerLog log = known.get(id);
          if (log == null) {
            log = new ContainerLog(id, daemon, labels, context);
            known.put(id, log);
            log.start();
          } else {
            log.labels(labels);
          }
        });
  }

  @Override
  public void stop() {
    discoveries.forEach(Thread::interrupt);
    List<ContainerLog> all = new ArrayList<>();
    synchronized (this) {
      stopped = true;
      logs.values().forEach(m -> all.addAll(m.values()));
    }
    all.forEach(ContainerLog::stop);
  }

  @Override
  public synchronized boolean isDelivered() {
    return logs.values().stream()
        .flatMap(m -> m.values().stream())
        .allMatch(ContainerLog::isDelivered);
  }

  @Override
  public Labels labels() {
    return Labels.EMPTY;
  }

  @Override
  public synchronized Map<String, String> details() {
    Map<String, String> out = new TreeMap<>();
    logs.values().forEach(m -> m.forEach((id, l) -> out.put(id, l.position())));
    return out;
  }
}
