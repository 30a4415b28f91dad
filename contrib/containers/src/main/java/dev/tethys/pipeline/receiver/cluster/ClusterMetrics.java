package dev.tethys.pipeline.receiver.cluster;

import dev.tethys.pipeline.receiver.scraping.Instrument;
import dev.tethys.pipeline.receiver.scraping.MetricSettings;
import dev.tethys.pipeline.receiver.scraping.ResourceAttributes.Attribute;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;

/** Metrics and resource attributes of the receiver. */
final class ClusterMetrics {
  static final String CONDITION = "k8s.node.condition_";
  static final String ALLOCATABLE = "k8s.node.allocatable_";
  static final String ENDPOINTS = "k8s.service.endpoint.count";
  static final String CLUSTER = "k8s.cluster.uid";

  private static final String BYTES = "By";
  private static final String PODS = "{pod}";
  private static final String NODES = "{node}";

  /** Word boundaries in a name: changes of the character class, and the end of an acronym. */
  private static final Pattern WORDS =
      Pattern.compile(
          "(?<=[a-z])(?=[A-Z0-9])|(?<=[0-9])(?=[A-Za-z])"
              + "|(?<=[A-Z])(?=[0-9])|(?<=[A-Z])(?=[A-Z][a-z])");

  static final List<Instrument> ALL = all();

  /** Attributes enabled by default, followed by the others. */
  static final List<Attribute> RESOURCE = resource();

  private ClusterMetrics() {}

  private static Instrument gauge(String name, String unit, String doc, String... attributes) {
    return Instrument.gauge(name, unit, doc, attributes).inWholeNumbers();
  }

  private static List<Instrument> all() {
    List<Instrument> l = new ArrayList<>();
    containers(l);
    String node = "k8s.node.condition";
    l.add(gauge(node, "{condition}", "The condition of a node.", "condition").optional());
    l.add(gauge("k8s.pod.phase", "", "1 Pending, 2 Running, 3 Succeeded, 4 Failed, 5 Unknown."));
    l.add(
        gauge(
                "k8s.pod.status_reason",
                "",
                "1 Evicted, 2 NodeAffinity, 3 NodeLost, 4 Shutdown, 5 UnexpectedAdmissionError, 6"
                    + " Unknown.")
            .optional());
    l.add(gauge("k8s.namespace.phase", "", "1 for active, 0 for terminating."));
    for (String s : List.of("deployment", "replicaset", "replication_controller")) {
      l.add(gauge("k8s." + s + ".available", PODS, "Pods that are available."));
      l.add(gauge("k8s." + s + ".desired", PODS, "Desired number of pods."));
    }
    for (String s : List.of("current", "desired", "ready", "updated")) {
      l.add(gauge("k8s.statefulset." + s + "_pods", PODS, "Pods: " + s + "."));
    }
    String available = "k8s.statefulset.pod.available";
    l.add(Instrument.level(available, PODS, "Pods that are available.").optional());
    for (String s : List.of("current_scheduled", "desired_scheduled", "misscheduled", "ready")) {
      String doc = "Nodes with pods: " + s.replace('_', ' ') + ".";
      l.add(gauge("k8s.daemonset." + s + "_nodes", NODES, doc));
    }
    for (String s :
        List.of("active", "desired_successful", "failed", "max_parallel", "successful")) {
      l.add(gauge("k8s.job." + s + "_pods", PODS, "Pods: " + s.replace('_', ' ') + "."));
    }
    l.add(gauge("k8s.cronjob.active_jobs", "{job}", "Jobs that run."));
    for (String s : List.of("current", "desired", "max", "min")) {
      l.add(gauge("k8s.hpa." + s + "_replicas", PODS, "Replicas: " + s + "."));
    }
    quotas(l);
    volumes(l);
    l.add(
        gauge(
                ENDPOINTS,
                "{endpoint}",
                "Endpoints of a service.",
                "k8s.service.endpoint.address_type",
                "k8s.service.endpoint.condition",
                "k8s.service.endpoint.zone")
            .optional());
    l.add(
        gauge(
                "k8s.service.load_balancer.ingress.count",
                "{ingress}",
                "Addresses of a service's load balancer.")
            .optional());
    return List.copyOf(l);
  }

  private static void containers(List<Instrument> l) {
    String c = "k8s.container.";
    for (String s : List.of("limit", "request")) {
      String doc =
          s.equals("limit") ? " that the container may use." : " that the container requests.";
      l.add(Instrument.gauge(c + "cpu_" + s, "{cpu}", "CPUs" + doc));
      for (String r : List.of("memory", "storage", "ephemeralstorage")) {
        l.add(gauge(c + r + "_" + s, BYTES, "Bytes of " + r + doc));
      }
    }
    l.add(gauge(c + "ready", "", "1 for a container that is ready."));
    l.add(gauge(c + "restarts", "{restart}", "Number of recent restarts of the container."));
    for (String s : List.of("reason", "state")) {
      String name = c + "status." + s;
      l.add(
          Instrument.level(name, "{container}", "1 for the " + s + " that it has.", name)
              .optional());
    }
  }

  private static void quotas(List<Instrument> l) {
    String resource = "resource";
    String unit = "{resource}";
    for (String s : List.of("hard_limit", "used")) {
      l.add(gauge("k8s.resource_quota." + s, unit, "Quota: " + s + ".", resource));
    }
    for (String s : List.of("limit", "used")) {
      l.add(gauge("openshift.clusterquota." + s, unit, "Quota: " + s + ".", resource));
      l.add(
          gauge(
              "openshift.appliedclusterquota." + s,
              unit,
              "Quota in a namespace: " + s + ".",
              "k8s.namespace.name",
              resource));
    }
  }

  private static void volumes(List<Instrument> l) {
    for (String s : List.of("persistentvolume", "persistentvolumeclaim")) {
      String phase = "k8s." + s + ".status.phase";
      l.add(
          Instrument.level(phase, "{" + s + "}", "1 for the phase that it is in.", phase)
              .optional());
      String capacity = "k8s." + s + ".storage.capacity";
      l.add(Instrument.level(capacity, BYTES, "Its capacity.").optional());
    }
    String request = "k8s.persistentvolumeclaim.storage.request";
    l.add(Instrument.level(request, BYTES, "Storage that the claim requests.").optional());
  }

  private static List<Attribute> resource() {
    List<Attribute> l = new ArrayList<>();
    for (String s :
        List.of(
            "cronjob",
            "daemonset",
            "deployment",
            "hpa",
            "job",
            "namespace",
            "node",
            "persistentvolume",
            "persistentvolumeclaim",
            "pod",
            "replicaset",
            "replicationcontroller",
            "resourcequota",
            "service",
            "statefulset")) {
      l.add(new Attribute("k8s." + s + ".name", true, "The name of a " + s + "."));
      l.add(new Attribute("k8s." + s + ".uid", true, "The identity of a " + s + "."));
    }
    for (String s :
        List.of(
            "container.id",
            "container.image.name",
            "container.image.tag",
            "k8s.container.name",
            "k8s.service.type",
            "k8s.storageclass.name",
            "openshift.clusterquota.name",
            "openshift.clusterquota.uid")) {
      l.add(new Attribute(s, true, "Enabled by default."));
    }
    for (String s :
        List.of(
            CLUSTER,
            "container.runtime",
            "container.runtime.version",
            "k8s.container.status.last_terminated_reason",
            "k8s.hpa.scaletargetref.apiversion",
            "k8s.hpa.scaletargetref.kind",
            "k8s.hpa.scaletargetref.name",
            "k8s.kubelet.version",
            "k8s.persistentvolume.reclaim_policy",
            "k8s.pod.qos_class",
            "k8s.service.publish_not_ready_addresses",
            "k8s.service.traffic_distribution",
            "os.description",
            "os.type")) {
      l.add(new Attribute(s, false, "Disabled by default."));
    }
    return List.copyOf(l);
  }

  /** Returns the metric for a node condition. */
  static MetricSettings condition(String condition) {
    return on(
        gauge(
            CONDITION + snake(condition),
            "",
            condition + " of the node: 1 true, 0 false, -1 unknown."));
  }

  /** Returns the metric for a node property that also exists for pods. */
  static MetricSettings allocatable(String what) {
    String name = ALLOCATABLE + snake(what);
    String doc = "Amount of " + what + " of the node for pods.";
    return on(
        switch (what) {
          case "cpu" -> Instrument.gauge(name, "{cpu}", doc);
          case "memory", "storage", "ephemeral-storage" -> gauge(name, BYTES, doc);
          case "pods" -> gauge(name, PODS, doc);
          default -> gauge(name, "{" + what + "}", doc);
        });
  }

  private static MetricSettings on(Instrument i) {
    return new MetricSettings(i, true, MetricSettings.Strategy.AVG, List.of());
  }

  /** Converts {@code MemoryPressure} to {@code memory_pressure}, keeping slashes. */
  static String snake(String s) {
    return WORDS
        .matcher(s.strip())
        .replaceAll("_")
        .replaceAll("[-. ]", "_")
        .toLowerCase(Locale.ROOT);
  }
}
