package dev.tethys.pipeline.receiver.cluster;

import dev.tethys.model.log.JulLogger;
import dev.tethys.model.telemetry.MetricsData;
import dev.tethys.pipeline.Consumer;
import dev.tethys.pipeline.component.Receiver;
import dev.tethys.pipeline.receiver.kubernetes.JsonDocumentClient;
import dev.tethys.pipeline.receiver.kubernetes.KubernetesEnvironment;
import dev.tethys.pipeline.receiver.scraping.FailureLog;
import dev.tethys.pipeline.receiver.scraping.IntervalCollector;
import dev.tethys.pipeline.receiver.scraping.PointEmitter;
import dev.tethys.pipeline.receiver.scraping.ScrapedPoints;
import dev.tethys.web.client.ClientRequest;
import dev.tethys.web.kubernetes.ClusterAccess;
import dev.tethys.web.kubernetes.ResourceWatch;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Watches the objects of a cluster: emits their metrics once per interval, and their entities as
 * logs.
 */
final class ClusterReceiver implements Receiver {
  private static final System.Logger LOG = JulLogger.of(ClusterReceiver.class.getName());

  private final ClusterConfig config;
  private final KubernetesEnvironment environment;
  private final String name;
  private final ScrapedPoints counts;
  private final @Nullable IntervalCollector rounds;
  private final @Nullable EntityEvents entities;
  private final PointEmitter out;
  private final long begun = IntervalCollector.nanos();
  private final List<WatchedKind> watched = new ArrayList<>();
  private @Nullable JsonDocumentClient api;
  private @Nullable String cluster; // of the thread
  private final FailureLog failures = new FailureLog(); // of the thread

  /**
   * @param metrics destination of metrics; null if no pipeline accepts them
   * @param logs the same of entities
   */
  ClusterReceiver(
      ClusterConfig config,
      KubernetesEnvironment environment,
      @Nullable Consumer metrics,
      @Nullable Consumer logs,
      String name,
      ScrapedPoints counts) {
    this.config = config;
    this.environment = environment;
    this.name = name;
    this.counts = counts;
    this.rounds =
        metrics == null
            ? null
            : new IntervalCollector(name, config.pace(), this::gather, metrics, Thread.ofVirtual());
    this.entities = logs == null ? null : new EntityEvents(name, config.entities(), logs);
    this.out =
        new PointEmitter(
            new PointEmitter.Origin(
                "github.com/open-telemetry/opentelemetry-collector-contrib/receiver"
                    + "/k8sclusterreceiver",
                environment.version(),
                "https://opentelemetry.io/schemas/1.27.0"),
            config.metrics());
  }

  @Override
  public void start() throws IOException {
    ClusterAccess access = config.access().access(environment);
    api = new JsonDocumentClient(access, environment.sender());
    ResourceWatch.Connection means =
        new ResourceWatch.Connection(access, environment.sender(), Thread::sleep);
    for (ClusterKind kind : ClusterKind.values()) {
      if (config.watches(kind, rounds != null, entities != null)) {
        List<String> in = config.namespaces().isEmpty() ? List.of("") : config.namespaces();
        in.forEach(
            n ->
                watched.add(
                    new WatchedKind(
                        name, kind, n, config, means, kind.hasEntities() ? entities : null)));
      }
    }
    if (entities != null) {
      entities.start(watched.stream().filter(w -> w.kind().hasEntities()).toList());
    }
    watched.forEach(WatchedKind::start);
    if (rounds != null) {
      rounds.start();
    }
  }

  /** Collects the current metrics. */
  MetricsData gather() throws InterruptedException {
    MetricsData data = new MetricsData();
    if (config.resources().has(ClusterMetrics.CLUSTER) && !hasClusterId()) {
      return data;
    }
    out.at(begun, IntervalCollector.nanos());
    Map<String, List<Part>> endpoints = endpoints();
    for (WatchedKind w : watched) {
      if (w.kind() != ClusterKind.ENDPOINT_SLICE) {
        for (ClusterObject o : w.objects()) {
          o.parts().forEach(p -> add(p, endpoints, data));
        }
      }
    }
    counts.add("k8s_cluster", data.itemCount(), 0);
    return data;
  }

  /** Looks up the id of the cluster until it is known. */
  private boolean hasClusterId() throws InterruptedException {
    JsonDocumentClient asked = api;
    if (cluster == null && asked != null) {
      try {
        cluster =
            asked
                .get("/api/v1/namespaces/kube-system", ClientRequest.DEFAULT_TIMEOUT)
                .path("metadata")
                .path("uid")
                .asString("");
      } catch (IOException e) {
        counts.add("k8s_cluster", 0, out.enabled());
        String reason = String.valueOf(e.getMessage());
        if (!IntervalCollector.isStopping() && failures.isNew(reason)) {
          LOG.log(
              Level.ERROR,
              "{0}: no metrics while k8s.cluster.uid, which is required, is unknown: {1}",
              name,
              reason);
        }
      }
    }
    return cluster != null;
  }

  /** Returns the endpoint slices by service. */
  private Map<String, List<Part>> endpoints() {
    Map<String, List<Part>> by = new HashMap<>();
    for (WatchedKind w : watched) {
      if (w.kind() == ClusterKind.ENDPOINT_SLICE) {
        for (ClusterObject o : w.objects()) {
          o.parts().forEach(p -> by.computeIfAbsent(service(p), _ -> new ArrayList<>()).add(p));
        }
      }
    }
    return by;
  }

  private static String service(Part p) {
    return p.attributes().get("k8s.namespace.name") + "/" + p.attributes().get("k8s.service.name");
  }

  private void add(Part p, Map<String, List<Part>> endpoints, MetricsData to) {
    p.values().forEach(this::record);
    if (!endpoints.isEmpty() && p.attributes().containsKey("k8s.service.uid")) {
      Map<List<Object>, Long> sums = new TreeMap<>(Comparator.comparing(List::toString));
      for (Part slice : endpoints.getOrDefault(service(p), List.of())) {
        slice.values().forEach(v -> sums.merge(v.attributes(), v.number().longValue(), Long::sum));
      }
      sums.forEach((k, n) -> out.recorder(ClusterMetrics.ENDPOINTS).count(n, k.toArray()));
    }
    Map<String, Object> all = new LinkedHashMap<>();
    p.attributes().forEach((k, v) -> config.resources().put(all, k, v));
    if (cluster != null) {
      config.resources().put(all, ClusterMetrics.CLUSTER, cluster);
    }
    out.emit(config.resources().resource(all), to);
  }

  private void record(Part.Value v) {
    if (v.number() instanceof Double d) {
      out.recorder(v.metric()).measure(d, v.attributes().toArray());
    } else {
      out.recorder(v.metric()).count(v.number().longValue(), v.attributes().toArray());
    }
  }

  @Override
  public void stop(Duration timeLimit) {
    watched.forEach(WatchedKind::stop);
    List<Thread> ending = new ArrayList<>();
    if (entities != null) {
      ending.add(entities.thread());
    }
    if (rounds != null) {
      ending.add(rounds.thread());
    }
    IntervalCollector.stop(ending, name, timeLimit);
  }
}
