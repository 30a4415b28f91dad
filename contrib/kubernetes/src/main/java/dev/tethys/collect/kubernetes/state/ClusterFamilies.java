package dev.tethys.collect.kubernetes.state;

import java.util.List;
import java.util.Map;
import tools.jackson.databind.JsonNode;

/** Metrics of namespaces and nodes, and of the limits in namespaces. */
final class ClusterFamilies {
  private static final String ROLE = "node-role.kubernetes.io/";

  private ClusterFamilies() {}

  static List<StateKind> kinds() {
    return List.of(namespaces(), nodes(), quotas(), limits(), policies(), budgets());
  }

  private static StateKind namespaces() {
    String p = "kube_namespace";
    return new KindBuilder("/api/v1/namespaces", "namespace")
        .metadata(p)
        .oneOf(
            p + "_status_phase",
            "kubernetes namespace status phase.",
            "phase",
            "/status/phase",
            "Active",
            "Terminating")
        .conditions(p + "_status_condition", "The condition of a namespace.", "condition")
        .build();
  }

  private static StateKind nodes() {
    String p = "kube_node";
    return new KindBuilder("/api/v1/nodes", "node")
        .metadata(p)
        .deletion(p)
        .gauge(
            p + "_info",
            "Information about a cluster node.",
            ClusterFamilies::node,
            "kernel_version",
            "os_image",
            "container_runtime_version",
            "kubelet_version",
            "kubeproxy_version",
            "provider_id",
            "pod_cidr",
            "system_uuid",
            "internal_ip")
        .gauge(
            p + "_role",
            "The role of a cluster node.",
            (o, to) -> {
              for (Map.Entry<String, JsonNode> e : o.path("metadata").path("labels").properties()) {
                if (e.getKey().startsWith(ROLE)) {
                  to.add(1, e.getKey().substring(ROLE.length()));
                }
              }
            },
            "role")
        .each(
            p + "_spec_pod_cidrs",
            "The pod CIDRs of a cluster node.",
            "/spec/podCIDRs",
            "pod_cidr=")
        .each(
            p + "_spec_taint",
            "The taint of a cluster node.",
            "/spec/taints",
            "key=/key",
            "value=/value",
            "effect=/effect")
        .flag(
            p + "_spec_unschedulable",
            "Whether a node can schedule new pods.",
            "/spec/unschedulable")
        .each(
            p + "_status_addresses",
            "Node address information.",
            "/status/addresses",
            "type=/type",
            "address=/address")
        .gauge(
            p + "_status_capacity",
            "The capacity for different resources of a node.",
            (o, to) -> KindBuilder.resources(o.path("status").path("capacity"), to),
            "resource",
            "unit")
        .gauge(
            p + "_status_allocatable",
            "The allocatable for different resources of a node that are available for scheduling.",
            (o, to) -> KindBuilder.resources(o.path("status").path("allocatable"), to),
            "resource",
            "unit")
        .conditions(p + "_status_condition", "The condition of a cluster node.", "condition")
        .build();
  }

  private static void node(JsonNode o, SeriesBuffer to) {
    JsonNode info = o.path("status").path("nodeInfo");
    String ip = "";
    for (JsonNode a : o.path("status").path("addresses")) {
      if (ObjectFields.text(a.path("type")).equals("InternalIP")) {
        ip = ObjectFields.text(a.path("address"));
      }
    }
    to.add(
        1,
        ObjectFields.text(info.path("kernelVersion")),
        ObjectFields.text(info.path("osImage")),
        ObjectFields.text(info.path("containerRuntimeVersion")),
        ObjectFields.text(info.path("kubeletVersion")),
        "deprecated",
        ObjectFields.text(o.path("spec").path("providerID")),
        ObjectFields.text(o.path("spec").path("podCIDR")),
        ObjectFields.text(info.path("systemUUID")),
        ip);
  }

  private static StateKind quotas() {
    String p = "kube_resourcequota";
    return KindBuilder.namespaced("/api/v1/resourcequotas", "resourcequota")
        .metadata(p)
        .gauge(
            p,
            "Information about resource quota.",
            (o, to) -> {
              amounts(o.path("status").path("hard"), "hard", to);
              amounts(o.path("status").path("used"), "used", to);
            },
            "resource",
            "type")
        .build();
  }

  private static void amounts(JsonNode amounts, String type, SeriesBuffer to) {
    for (Map.Entry<String, JsonNode> e : amounts.properties()) {
      var q = ObjectFields.quantity(e.getValue());
      if (q != null) {
        to.add(q.doubleValue(), e.getKey(), type);
      }
    }
  }

  private static StateKind limits() {
    String p = "kube_limitrange";
    String[][] constraints = {
      {"min", "min"},
      {"max", "max"},
      {"default", "default"},
      {"defaultRequest", "defaultRequest"},
      {"maxLimitRequestRatio", "maxLimitRequestRatio"}
    };
    return KindBuilder.namespaced("/api/v1/limitranges", "limitrange")
        .created(p)
        .gauge(
            p,
            "Information about limit range.",
            (o, to) -> {
              for (JsonNode item : o.path("spec").path("limits")) {
                String type = ObjectFields.text(item.path("type"));
                for (String[] c : constraints) {
                  for (Map.Entry<String, JsonNode> e : item.path(c[0]).properties()) {
                    var q = ObjectFields.quantity(e.getValue());
                    if (q != null) {
                      to.add(q.doubleValue(), e.getKey(), type, c[1]);
                    }
                  }
                }
              }
            },
            "resource",
            "type",
            "constraint")
        .build();
  }

  private static StateKind policies() {
    String p = "kube_networkpolicy";
    return KindBuilder.namespaced("/apis/networking.k8s.io/v1/networkpolicies", "networkpolicy")
        .metadata(p)
        .gauge(
            p + "_spec_ingress_rules",
            "Number of ingress rules on the networkpolicy.",
            (o, to) -> to.add(o.path("spec").path("ingress").size()))
        .gauge(
            p + "_spec_egress_rules",
            "Number of egress rules on the networkpolicy.",
            (o, to) -> to.add(o.path("spec").path("egress").size()))
        .build();
  }

  private static StateKind budgets() {
    String p = "kube_poddisruptionbudget";
    return KindBuilder.namespaced("/apis/policy/v1/poddisruptionbudgets", "poddisruptionbudget")
        .metadata(p)
        .deletion(p)
        .count(
            p + "_status_current_healthy",
            "Current number of healthy pods.",
            "/status/currentHealthy")
        .count(
            p + "_status_desired_healthy",
            "Minimum desired number of healthy pods.",
            "/status/desiredHealthy")
        .count(
            p + "_status_pod_disruptions_allowed",
            "Number of pod disruptions that are currently allowed.",
            "/status/disruptionsAllowed")
        .count(
            p + "_status_expected_pods",
            "Total number of pods counted by this disruption budget.",
            "/status/expectedPods")
        .count(
            p + "_status_observed_generation",
            "Most recent generation observed when updating this PDB status.",
            "/status/observedGeneration")
        .build();
  }
}
