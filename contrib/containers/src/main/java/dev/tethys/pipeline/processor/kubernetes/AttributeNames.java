package dev.tethys.pipeline.processor.kubernetes;

import java.util.ArrayList;
import java.util.List;

/** Names of the attributes that are extracted from objects, and those extracted by default. */
final class AttributeNames {
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

  private AttributeNames() {}

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
}
