package dev.tethys.contrib.clusteragent;

import dev.tethys.collect.exporter.LogDestination;
import dev.tethys.collect.kubernetes.event.EventFeed;
import dev.tethys.collect.kubernetes.state.KubernetesState;
import dev.tethys.collect.kubernetes.state.Shard;
import dev.tethys.model.Labels;
import dev.tethys.model.MetricType;
import dev.tethys.model.exposition.Collector;
import dev.tethys.model.exposition.MetricFamily;
import dev.tethys.model.exposition.MetricFamily.Metric;
import dev.tethys.web.HttpException;
import dev.tethys.web.Params;
import dev.tethys.web.client.HttpClientFactory;
import dev.tethys.web.kubernetes.ResourceWatch;
import java.io.IOException;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * State and events of the cluster of a configuration. A configuration with equal settings leaves
 * them running. Thread-safe.
 */
final class ClusterWatch implements Collector, AutoCloseable {
  /** Job of the state. */
  static final String JOB = "kube-state-metrics";

  private final HttpClientFactory clients;
  private final InstantSource clock;
  private final Function<String, @Nullable String> environment;
  private final @Nullable LogDestination logs;
  private final @Nullable Path folder;
  private final boolean embedded;
  private volatile @Nullable Running running;

  private record Running(
      KubernetesSettings settings, @Nullable KubernetesState state, @Nullable EventFeed events) {}

  /**
   * @param logs receives events, null for none
   * @param folder of the file of sent events, null for none
   * @param embedded whether a server finds the pods to scrape itself
   */
  ClusterWatch(
      HttpClientFactory clients,
      InstantSource clock,
      Function<String, @Nullable String> environment,
      @Nullable LogDestination logs,
      @Nullable Path folder,
      boolean embedded) {
    this.embedded = embedded;
    this.clients = clients;
    this.clock = clock;
    this.environment = environment;
    this.logs = logs;
    this.folder = folder;
  }

  /**
   * Watches the cluster of a configuration from now on; none with null.
   *
   * @throws IOException with the remedy, if the cluster cannot be reached with these settings
   */
  synchronized void apply(@Nullable KubernetesSettings settings) throws IOException {
    Running now = running;
    if (now != null && now.settings.equals(settings)) {
      return;
    }
    ResourceWatch.Connection api = settings == null ? null : connection(settings);
    close();
    if (settings == null || api == null) {
      return;
    }
    EventFeed events =
        settings.events() && logs != null ? new EventFeed(api, logs, folder, clock.millis()) : null;
    KubernetesState state =
        settings.state()
            ? new KubernetesState(api, clock, settings.minAge())
            : settings.pods() && !embedded ? KubernetesState.ofPods(api, clock) : null;
    running = new Running(settings, state, events);
    if (state != null) {
      state.start();
    }
    if (events != null) {
      events.start();
    }
  }

  private ResourceWatch.Connection connection(KubernetesSettings settings) throws IOException {
    return new ResourceWatch.Connection(
        settings.access(environment), (c, call) -> clients.client(c).send(call), Thread::sleep);
  }

  /** Whether the state of a cluster is watched. */
  boolean hasState() {
    Running r = running;
    return r != null && r.state != null && r.settings.state();
  }

  /** Whether there is a page of the cluster: its state, or targets. */
  boolean hasPage() {
    Running r = running;
    return r != null && r.state != null;
  }

  /** Metrics of a part of the cluster's objects. */
  List<MetricFamily> families(Shard shard) {
    Running r = running;
    return r == null || r.state == null || !r.settings.state()
        ? List.of()
        : r.state.families(shard);
  }

  /** Part of the objects that a query asks for, as shards of kube-state-metrics. */
  static Shard shard(Params query) {
    try {
      return new Shard(
          Integer.parseInt(query.first("shard", "0")),
          Integer.parseInt(query.first("total_shards", "1")));
    } catch (IllegalArgumentException e) {
      throw new HttpException(400, "shard and total_shards: " + e.getMessage());
    }
  }

  /** Pods to scrape, as the JSON of HTTP discovery. */
  String podTargets() {
    Running r = running;
    return r == null || r.state == null || !r.settings.pods() ? "[]" : r.state.podTargets();
  }

  @Override
  public void collect(Consumer<MetricFamily> to) {
    Running r = running;
    if (r == null) {
      return;
    }
    if (r.state != null) {
      r.state.about().forEach(to);
    }
    EventFeed e = r.events;
    if (e != null) {
      to.accept(
          new MetricFamily(
              "tethys_cluster_agent_kubernetes_events_total",
              MetricType.COUNTER,
              "Events of Kubernetes, by outcome.",
              "",
              List.of(
                  new Metric(Labels.of("outcome", "sent"), e.sentCount()),
                  new Metric(Labels.of("outcome", "refused"), e.refusedCount()))));
    }
  }

  @Override
  public synchronized void close() {
    Running r = running;
    running = null;
    if (r != null) {
      if (r.state != null) {
        r.state.close();
      }
      if (r.events != null) {
        r.events.close();
      }
    }
  }
}
