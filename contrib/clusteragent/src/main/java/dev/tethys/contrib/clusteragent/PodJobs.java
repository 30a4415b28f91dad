package dev.tethys.contrib.clusteragent;

import dev.tethys.model.GoJson;

/**
 * Jobs that scrape pods by their annotations, as Coroot's cluster agent does. The discovery,
 * relabelling and scrapes are those of Prometheus's configuration.
 */
final class PodJobs {
  /** Job of metrics. */
  static final String METRICS = "custom-metrics-k8s-pods";

  /** Job of profiles. */
  static final String PROFILES = "profiles-k8s-pods";

  /** Path of the pods to scrape. */
  static final String TARGETS = "/targets";

  private static final int SHARDS = 8;
  private static final String ANNOTATION = "__meta_kubernetes_pod_annotation_";

  private PodJobs() {}

  /**
   * Job of the pods with the annotation {@code coroot.com/scrape-metrics: "true"}, as an item of
   * {@code scrape_configs}.
   *
   * @param discovery key with the discovery of pods, as of {@link #discovery} and {@link #http}
   */
  static String metrics(String discovery, long intervalMillis) {
    return """
        - job_name: %s
          scrape_interval: %dms
          scrape_timeout: %dms
          %s
          relabel_configs:
          - {source_labels: [%s], regex: "true", action: keep}
          - {source_labels: [%s], regex: "(.+)", target_label: __metrics_path__}
          - {source_labels: [%s], regex: "(https?)", target_label: __scheme__}
        """
            .formatted(
                METRICS,
                intervalMillis,
                Math.min(intervalMillis, 10_000),
                discovery,
                ANNOTATION + "coroot_com_scrape_metrics",
                ANNOTATION + "coroot_com_metrics_path",
                ANNOTATION + "coroot_com_metrics_scheme")
        + address(ANNOTATION + "coroot_com_metrics_port")
        + pod();
  }

  /**
   * Job of the pods with the annotation {@code coroot.com/profile-scrape} or {@code
   * pyroscope.io/scrape}, as an item of {@code scrape_configs}.
   */
  static String profiles(KubernetesSettings settings) {
    return """
        - job_name: %s
          scrape_interval: 60s
          scrape_timeout: 10s
          %s
          profiling_config: {pprof_config: {memory: {path: /debug/pprof/heap}}}
          relabel_configs:
          - {source_labels: [%s, %s], regex: "true;.*|;true", action: keep}
          - {source_labels: [%s], regex: "(https?)", target_label: __scheme__}
        """
            .formatted(
                PROFILES,
                discovery(settings),
                ANNOTATION + "coroot_com_profile_scrape",
                ANNOTATION + "pyroscope_io_scrape",
                ANNOTATION + "pyroscope_io_scheme")
        + address(ANNOTATION + "pyroscope_io_port")
        + address(ANNOTATION + "coroot_com_profile_port")
        + pod()
        + """
          - {source_labels: [__meta_kubernetes_pod_node_name], target_label: node}
          - {source_labels: [pod], target_label: service_name}
          - {source_labels: [__meta_kubernetes_pod_controller_name], regex: "(.+)", target_label: service_name}
          - source_labels: [__meta_kubernetes_pod_controller_kind, __meta_kubernetes_pod_controller_name]
            regex: "ReplicaSet;(.+)-[a-z0-9]+"
            target_label: service_name
        """;
  }

  /** Discovery of pods by the API. */
  static String discovery(KubernetesSettings settings) {
    return "kubernetes_sd_configs: [{role: pod"
        + (settings.kubeconfig().isEmpty()
            ? ""
            : ", kubeconfig_file: " + GoJson.append(new StringBuilder(), settings.kubeconfig()))
        + "}]";
  }

  /**
   * Discovery of pods by a page of the agent, which needs memory for those with annotations only.
   */
  static String http(String page) {
    return "http_sd_configs: [{url: "
        + GoJson.append(new StringBuilder(), "http://" + page + TARGETS)
        + ", refresh_interval: 15s}]";
  }

  /**
   * Job of the state of the cluster, as an item of {@code scrape_configs}. A target has a part of
   * the objects, so that the agent holds a part of the page at a time.
   */
  static String state(String page, String name, long intervalMillis) {
    StringBuilder out = new StringBuilder();
    out.append(
        """
        - job_name: %s
          scrape_interval: %dms
          scrape_timeout: %dms
          static_configs:
        """
            .formatted(ClusterWatch.JOB, intervalMillis, Math.min(intervalMillis, 10_000)));
    for (int i = 0; i < SHARDS; i++) {
      String instance = GoJson.append(new StringBuilder(), name + "/" + i).toString();
      out.append(
          "  - {targets: [%s], labels: {instance: %s, __param_shard: \"%d\", __param_total_shards: \"%d\"}}\n"
              .formatted(GoJson.append(new StringBuilder(), page), instance, i, SHARDS));
    }
    return out.toString();
  }

  /** Address of a pod, with the port of an annotation. */
  private static String address(String port) {
    String sources = "[__meta_kubernetes_pod_ip, " + port + "]";
    return """
          - {source_labels: %s, regex: "([^:;]+);(\\\\d+)", replacement: "$1:$2", target_label: __address__}
          - {source_labels: %s, regex: "([^;]*:[^;]*);(\\\\d+)", replacement: "[$1]:$2", target_label: __address__}
        """
        .formatted(sources, sources);
  }

  private static String pod() {
    return """
          - {source_labels: [__meta_kubernetes_pod_phase], regex: "Pending|Succeeded|Failed", action: drop}
          - {source_labels: [__meta_kubernetes_namespace], target_label: namespace}
          - {source_labels: [__meta_kubernetes_pod_name], target_label: pod}
        """;
  }
}
