package dev.tethys.pipeline.receiver.cluster;

import dev.tethys.web.kubernetes.Quantity;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/** Extracts the stored data of objects; {@link PodReader} handles pods. */
final class ObjectReader {
  private static final List<String> VOLUME_PHASES =
      List.of("Pending", "Available", "Bound", "Released", "Failed");
  private static final List<String> CLAIM_PHASES = List.of("Pending", "Bound", "Lost");

  private ObjectReader() {}

  /** Reads a node. */
  static Part node(JsonNode o, List<String> conditions, List<String> allocatable) {
    JsonNode m = o.path("metadata");
    JsonNode info = o.path("status").path("nodeInfo");
    String runtime = info.path("containerRuntimeVersion").asString("");
    int at = runtime.indexOf("://");
    Part p =
        Part.empty()
            .named("k8s.node.name", m.path("name"))
            .named("k8s.node.uid", m.path("uid"))
            .named("k8s.kubelet.version", info.path("kubeletVersion"))
            .named("os.description", info.path("osImage"))
            .named("os.type", info.path("operatingSystem"))
            .named("container.runtime", at < 0 ? "" : runtime.substring(0, at))
            .named("container.runtime.version", at < 0 ? "" : runtime.substring(at + 3));
    JsonNode all = o.path("status").path("conditions");
    for (String wanted : conditions) {
      long value = -1;
      for (JsonNode c : all) {
        if (c.path("type").asString("").equals(wanted)) {
          value = truth(c);
        }
      }
      p.whole(ClusterMetrics.CONDITION + ClusterMetrics.snake(wanted), value);
    }
    for (JsonNode c : all) {
      p.whole("k8s.node.condition", truth(c), c.path("type").asString(""));
    }
    for (String wanted : allocatable) {
      String text = o.path("status").path("allocatable").path(wanted).asString("");
      String metric = ClusterMetrics.ALLOCATABLE + ClusterMetrics.snake(wanted);
      if (wanted.equals("cpu")) {
        p.number(metric, cpus(text));
      } else {
        p.number(metric, whole(text));
      }
    }
    return p;
  }

  private static long truth(JsonNode condition) {
    return switch (condition.path("status").asString("")) {
      case "True" -> 1;
      case "False" -> 0;
      default -> -1;
    };
  }

  static Part namespace(JsonNode o) {
    JsonNode m = o.path("metadata");
    return Part.empty()
        .named("k8s.namespace.name", m.path("name"))
        .named("k8s.namespace.uid", m.path("uid"))
        .whole(
            "k8s.namespace.phase",
            switch (o.path("status").path("phase").asString("")) {
              case "Active" -> 1;
              case "Terminating" -> 0;
              default -> -1;
            });
  }

  /** Reads deployments and other workloads with replicas. */
  static Part replicas(String kind, String metrics, JsonNode o) {
    return Part.of(kind, o)
        .whole(metrics + ".desired", o.path("spec").path("replicas"))
        .count(metrics + ".available", o.path("status").path("availableReplicas"));
  }

  static Part statefulSet(JsonNode o) {
    JsonNode s = o.path("status");
    return Part.of("statefulset", o)
        .whole("k8s.statefulset.desired_pods", o.path("spec").path("replicas"))
        .count("k8s.statefulset.ready_pods", s.path("readyReplicas"))
        .count("k8s.statefulset.current_pods", s.path("currentReplicas"))
        .count("k8s.statefulset.updated_pods", s.path("updatedReplicas"))
        .count("k8s.statefulset.pod.available", s.path("availableReplicas"));
  }

  static Part daemonSet(JsonNode o) {
    JsonNode s = o.path("status");
    return Part.of("daemonset", o)
        .count("k8s.daemonset.current_scheduled_nodes", s.path("currentNumberScheduled"))
        .count("k8s.daemonset.desired_scheduled_nodes", s.path("desiredNumberScheduled"))
        .count("k8s.daemonset.misscheduled_nodes", s.path("numberMisscheduled"))
        .count("k8s.daemonset.ready_nodes", s.path("numberReady"));
  }

  static Part job(JsonNode o) {
    JsonNode s = o.path("status");
    return Part.of("job", o)
        .count("k8s.job.active_pods", s.path("active"))
        .count("k8s.job.failed_pods", s.path("failed"))
        .count("k8s.job.successful_pods", s.path("succeeded"))
        .whole("k8s.job.desired_successful_pods", o.path("spec").path("completions"))
        .whole("k8s.job.max_parallel_pods", o.path("spec").path("parallelism"));
  }

  static Part cronJob(JsonNode o) {
    return Part.of("cronjob", o)
        .whole("k8s.cronjob.active_jobs", o.path("status").path("active").size());
  }

  static Part autoscaler(JsonNode o) {
    JsonNode target = o.path("spec").path("scaleTargetRef");
    return Part.of("hpa", o)
        .named("k8s.hpa.scaletargetref.apiversion", target.path("apiVersion"))
        .named("k8s.hpa.scaletargetref.kind", target.path("kind"))
        .named("k8s.hpa.scaletargetref.name", target.path("name"))
        .whole("k8s.hpa.max_replicas", o.path("spec").path("maxReplicas"))
        .whole("k8s.hpa.min_replicas", o.path("spec").path("minReplicas"))
        .count("k8s.hpa.current_replicas", o.path("status").path("currentReplicas"))
        .count("k8s.hpa.desired_replicas", o.path("status").path("desiredReplicas"));
  }

  static Part quota(JsonNode o) {
    Part p = Part.of("resourcequota", o);
    amounts(p, "k8s.resource_quota.hard_limit", o.path("status").path("hard"));
    amounts(p, "k8s.resource_quota.used", o.path("status").path("used"));
    return p;
  }

  static Part clusterQuota(JsonNode o) {
    JsonNode m = o.path("metadata");
    Part p =
        Part.empty()
            .named("openshift.clusterquota.name", m.path("name"))
            .named("openshift.clusterquota.uid", m.path("uid"));
    JsonNode total = o.path("status").path("total");
    amounts(p, "openshift.clusterquota.limit", total.path("hard"));
    amounts(p, "openshift.clusterquota.used", total.path("used"));
    for (JsonNode n : o.path("status").path("namespaces")) {
      String in = n.path("namespace").asString("");
      amounts(p, "openshift.appliedclusterquota.limit", n.path("status").path("hard"), in);
      amounts(p, "openshift.appliedclusterquota.used", n.path("status").path("used"), in);
    }
    return p;
  }

  /** Adds quantities by resource; CPUs in thousandths. */
  private static void amounts(Part p, String metric, JsonNode by, String... namespace) {
    for (Map.Entry<String, JsonNode> e : by.properties()) {
      BigDecimal n = Quantity.of(e.getValue().asString(""));
      if (n != null) {
        BigDecimal shown = e.getKey().endsWith(".cpu") ? n.movePointRight(3) : n;
        long whole = shown.setScale(0, RoundingMode.CEILING).longValue();
        if (namespace.length == 0) {
          p.whole(metric, whole, e.getKey());
        } else {
          p.whole(metric, whole, namespace[0], e.getKey());
        }
      }
    }
  }

  static Part volume(JsonNode o) {
    JsonNode m = o.path("metadata");
    JsonNode spec = o.path("spec");
    Part p =
        Part.empty()
            .named("k8s.persistentvolume.name", m.path("name"))
            .named("k8s.persistentvolume.uid", m.path("uid"))
            .named("k8s.storageclass.name", spec.path("storageClassName"))
            .named(
                "k8s.persistentvolume.reclaim_policy", spec.path("persistentVolumeReclaimPolicy"));
    one(p, "k8s.persistentvolume.status.phase", VOLUME_PHASES, phase(o));
    return p.number(
        "k8s.persistentvolume.storage.capacity",
        whole(spec.path("capacity").path("storage").asString("")));
  }

  static Part claim(JsonNode o) {
    JsonNode asked = o.path("spec").path("resources").path("requests").path("storage");
    JsonNode given = o.path("status").path("capacity").path("storage");
    Part p =
        Part.of("persistentvolumeclaim", o)
            .named("k8s.storageclass.name", o.path("spec").path("storageClassName"));
    one(p, "k8s.persistentvolumeclaim.status.phase", CLAIM_PHASES, phase(o));
    return p.number("k8s.persistentvolumeclaim.storage.request", whole(asked.asString("")))
        .number("k8s.persistentvolumeclaim.storage.capacity", whole(given.asString("")));
  }

  private static String phase(JsonNode o) {
    return o.path("status").path("phase").asString("");
  }

  /** Adds a point for each state: 1 for the current one, 0 for the others. */
  static void one(Part p, String metric, List<String> all, String now) {
    all.forEach(s -> p.whole(metric, s.equals(now) ? 1 : 0, s));
  }

  static Part service(JsonNode o) {
    JsonNode spec = o.path("spec");
    Part p =
        Part.of("service", o)
            .named("k8s.service.type", spec.path("type"))
            .named("k8s.service.traffic_distribution", spec.path("trafficDistribution"));
    p.attributes()
        .put(
            "k8s.service.publish_not_ready_addresses",
            spec.path("publishNotReadyAddresses").asBoolean(false));
    if (spec.path("type").asString("").equals("LoadBalancer")) {
      p.whole(
          "k8s.service.load_balancer.ingress.count",
          o.path("status").path("loadBalancer").path("ingress").size());
    }
    return p;
  }

  /** Reads the endpoints of a slice as values of its service. */
  static Part slice(JsonNode o) {
    JsonNode m = o.path("metadata");
    Part p =
        Part.empty()
            .named("k8s.namespace.name", m.path("namespace"))
            .named("k8s.service.name", m.path("labels").path("kubernetes.io/service-name"));
    String type = o.path("addressType").asString("");
    if (Set.of("IPv4", "IPv6", "FQDN").contains(type)) {
      for (JsonNode e : o.path("endpoints")) {
        String zone = e.path("zone").asString("");
        JsonNode c = e.path("conditions");
        boolean ready = c.path("ready").asBoolean(true);
        p.whole(ClusterMetrics.ENDPOINTS, ready ? 1 : 0, type, "ready", zone);
        p.whole(
            ClusterMetrics.ENDPOINTS,
            c.path("serving").asBoolean(ready) ? 1 : 0,
            type,
            "serving",
            zone);
        p.whole(
            ClusterMetrics.ENDPOINTS,
            c.path("terminating").asBoolean(false) ? 1 : 0,
            type,
            "terminating",
            zone);
      }
    }
    return p;
  }

  /** Parses a quantity as an integer, rounded up; returns null if it is invalid. */
  static @Nullable Long whole(String quantity) {
    BigDecimal n = Quantity.of(quantity);
    return n == null ? null : n.setScale(0, RoundingMode.CEILING).longValue();
  }

  /** Parses a CPU quantity with a resolution of thousandths; returns null if it is invalid. */
  static @Nullable Double cpus(String quantity) {
    BigDecimal n = Quantity.of(quantity);
    return n == null ? null : n.setScale(3, RoundingMode.CEILING).doubleValue();
  }
}
