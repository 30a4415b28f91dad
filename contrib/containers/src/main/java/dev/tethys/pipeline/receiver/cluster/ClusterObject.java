package dev.tethys.pipeline.receiver.cluster;

import java.util.List;
import java.util.Map;

/**
 * Stored data of an object: parts that become points, entities for logs, and its owners. Only data
 * needed for output is kept.
 *
 * @param entities entities of the object, the pod before its containers
 */
record ClusterObject(List<Part> parts, List<Entity> entities, Links links) {
  /**
   * Entity derived from its object alone.
   *
   * @param key key of the identifying attribute, such as {@code k8s.pod.uid}
   */
  record Entity(String type, String key, String id, Map<String, String> description) {}

  /** Object owner. */
  record Owner(String kind, String name, String uid) {}

  /**
   * References between objects.
   *
   * @param labels labels of the pod
   * @param selector pods selected by a service; empty if none
   */
  record Links(
      String namespace,
      String name,
      Map<String, String> labels,
      Map<String, String> selector,
      List<Owner> owners) {
    static final Links NONE = new Links("", "", Map.of(), Map.of(), List.of());

    /** Whether this is a service for a pod. */
    boolean selects(Links pod) {
      return !selector.isEmpty()
          && namespace.equals(pod.namespace)
          && pod.labels.entrySet().containsAll(selector.entrySet());
    }
  }
}
