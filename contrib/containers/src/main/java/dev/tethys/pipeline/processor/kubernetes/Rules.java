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
  private static final Set<String> OF_CONTAINERS =
      Set.of(
          AttributeNames.CONTAINER,
          AttributeNames.CONTAINER_ID,
          AttributeNames.IMAGE,
          AttributeNames.IMAGE_TAG,
          AttributeNames.IMAGE_TAGS,
          AttributeNames.IMAGE_DIGESTS,
          AttributeNames.SERVICE_VERSION,
          AttributeNames.SERVICE_INSTANCE);

  /** Pod annotation that is itself an attribute. */
  private static final Regex OTEL = Regex.compile("^(?:resource\\.opentelemetry\\.io/(.+))$");

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
    this.containerIds =
        config.associations().stream().anyMatch(a -> a.contains(AttributeNames.CONTAINER_ID));
    this.containers = containerIds || wanted.stream().anyMatch(OF_CONTAINERS::contains);
    watched.addAll(labels.keySet());
    watched.addAll(annotations.keySet());
    this.onlyKubeSystem = !watched.contains(KubernetesKind.NAMESPACE);
    if (extracts(AttributeNames.CLUSTER_UID)) {
      watched.add(KubernetesKind.NAMESPACE);
    }
    if (extracts(AttributeNames.NODE_UID)) {
      watched.add(KubernetesKind.NODE);
    }
    if (extracts(AttributeNames.DEPLOYMENT_UID)
        || watched.contains(KubernetesKind.DEPLOYMENT)
        || extracts(AttributeNames.DEPLOYMENT) && !e.deploymentFromName()) {
      watched.add(KubernetesKind.REPLICASET);
    }
    if (extracts(AttributeNames.CRONJOB_UID) || watched.contains(KubernetesKind.CRONJOB)) {
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

  /** Returns alternating names and values of labels and annotations. */
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
