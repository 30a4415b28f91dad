package dev.tethys.codec.datadog;

import dev.tethys.model.telemetry.Attributes;
import java.util.Map;

/**
 * Converts Datadog tags to attributes by the Collector's table: tags that identify the sender
 * become resource attributes with OpenTelemetry names, all others become item attributes. A tag
 * without a value, {@code x}, is {@code unnamed_x: x}.
 */
public final class DatadogTags {
  private static final Map<String, String> OF_RESOURCE =
      Map.ofEntries(
          Map.entry("env", "deployment.environment"),
          Map.entry("service", "service.name"),
          Map.entry("version", "service.version"),
          Map.entry("container_id", "container.id"),
          Map.entry("container_name", "container.name"),
          Map.entry("image_name", "container.image.name"),
          Map.entry("image_tag", "container.image.tag"),
          Map.entry("runtime", "container.runtime"),
          Map.entry("cloud_provider", "cloud.provider"),
          Map.entry("region", "cloud.region"),
          Map.entry("zone", "cloud.availability_zone"),
          Map.entry("task_family", "aws.ecs.task.family"),
          Map.entry("task_arn", "aws.ecs.task.arn"),
          Map.entry("ecs_cluster_name", "aws.ecs.cluster.arn"),
          Map.entry("task_version", "aws.ecs.task.revision"),
          Map.entry("ecs_container_name", "aws.ecs.container.arn"),
          Map.entry("kube_container_name", "k8s.container.name"),
          Map.entry("kube_cluster_name", "k8s.cluster.name"),
          Map.entry("kube_deployment", "k8s.deployment.name"),
          Map.entry("kube_replica_set", "k8s.replicaset.name"),
          Map.entry("kube_stateful_set", "k8s.statefulset.name"),
          Map.entry("kube_daemon_set", "k8s.daemonset.name"),
          Map.entry("kube_job", "k8s.job.name"),
          Map.entry("kube_cronjob", "k8s.cronjob.name"),
          Map.entry("kube_namespace", "k8s.namespace.name"),
          Map.entry("pod_name", "k8s.pod.name"),
          Map.entry("process_id", "process.pid"));

  static final String HOST = "host.name";

  private final Attributes resource = new Attributes();
  private final Attributes item = new Attributes();

  /**
   * Creates tags for one host.
   *
   * @param host "" if unknown
   */
  public DatadogTags(String host) {
    if (!host.isEmpty()) {
      resource.put(HOST, host);
    }
  }

  /** Returns the OpenTelemetry name for a key, or the key itself if they are equal. */
  static String named(String key) {
    return OF_RESOURCE.getOrDefault(key, key);
  }

  /** Adds a tag; the last value of a key wins. */
  public void add(String tag) {
    int colon = tag.indexOf(':');
    if (tag.isEmpty() || colon == 0) {
      return;
    }
    String key = colon < 0 ? "unnamed_" + tag : tag.substring(0, colon);
    String value = colon < 0 ? tag : tag.substring(colon + 1);
    String known = OF_RESOURCE.get(key);
    if (known == null) {
      item.put(key, value);
    } else {
      resource.put(known, value);
    }
  }

  /** Returns the sender's attributes. */
  public Attributes resource() {
    return resource;
  }

  /** Returns the attributes of the item sent. */
  public Attributes item() {
    return item;
  }
}
