package dev.tethys.control.kubernetes;

import dev.tethys.config.YamlWriter;
import dev.tethys.control.source.SourceFiles;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import tools.jackson.core.type.TypeReference;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * Kubernetes object.
 *
 * @param generation counts the changes of its content
 * @param version changes with each write, that of the status included
 * @param created time of creation
 * @param actor program that changed the content last
 * @param text manifest without the status
 * @param isDeleted whether it is being deleted
 */
record ClusterObject(
    ClusterKind kind,
    String namespace,
    String name,
    String uid,
    long generation,
    String version,
    String created,
    String actor,
    String text,
    JsonNode status,
    boolean isDeleted) {
  private static final TypeReference<Map<String, Object>> MAP = new TypeReference<>() {};

  /** Parts of the metadata that are read. */
  private static final List<String> METADATA = List.of("name", "namespace", "labels");

  static ClusterObject of(ClusterKind kind, JsonNode o) {
    JsonNode meta = o.path("metadata");
    return new ClusterObject(
        kind,
        meta.path("namespace").asString(""),
        meta.path("name").asString(""),
        meta.path("uid").asString(""),
        meta.path("generation").asLong(0),
        meta.path("resourceVersion").asString(""),
        meta.path("creationTimestamp").asString(""),
        actor(meta),
        text(kind, meta, o.path("spec")),
        o.path("status"),
        meta.has("deletionTimestamp"));
  }

  /** Returns the field manager of the last write, ignoring status writes. */
  private static String actor(JsonNode meta) {
    String out = "";
    String last = "";
    for (JsonNode f : meta.path("managedFields")) {
      String time = f.path("time").asString("");
      boolean content = f.path("fieldsV1").has("f:spec");
      if (content && time.compareTo(last) >= 0) {
        last = time;
        out = f.path("manager").asString("");
      }
    }
    return out.isEmpty() ? "unknown" : out;
  }

  /**
   * Renders a manifest in block style, so that it is recognized as such and each value has its own
   * line.
   */
  private static String text(ClusterKind kind, JsonNode meta, JsonNode spec) {
    Map<String, Object> out = new LinkedHashMap<>();
    out.put("apiVersion", kind.apiVersion());
    out.put("kind", kind.kind());
    Map<String, Object> own = new LinkedHashMap<>();
    for (String key : METADATA) {
      if (meta.has(key)) {
        own.put(key, JsonMapper.shared().convertValue(meta.get(key), Object.class));
      }
    }
    out.put("metadata", own);
    if (spec.isObject()) {
      out.put("spec", JsonMapper.shared().convertValue(spec, MAP));
    }
    return YamlWriter.write(out);
  }

  /** Returns the identity among all objects, such as {@code TethysPipeline/shop/edge}. */
  String path() {
    return kind.kind() + "/" + namespace + "/" + name;
  }

  /** Whether the content of another state of this object is the same. */
  boolean isContentOf(ClusterObject o) {
    return uid.equals(o.uid) && generation == o.generation && isDeleted == o.isDeleted;
  }

  /** Returns the API path of its status. */
  String statusPath() {
    return kind.list(namespace) + "/" + name + "/status";
  }

  /**
   * Returns the reason, from its status, why this generation's rollout was undone; "" if none. A
   * process that leads for the first time has no rollouts.
   */
  private String undone() {
    if (!kind.isOwn() || status.path("observedGeneration").asLong(-1) != generation) {
      return "";
    }
    for (JsonNode c : status.path("conditions")) {
      if (c.path("type").asString("").equals("Ready")
          && c.path("reason").asString("").equals("Undone")
          && c.path("observedGeneration").asLong(-1) == generation) {
        String text = c.path("message").asString("");
        return text.isEmpty() ? "its rollout was undone" : text;
      }
    }
    return "";
  }

  SourceFiles.File file() {
    return new SourceFiles.File(
        path(),
        text,
        "generation-" + generation,
        actor,
        "of " + namespace + "/" + name,
        "",
        undone());
  }
}
