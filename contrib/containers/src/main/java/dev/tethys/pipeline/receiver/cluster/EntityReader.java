package dev.tethys.pipeline.receiver.cluster;

import dev.tethys.pipeline.receiver.cluster.ClusterObject.Entity;
import dev.tethys.pipeline.receiver.cluster.ClusterObject.Links;
import dev.tethys.pipeline.receiver.cluster.ClusterObject.Owner;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import tools.jackson.databind.JsonNode;

/** Extracts entities from objects, with the Collector's attributes. */
final class EntityReader {
  private static final String NAMESPACE = "k8s.namespace.name";

  /** Conditions reported by every kubelet; others change frequently on some nodes. */
  private static final List<String> CONDITIONS =
      List.of("Ready", "MemoryPressure", "DiskPressure", "PIDPressure", "NetworkUnavailable");

  /** Copies of complete objects that a tool stored within the objects. */
  private static final String LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration";

  private EntityReader() {}

  /**
   * Returns the entities of an object.
   *
   * @param parts parts of the same object that contain the image names
   */
  static List<Entity> read(ClusterKind kind, JsonNode o, List<Part> parts) {
    return switch (kind) {
      case NODE -> List.of(node(o));
      case NAMESPACE -> List.of(namespace(o));
      case POD -> pod(o, parts);
      case DEPLOYMENT -> List.of(deployment(o));
      case REPLICA_SET -> List.of(workload("ReplicaSet", o));
      case REPLICATION_CONTROLLER -> List.of(workload("ReplicationController", o));
      case STATEFUL_SET -> List.of(statefulSet(o));
      case DAEMON_SET -> List.of(workload("DaemonSet", o));
      case JOB -> List.of(workload("Job", o));
      case CRON_JOB -> List.of(cronJob(o));
      case AUTOSCALER -> List.of(workload("HPA", o));
      case VOLUME -> List.of(volume(o));
      case CLAIM -> List.of(claim(o));
      case SERVICE -> List.of(service(o));
      case RESOURCE_QUOTA, CLUSTER_QUOTA, ENDPOINT_SLICE -> List.of();
    };
  }

  /** References of an object that are used to resolve owners and services. */
  static Links links(ClusterKind kind, JsonNode o) {
    JsonNode m = o.path("metadata");
    String namespace = text(m, "namespace");
    String name = text(m, "name");
    return switch (kind) {
      case POD -> new Links(namespace, name, texts(m.path("labels")), Map.of(), owners(m));
      case REPLICA_SET, JOB -> new Links(namespace, name, Map.of(), Map.of(), owners(m));
      case SERVICE ->
          new Links(namespace, name, Map.of(), texts(o.path("spec").path("selector")), List.of());
      default -> Links.NONE;
    };
  }

  private static Entity node(JsonNode o) {
    JsonNode m = o.path("metadata");
    Map<String, String> d = texts(m.path("labels"));
    d.put("k8s.node.name", text(m, "name"));
    d.put("node.creation_timestamp", created(m));
    for (JsonNode c : o.path("status").path("conditions")) {
      String type = text(c, "type");
      if (CONDITIONS.contains(type)) {
        d.put(
            ClusterMetrics.CONDITION + ClusterMetrics.snake(type),
            text(c, "status").toLowerCase(Locale.ROOT));
      }
    }
    return new Entity("k8s.node", "k8s.node.uid", text(m, "uid"), d);
  }

  private static Entity namespace(JsonNode o) {
    JsonNode m = o.path("metadata");
    String phase = text(o.path("status"), "phase").toLowerCase(Locale.ROOT);
    Map<String, String> d = new LinkedHashMap<>();
    d.put(NAMESPACE, text(m, "name"));
    d.put("k8s.namespace.phase", phase.isEmpty() ? "unknown" : phase);
    d.put("k8s.namespace.creation_timestamp", created(m));
    return new Entity("k8s.namespace", "k8s.namespace.uid", text(m, "uid"), d);
  }

  private static List<Entity> pod(JsonNode o, List<Part> parts) {
    JsonNode m = o.path("metadata");
    JsonNode status = o.path("status");
    Map<String, String> d = texts(m.path("labels"));
    d.put("pod.creation_timestamp", created(m));
    String phase = text(status, "phase");
    d.put("k8s.pod.phase", phase.isEmpty() ? "Unknown" : phase);
    if (!text(status, "reason").isEmpty()) {
      d.put("k8s.pod.status_reason", text(status, "reason"));
    }
    d.put("k8s.node.name", text(o.path("spec"), "nodeName"));
    for (Owner w : owners(m)) {
      made(d, w);
      // These two have owners themselves.
      if (!w.kind().equals("ReplicaSet") && !w.kind().equals("Job")) {
        d.put("k8s.workload.kind", w.kind());
        d.put("k8s.workload.name", w.name());
      }
    }
    d.put(NAMESPACE, text(m, "namespace"));
    d.put("k8s.pod.name", text(m, "name"));
    List<Entity> out = new ArrayList<>();
    out.add(new Entity("k8s.pod", "k8s.pod.uid", text(m, "uid"), d));
    for (JsonNode c : status.path("containerStatuses")) {
      String id = text(c, "containerID").replaceFirst("^[\\w-]+://", "");
      if (!id.isEmpty()) {
        out.add(new Entity("container", "container.id", id, container(o, c, parts)));
      }
    }
    return out;
  }

  private static Map<String, String> container(JsonNode pod, JsonNode c, List<Part> parts) {
    JsonNode m = pod.path("metadata");
    Map<String, String> d = new LinkedHashMap<>();
    d.put("k8s.container.name", text(c, "name"));
    for (Part p : parts) {
      if (text(c, "name").equals(p.attributes().get("k8s.container.name"))) {
        for (String image : List.of("container.image.name", "container.image.tag")) {
          if (p.attributes().get(image) instanceof String s) {
            d.put(image, s);
          }
        }
      }
    }
    d.put("k8s.pod.name", text(m, "name"));
    d.put("k8s.pod.uid", text(m, "uid"));
    d.put(NAMESPACE, text(m, "namespace"));
    d.put("k8s.node.name", text(pod.path("spec"), "nodeName"));
    for (String is : List.of("running", "terminated", "waiting")) {
      JsonNode state = c.path("state").path(is);
      if (state.isObject()) {
        d.put("container.status", is);
        if (!is.equals("running")) {
          d.put("container.status.reason", text(state, "reason"));
        }
        if (!text(state, "startedAt").isEmpty()) {
          d.put("container.creation_timestamp", text(state, "startedAt"));
        }
      }
    }
    return d;
  }

  private static Entity workload(String kind, JsonNode o) {
    JsonNode m = o.path("metadata");
    String type = kind.toLowerCase(Locale.ROOT);
    Map<String, String> d = new LinkedHashMap<>();
    prefixed(d, "k8s." + type + ".label.", m.path("labels"));
    d.put("k8s.workload.kind", kind);
    d.put("k8s.workload.name", text(m, "name"));
    d.put(type + ".creation_timestamp", created(m));
    d.put(NAMESPACE, text(m, "namespace"));
    owners(m).forEach(w -> made(d, w));
    return new Entity("k8s." + type, "k8s." + type + ".uid", text(m, "uid"), d);
  }

  private static Entity deployment(JsonNode o) {
    Entity e = workload("Deployment", o);
    e.description().put("k8s.deployment.name", text(o.path("metadata"), "name"));
    return e;
  }

  private static Entity statefulSet(JsonNode o) {
    Entity e = workload("StatefulSet", o);
    e.description().put("current_revision", text(o.path("status"), "currentRevision"));
    e.description().put("update_revision", text(o.path("status"), "updateRevision"));
    return e;
  }

  private static Entity cronJob(JsonNode o) {
    Entity e = workload("CronJob", o);
    e.description().put("schedule", text(o.path("spec"), "schedule"));
    e.description().put("concurrency_policy", text(o.path("spec"), "concurrencyPolicy"));
    return e;
  }

  private static Entity volume(JsonNode o) {
    return named("persistentvolume", o);
  }

  private static Entity claim(JsonNode o) {
    Entity e = named("persistentvolumeclaim", o);
    e.description().put(NAMESPACE, text(o.path("metadata"), "namespace"));
    String bound = text(o.path("spec"), "volumeName");
    if (!bound.isEmpty()) {
      e.description().put("k8s.persistentvolume.name", bound);
    }
    return e;
  }

  private static Entity service(JsonNode o) {
    Entity e = named("service", o);
    e.description().put(NAMESPACE, text(o.path("metadata"), "namespace"));
    prefixed(e.description(), "k8s.service.selector.", o.path("spec").path("selector"));
    return e;
  }

  /** Returns an entity whose labels and annotations are listed by name. */
  private static Entity named(String kind, JsonNode o) {
    JsonNode m = o.path("metadata");
    String of = "k8s." + kind + ".";
    Map<String, String> d = new LinkedHashMap<>();
    d.put(of + "name", text(m, "name"));
    d.put(of + "creation_timestamp", created(m));
    prefixed(d, of + "label.", m.path("labels"));
    prefixed(d, of + "annotation.", m.path("annotations"));
    d.keySet().removeIf(k -> k.startsWith(of + "annotation." + LAST_APPLIED));
    return new Entity("k8s." + kind, of + "uid", text(m, "uid"), d);
  }

  /** Finds the owner of an object. */
  static void made(Map<String, String> d, Owner by) {
    String of = "k8s." + by.kind().toLowerCase(Locale.ROOT) + ".";
    d.put(of + "name", by.name());
    d.put(of + "uid", by.uid());
  }

  private static List<Owner> owners(JsonNode m) {
    List<Owner> out = new ArrayList<>();
    for (JsonNode w : m.path("ownerReferences")) {
      out.add(new Owner(text(w, "kind"), text(w, "name"), text(w, "uid")));
    }
    return List.copyOf(out);
  }

  private static String created(JsonNode m) {
    return text(m, "creationTimestamp");
  }

  private static Map<String, String> texts(JsonNode all) {
    Map<String, String> out = new LinkedHashMap<>();
    prefixed(out, "", all);
    return out;
  }

  private static void prefixed(Map<String, String> to, String prefix, JsonNode all) {
    all.properties().forEach(e -> to.put(prefix + e.getKey(), e.getValue().asString("")));
  }

  private static String text(JsonNode o, String key) {
    return o.path(key).asString("");
  }
}
