package dev.tethys.collect.discovery.kubernetes;

import dev.tethys.collect.discovery.MetaLabels;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/** Labels that targets inherit from the objects they belong to. */
final class ObjectLabels {
  static final String PREFIX = "__meta_kubernetes_";

  /** A container of a pod. */
  record Container(JsonNode json, boolean init) {
    String name() {
      return json.path("name").asString("");
    }
  }

  private final KubernetesDiscovery.Attach attach;

  ObjectLabels(KubernetesDiscovery.Attach attach) {
    this.attach = attach;
  }

  KubernetesDiscovery.Attach attach() {
    return attach;
  }

  static MetaLabels labels() {
    return new MetaLabels(PREFIX);
  }

  static String namespace(JsonNode object) {
    return object.path("metadata").path("namespace").asString("");
  }

  static String name(JsonNode object) {
    return object.path("metadata").path("name").asString("");
  }

  /** Name, labels and annotations of an object under its kind. */
  static void addMeta(MetaLabels to, JsonNode object, String kind) {
    to.put(kind + "_name", name(object));
    addLabelsAndAnnotations(to, object, kind);
  }

  private static void addLabelsAndAnnotations(MetaLabels to, JsonNode object, String kind) {
    for (String what : List.of("label", "annotation")) {
      object
          .path("metadata")
          .path(what + "s")
          .properties()
          .forEach(
              e -> {
                to.keyed(kind + "_" + what + "_", e.getKey(), MetaLabels.text(e.getValue()));
                to.keyed(kind + "_" + what + "present_", e.getKey(), "true");
              });
    }
  }

  /** The labels of a namespace, if configured. */
  void addNamespace(MetaLabels to, JsonNode object, ClusterState.Lookup others) {
    if (attach.namespace()) {
      JsonNode n = others.find(Resource.NAMESPACES, namespace(object));
      if (n != null) {
        addLabelsAndAnnotations(to, n, "namespace");
      }
    }
  }

  /** The labels of a node, if configured. */
  void addNode(MetaLabels to, String node, ClusterState.Lookup others) {
    if (attach.node() && !node.isEmpty()) {
      JsonNode n = others.find(Resource.NODES, node);
      if (n != null) {
        addMeta(to, n, "node");
      }
    }
  }

  /** Adds the labels common to all targets of a service. */
  static void addService(MetaLabels to, JsonNode service) {
    to.put("namespace", namespace(service));
    addMeta(to, service, "service");
  }

  /** Adds the labels common to all targets of a pod. */
  void addPod(MetaLabels to, JsonNode pod, ClusterState.Lookup others) {
    JsonNode status = pod.path("status");
    to.put("pod_ip", status.path("podIP"));
    to.put("pod_ready", ready(status));
    to.put("pod_phase", status.path("phase"));
    to.put("pod_node_name", pod.path("spec").path("nodeName"));
    to.put("pod_host_ip", status.path("hostIP"));
    to.put("pod_uid", pod.path("metadata").path("uid"));
    addMeta(to, pod, "pod");
    JsonNode owner = controller(pod);
    if (owner == null) {
      return;
    }
    String kind = owner.path("kind").asString("");
    String name = owner.path("name").asString("");
    to.put("pod_controller_kind", kind);
    to.put("pod_controller_name", name);
    String key = namespace(pod) + "/" + name;
    if (kind.equals("ReplicaSet") && attach.deployment()) {
      to.put(
          "pod_deployment_name", ownerName(others.find(Resource.REPLICASETS, key), "Deployment"));
    } else if (kind.equals("Job")) {
      if (attach.job()) {
        to.put("pod_job_name", name);
      }
      if (attach.cronjob()) {
        to.put("pod_cronjob_name", ownerName(others.find(Resource.JOBS, key), "CronJob"));
      }
    }
  }

  private static String ownerName(@Nullable JsonNode object, String kind) {
    JsonNode owner = object == null ? null : controller(object);
    return owner != null && owner.path("kind").asString("").equals(kind)
        ? owner.path("name").asString("")
        : "";
  }

  private static @Nullable JsonNode controller(JsonNode object) {
    for (JsonNode ref : object.path("metadata").path("ownerReferences")) {
      if (ref.path("controller").asBoolean(false)) {
        return ref;
      }
    }
    return null;
  }

  private static String ready(JsonNode status) {
    for (JsonNode c : status.path("conditions")) {
      if (c.path("type").asString("").equals("Ready")) {
        return c.path("status").asString("").toLowerCase(Locale.ROOT);
      }
    }
    return "unknown";
  }

  /** All containers of a pod, init containers last. */
  static List<Container> containers(JsonNode pod) {
    List<Container> out = new ArrayList<>();
    pod.path("spec").path("containers").forEach(c -> out.add(new Container(c, false)));
    pod.path("spec").path("initContainers").forEach(c -> out.add(new Container(c, true)));
    return out;
  }

  /** Labels of a container and, if present, of its port. */
  static void addContainer(
      MetaLabels to, Container c, @Nullable JsonNode port, @Nullable String protocol) {
    to.put("pod_container_name", c.name());
    to.put("pod_container_image", c.json().path("image"));
    to.put("pod_container_init", c.init());
    if (port != null) {
      to.put("pod_container_port_name", port.path("name"));
      to.put("pod_container_port_number", port.path("containerPort"));
      to.put("pod_container_port_protocol", protocol);
    }
  }
}
