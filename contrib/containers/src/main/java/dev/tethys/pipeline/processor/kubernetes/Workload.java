package dev.tethys.pipeline.processor.kubernetes;

import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/**
 * Stored data of an object other than a pod.
 *
 * @param attributes alternating names and values
 * @param owner name of its controller; {@code ""} for none
 */
record Workload(String name, String uid, String[] attributes, String owner, String ownerUid) {
  /** Returns the kind of the controller of these objects, if it is used. */
  private static @Nullable String controller(KubernetesKind of) {
    return switch (of) {
      case REPLICASET -> "Deployment";
      case JOB -> "CronJob";
      default -> null;
    };
  }

  static Workload of(KubernetesKind kind, JsonNode object, Rules rules) {
    JsonNode meta = object.path("metadata");
    String owner = "";
    String ownerUid = "";
    String controller = controller(kind);
    if (controller != null) {
      for (JsonNode o : meta.path("ownerReferences")) {
        if (o.path("kind").asString("").equals(controller)
            && o.path("controller").asBoolean(false)) {
          owner = o.path("name").asString("");
          ownerUid = o.path("uid").asString("");
          break;
        }
      }
    }
    return new Workload(
        meta.path("name").asString(""),
        meta.path("uid").asString(""),
        rules.fields(kind, meta),
        owner,
        ownerUid);
  }
}
