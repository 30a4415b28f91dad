package dev.tethys.pipeline.receiver.cluster;

import java.util.List;
import java.util.function.Function;
import tools.jackson.databind.JsonNode;

/** Watched kinds of objects, in the order of their metrics. */
enum ClusterKind {
  NODE("/api/v1", "nodes", false, "k8s.node.") {
    @Override
    Function<JsonNode, List<Part>> reader(ClusterConfig c) {
      return o -> List.of(ObjectReader.node(o, c.conditions(), c.allocatable()));
    }
  },
  NAMESPACE("/api/v1", "namespaces", false, "k8s.namespace.") {
    @Override
    Function<JsonNode, List<Part>> reader(ClusterConfig c) {
      return o -> List.of(ObjectReader.namespace(o));
    }
  },
  POD("/api/v1", "pods", true, "k8s.pod.", "k8s.container.") {
    @Override
    Function<JsonNode, List<Part>> reader(ClusterConfig c) {
      return PodReader::read;
    }
  },
  DEPLOYMENT("/apis/apps/v1", "deployments", true, "k8s.deployment.") {
    @Override
    Function<JsonNode, List<Part>> reader(ClusterConfig c) {
      return o -> List.of(ObjectReader.replicas("deployment", "k8s.deployment", o));
    }
  },
  REPLICA_SET("/apis/apps/v1", "replicasets", true, "k8s.replicaset.") {
    @Override
    Function<JsonNode, List<Part>> reader(ClusterConfig c) {
      return o -> List.of(ObjectReader.replicas("replicaset", "k8s.replicaset", o));
    }
  },
  REPLICATION_CONTROLLER("/api/v1", "replicationcontrollers", true, "k8s.replication_controller.") {
    @Override
    Function<JsonNode, List<Part>> reader(ClusterConfig c) {
      return o ->
          List.of(ObjectReader.replicas("replicationcontroller", "k8s.replication_controller", o));
    }
  },
  STATEFUL_SET("/apis/apps/v1", "statefulsets", true, "k8s.statefulset.") {
    @Override
    Function<JsonNode, List<Part>> reader(ClusterConfig c) {
      return o -> List.of(ObjectReader.statefulSet(o));
    }
  },
  DAEMON_SET("/apis/apps/v1", "daemonsets", true, "k8s.daemonset.") {
    @Override
    Function<JsonNode, List<Part>> reader(ClusterConfig c) {
      return o -> List.of(ObjectReader.daemonSet(o));
    }
  },
  JOB("/apis/batch/v1", "jobs", true, "k8s.job.") {
    @Override
    Function<JsonNode, List<Part>> reader(ClusterConfig c) {
      return o -> List.of(ObjectReader.job(o));
    }
  },
  CRON_JOB("/apis/batch/v1", "cronjobs", true, "k8s.cronjob.") {
    @Override
    Function<JsonNode, List<Part>> reader(ClusterConfig c) {
      return o -> List.of(ObjectReader.cronJob(o));
    }
  },
  AUTOSCALER("/apis/autoscaling/v2", "horizontalpodautoscalers", true, "k8s.hpa.") {
    @Override
    Function<JsonNode, List<Part>> reader(ClusterConfig c) {
      return o -> List.of(ObjectReader.autoscaler(o));
    }
  },
  RESOURCE_QUOTA("/api/v1", "resourcequotas", true, "k8s.resource_quota.") {
    @Override
    Function<JsonNode, List<Part>> reader(ClusterConfig c) {
      return o -> List.of(ObjectReader.quota(o));
    }
  },
  CLUSTER_QUOTA("/apis/quota.openshift.io/v1", "clusterresourcequotas", false, "openshift.") {
    @Override
    Function<JsonNode, List<Part>> reader(ClusterConfig c) {
      return o -> List.of(ObjectReader.clusterQuota(o));
    }
  },
  VOLUME("/api/v1", "persistentvolumes", false, "k8s.persistentvolume.") {
    @Override
    Function<JsonNode, List<Part>> reader(ClusterConfig c) {
      return o -> List.of(ObjectReader.volume(o));
    }
  },
  CLAIM("/api/v1", "persistentvolumeclaims", true, "k8s.persistentvolumeclaim.") {
    @Override
    Function<JsonNode, List<Part>> reader(ClusterConfig c) {
      return o -> List.of(ObjectReader.claim(o));
    }
  },
  SERVICE("/api/v1", "services", true, "k8s.service.") {
    @Override
    Function<JsonNode, List<Part>> reader(ClusterConfig c) {
      return o -> List.of(ObjectReader.service(o));
    }
  },
  ENDPOINT_SLICE("/apis/discovery.k8s.io/v1", "endpointslices", true, ClusterMetrics.ENDPOINTS) {
    @Override
    Function<JsonNode, List<Part>> reader(ClusterConfig c) {
      return o -> List.of(ObjectReader.slice(o));
    }
  };

  private final String api;
  private final String plural;
  private final boolean namespaced;
  private final String metrics;
  private final String others;

  ClusterKind(String api, String plural, boolean namespaced, String metrics) {
    this(api, plural, namespaced, metrics, metrics);
  }

  ClusterKind(String api, String plural, boolean namespaced, String metrics, String others) {
    this.api = api;
    this.plural = plural;
    this.namespaced = namespaced;
    this.metrics = metrics;
    this.others = others;
  }

  /** Returns the reader that extracts the stored data of an object. */
  abstract Function<JsonNode, List<Part>> reader(ClusterConfig c);

  boolean namespaced() {
    return namespaced;
  }

  /** Whether a metric belongs to such objects. */
  boolean measures(String metric) {
    return metric.startsWith(metrics) || metric.startsWith(others);
  }

  /** Whether such objects are entities; otherwise they only identify owners of others. */
  boolean hasEntities() {
    return this != RESOURCE_QUOTA && this != CLUSTER_QUOTA && this != ENDPOINT_SLICE;
  }

  /** Returns the list path for one namespace, or for all ({@code ""}). */
  String path(String namespace) {
    return api + (namespace.isEmpty() ? "/" : "/namespaces/" + namespace + "/") + plural;
  }
}
