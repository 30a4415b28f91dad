package dev.tethys.pipeline.receiver.cluster;

import dev.tethys.config.GoDurations;
import dev.tethys.config.Key;
import dev.tethys.config.Section;
import dev.tethys.config.Type;
import dev.tethys.config.YamlObject;
import dev.tethys.pipeline.component.Reference;
import dev.tethys.pipeline.receiver.kubernetes.ClusterSettings;
import dev.tethys.pipeline.receiver.leader.ElectedReceiver;
import dev.tethys.pipeline.receiver.scraping.IntervalCollector;
import dev.tethys.pipeline.receiver.scraping.MetricSettings;
import dev.tethys.pipeline.receiver.scraping.ResourceAttributes;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Receiver settings.
 *
 * @param entities interval between repetitions of all entities; zero for changes only
 * @param exporters exporters that receive entities in addition to the pipelines
 * @param elector whether this replica is the leader; null for always active
 * @param namespaces namespaces to watch; empty for all namespaces and cluster-wide objects
 * @param conditions node conditions reported as metrics
 * @param allocatable allocatable resources of nodes that have a metric each
 * @param metrics including metrics of conditions and resources
 */
public record ClusterConfig(
    IntervalCollector.Schedule pace,
    Duration entities,
    ClusterSettings access,
    List<Reference> exporters,
    @Nullable Reference elector,
    List<String> namespaces,
    boolean openShift,
    List<String> conditions,
    List<String> allocatable,
    List<MetricSettings> metrics,
    ResourceAttributes resources) {
  private static final Section SECTION =
      new Section("k8s_cluster", "Collects metrics of the objects of a Kubernetes cluster.");
  private static final ClusterSettings.Keys ACCESS = new ClusterSettings.Keys(SECTION);
  private static final IntervalCollector.Schedule.Keys PACE =
      new IntervalCollector.Schedule.Keys(SECTION, Duration.ofSeconds(10));
  private static final Key<List<String>> NAMESPACES =
      SECTION.key(
          "namespaces", Type.list(Type.STRING), List.of(), "Observed namespaces; all if empty.");
  private static final Key<String> NAMESPACE =
      SECTION.key(
          "namespace", Type.STRING, "", "Former way of writing one namespace of namespaces.");
  private static final Key<Boolean> OPENSHIFT =
      SECTION.key(
          "distribution",
          Type.oneOf("distribution", "kubernetes", false, "openshift", true),
          false,
          "Distribution of the cluster; openshift adds its quotas.");
  private static final Key<List<String>> CONDITIONS =
      SECTION.key(
          "node_conditions_to_report",
          Type.list(Type.STRING),
          List.of("Ready"),
          "Conditions of nodes to report, one metric each.");
  private static final Key<List<String>> ALLOCATABLE =
      SECTION.key(
          "allocatable_types_to_report",
          Type.list(Type.STRING),
          List.of(),
          "Allocatable resources of nodes to report, one metric each: cpu, memory, pods …");
  private static final Key<Duration> ENTITIES =
      SECTION.key(
          "metadata_collection_interval",
          GoDurations.TYPE,
          Duration.ofMinutes(5),
          "Interval at which unchanged entities are repeated in logs; 0 for never.");
  private static final Key<List<Reference>> EXPORTERS =
      SECTION.key(
          "metadata_exporters",
          Type.list(Reference.TYPE),
          List.of(),
          "Exporters that receive the entities as logs, in addition to pipelines.");
  private static final Key<Reference> ELECTOR = ElectedReceiver.elector(SECTION);
  private static final MetricSettings.Keys METRICS =
      new MetricSettings.Keys(SECTION, ClusterMetrics.ALL);
  private static final ResourceAttributes.Keys RESOURCES =
      new ResourceAttributes.Keys(SECTION, ClusterMetrics.RESOURCE);

  static final Type<ClusterConfig> TYPE = SECTION.type(ClusterConfig::read);

  private static ClusterConfig read(YamlObject o) {
    Set<String> namespaces = new LinkedHashSet<>(o.get(NAMESPACES));
    if (!o.get(NAMESPACE).isEmpty()) {
      if (!namespaces.isEmpty()) {
        throw o.error(NAMESPACE, "either namespace or namespaces; the first is the older one");
      }
      namespaces.add(o.get(NAMESPACE));
    }
    for (String n : namespaces) {
      if (!n.matches("[a-z0-9]([-a-z0-9]*[a-z0-9])?")) {
        throw o.error(NAMESPACES, "\"" + n + "\" is not a valid namespace name");
      }
    }
    List<String> conditions = List.copyOf(new LinkedHashSet<>(o.get(CONDITIONS)));
    List<String> allocatable = List.copyOf(new LinkedHashSet<>(o.get(ALLOCATABLE)));
    List<MetricSettings> metrics = new ArrayList<>(METRICS.read(o));
    conditions.forEach(c -> metrics.add(ClusterMetrics.condition(c)));
    allocatable.forEach(a -> metrics.add(ClusterMetrics.allocatable(a)));
    return new ClusterConfig(
        PACE.read(o),
        o.get(ENTITIES),
        ACCESS.read(o),
        List.copyOf(o.get(EXPORTERS)),
        o.find(ELECTOR),
        List.copyOf(namespaces),
        o.get(OPENSHIFT),
        conditions,
        allocatable,
        List.copyOf(metrics),
        RESOURCES.read(o));
  }

  /**
   * Whether objects of a kind are watched: if they are entities, or some of their metrics are
   * enabled.
   *
   * @param measured whether metrics are collected
   * @param configured whether entities are collected
   */
  boolean watches(ClusterKind kind, boolean measured, boolean configured) {
    if (kind == ClusterKind.CLUSTER_QUOTA && !openShift) {
      return false;
    }
    if (!kind.namespaced() && !namespaces.isEmpty()) {
      return false; // an account limited to namespaces may not see cluster-scoped objects
    }
    return configured && kind.hasEntities()
        || measured
            && metrics.stream().anyMatch(m -> m.enabled() && kind.measures(m.instrument().name()));
  }
}
