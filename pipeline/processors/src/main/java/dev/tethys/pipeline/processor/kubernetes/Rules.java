package dev.tethys.pipeline.processor.kubernetes;

import dev.tethys.model.regex.Regex;
import dev.tethys.model.relabel.Template;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import tools.jackson.databind.JsonNode;

/** Extraction rules: wanted attributes and the kinds of objects that provide them. */
final class Rules {
  static final String NAMESPACE = "k8s.namespace.name";
  static final String POD_NAME = "k8s.pod.name";
  static final String POD_UID = "k8s.pod.uid";
  static final String POD_IP = "k8s.pod.ip";
  static final String POD_HOSTNAME = "k8s.pod.hostname";
  static final String POD_START = "k8s.pod.start_time";
  static final String NODE = "k8s.node.name";
  static final String NODE_UID = "k8s.node.uid";
  static final String CLUSTER_UID = "k8s.cluster.uid";
  static final String DEPLOYMENT = "k8s.deployment.name";
  static final String DEPLOYMENT_UID = "k8s.deployment.uid";
  static final String REPLICASET = "k8s.replicaset.name";
  static final String REPLICASET_UID = "k8s.replicaset.uid";
  static final String DAEMONSET = "k8s.daemonset.name";
  static final String DAEMONSET_UID = "k8s.daemonset.uid";
  static final String STATEFULSET = "k8s.statefulset.name";
  static final String STATEFULSET_UID = "k8s.statefulset.uid";
  static final String JOB = "k8s.job.name";
  static final String JOB_UID = "k8s.job.uid";
  static final String CRONJOB = "k8s.cronjob.name";
  static final String CRONJOB_UID = "k8s.cronjob.uid";
  static final String CONTAINER = "k8s.container.name";
  static final String RESTARTS = "k8s.container.restart_count";
  static final String CONTAINER_ID = "container.id";
  static final String IMAGE = "container.image.name";
  static final String IMAGE_TAG = "container.image.tag";
  static final String IMAGE_TAGS = "container.image.tags";
  static final String IMAGE_DIGESTS = "container.image.repo_digests";
  static final String SERVICE_NAMESPACE = "service.namespace";
  static final String SERVICE_NAME = "service.name";
  static final String SERVICE_VERSION = "service.version";
  static final String SERVICE_INSTANCE = "service.instance.id";

  /** Attributes allowed in {@code metadata}. */
  static final List<String> ATTRIBUTES =
      List.of(
          NAMESPACE,
          POD_NAME,
          POD_UID,
          POD_HOSTNAME,
          POD_IP,
          POD_START,
          NODE,
          NODE_UID,
          CLUSTER_UID,
          DEPLOYMENT,
          DEPLOYMENT_UID,
          REPLICASET,
          REPLICASET_UID,
          DAEMONSET,
          DAEMONSET_UID,
          STATEFULSET,
          STATEFULSET_UID,
          JOB,
          JOB_UID,
          CRONJOB,
          CRONJOB_UID,
          CONTAINER,
          CONTAINER_ID,
          IMAGE,
          IMAGE_TAG,
          IMAGE_TAGS,
          IMAGE_DIGESTS,
          SERVICE_NAMESPACE,
          SERVICE_NAME,
          SERVICE_VERSION,
          SERVICE_INSTANCE);

  private static final Set<String> OF_CONTAINERS =
      Set.of(
          CONTAINER,
          CONTAINER_ID,
          IMAGE,
          IMAGE_TAG,
          IMAGE_TAGS,
          IMAGE_DIGESTS,
          SERVICE_VERSION,
          SERVICE_INSTANCE);

  /** Pod annotation that is an attribute itself. */
  private static final Regex OTEL = Regex.compile("^(?:resource\\.opentelemetry\\.io/(.+))$");

  /** Attributes that are added by default. */
  static List<String> defaults(Conventions conventions) {
    List<String> out =
        new ArrayList<>(List.of(NAMESPACE, POD_NAME, POD_UID, POD_START, NODE, DEPLOYMENT, IMAGE));
    if (conventions.newer()) {
      out.add(IMAGE_TAGS);
    }
    if (conventions.older()) {
      out.add(IMAGE_TAG);
    }
    return List.copyOf(out);
  }

  private final Set<String> wanted;
  private final Map<KubernetesKind, List<FieldRule>> labels = new EnumMap<>(KubernetesKind.class);
  private final Map<KubernetesKind, List<FieldRule>> annotations =
      new EnumMap<>(KubernetesKind.class);
  private final boolean containers;
  private final boolean containerIds;
  private final Set<KubernetesKind> watched = EnumSet.of(KubernetesKind.POD);
  private final boolean onlyKubeSystem;

  Rules(KubernetesConfig config) {
    KubernetesConfig.Extract e = config.extract();
    this.wanted = new HashSet<>(e.metadata());
    e.labels().forEach(f -> add(labels, f, true, e.conventions()));
    e.annotations().forEach(f -> add(annotations, f, false, e.conventions()));
    if (e.otelAnnotations()) {
      annotations
          .computeIfAbsent(KubernetesKind.POD, _ -> new ArrayList<>())
          .add(new FieldRule("", List.of(), OTEL, new Template("$1", OTEL), List.of()));
    }
    this.containerIds = config.associations().stream().anyMatch(a -> a.contains(CONTAINER_ID));
    this.containers = containerIds || wanted.stream().anyMatch(OF_CONTAINERS::contains);
    watched.addAll(labels.keySet());
    watched.addAll(annotations.keySet());
    this.onlyKubeSystem = !watched.contains(KubernetesKind.NAMESPACE);
    if (extracts(CLUSTER_UID)) {
      watched.add(KubernetesKind.NAMESPACE);
    }
    if (extracts(NODE_UID)) {
      watched.add(KubernetesKind.NODE);
    }
    if (extracts(DEPLOYMENT_UID)
        || watched.contains(KubernetesKind.DEPLOYMENT)
        || extracts(DEPLOYMENT) && !e.deploymentFromName()) {
      watched.add(KubernetesKind.REPLICASET);
    }
    if (extracts(CRONJOB_UID) || watched.contains(KubernetesKind.CRONJOB)) {
      watched.add(KubernetesKind.JOB);
    }
  }

  private static void add(
      Map<KubernetesKind, List<FieldRule>> to,
      KubernetesConfig.Field f,
      boolean label,
      Conventions c) {
    to.computeIfAbsent(f.from(), _ -> new ArrayList<>()).add(FieldRule.of(f, label, c));
  }

  boolean extracts(String attribute) {
    return wanted.contains(attribute);
  }

  /** Whether any attribute of containers is enabled. */
  boolean wantsContainers() {
    return containers;
  }

  boolean wantsContainerIds() {
    return containerIds || extracts(CONTAINER_ID);
  }

  /** Kinds of objects that the rules need. */
  Set<KubernetesKind> watched() {
    return watched;
  }

  /** Whether only the namespace that identifies the cluster is needed. */
  boolean wantsOnlyKubeSystem() {
    return onlyKubeSystem;
  }

  /** Attributes of an object's labels. */
  void labels(KubernetesKind of, JsonNode metadata, Map<String, String> to) {
    labels.getOrDefault(of, List.of()).forEach(r -> r.apply(metadata.path("labels"), to));
  }

  /** Attributes of an object's annotations. */
  void annotations(KubernetesKind of, JsonNode metadata, Map<String, String> to) {
    annotations.getOrDefault(of, List.of()).forEach(r -> r.apply(metadata.path("annotations"), to));
  }

  /** Names and values in turn, of labels and annotations. */
  String[] fields(KubernetesKind of, JsonNode metadata) {
    Map<String, String> to = new LinkedHashMap<>();
    labels(of, metadata, to);
    annotations(of, metadata, to);
    return pairs(to);
  }

  static String[] pairs(Map<String, String> of) {
    String[] out = new String[2 * of.size()];
    int i = 0;
    for (Map.Entry<String, String> e : of.entrySet()) {
      out[i++] = e.getKey();
      out[i++] = e.getValue();
    }
    return out;
  }
}
