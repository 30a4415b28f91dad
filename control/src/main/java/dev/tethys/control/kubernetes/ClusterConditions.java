package dev.tethys.control.kubernetes;

import dev.tethys.control.source.FieldPlace;
import dev.tethys.control.source.Repository;
import dev.tethys.control.source.SourceResource;
import dev.tethys.control.source.SourceResources;
import dev.tethys.control.text.Texts;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * Status of one object: conditions in the form of Kubernetes, and fields.
 *
 * @param generation generation of the object that they belong to
 * @param fields additional fields
 */
record ClusterConditions(long generation, List<Condition> conditions, Map<String, Object> fields) {
  private static final int MAX_MESSAGE = 4096;

  /** End of the status message of an object whose rollout was undone. */
  private static final String CHANGE = "; change the object to roll out again";

  /** Kinds of MDAI that have an effect. */
  private static final Set<String> EFFECTIVE = Set.of("MdaiHub", "MdaiReplay");

  /**
   * Condition.
   *
   * @param reason a single word
   */
  record Condition(String type, boolean status, String reason, String message) {}

  /**
   * Statuses by path; kinds without conditions have none.
   *
   * @param objects objects as read from the cluster
   * @param leftOut objects that were not, with reasons
   */
  static Map<String, ClusterConditions> of(
      Map<String, ClusterObject> objects, Map<String, String> leftOut, Repository.State state) {
    Map<String, SourceResources.Item> items = new HashMap<>();
    for (SourceResources.Item i : state.resources()) {
      // An error of the current text has precedence over the state of the previous one.
      items.merge(i.path(), i, (one, other) -> one.state().equals("invalid") ? one : other);
    }
    Map<String, Repository.Source> sources = new HashMap<>();
    state.files().forEach(f -> sources.put(f.name(), f));
    Map<String, ClusterConditions> out = new LinkedHashMap<>();
    objects.forEach(
        (path, o) -> {
          String reason = leftOut.get(path);
          SourceResources.Item item =
              reason == null
                  ? items.get(path)
                  : SourceResources.Item.invalid(o.kind().kind(), o.name(), o.file(), reason);
          if (item != null && !o.kind().kind().equals("MdaiIngress")) {
            out.put(path, o.kind().isOwn() ? own(o, item, sources.get(o.name())) : mdai(o, item));
          }
        });
    return out;
  }

  private static ClusterConditions own(
      ClusterObject o, SourceResources.Item item, Repository.@Nullable Source source) {
    List<Condition> c = new ArrayList<>();
    String detail =
        Texts.shortened(FieldPlace.describe(o.path(), o.text(), item.detail()), MAX_MESSAGE);
    String generation = "generation " + o.generation();
    boolean valid = !item.state().equals("invalid");
    c.add(
        new Condition(
            "Accepted",
            valid,
            valid ? "Valid" : "Invalid",
            valid ? generation + " is valid" : detail));
    boolean progressing = item.state().equals("rolling out") || item.state().equals("waiting");
    String reason = reason(item);
    String text =
        switch (item.state()) {
          case "invalid" -> generation + " has no effect; the former definition stays";
          case "undone" ->
              detail.endsWith(SourceResources.CHANGE) || detail.endsWith(CHANGE)
                  ? detail
                  : detail + CHANGE;
          case "current" -> generation + " has effect";
          default -> detail;
        };
    c.add(new Condition("Progressing", progressing, reason, text));
    c.add(new Condition("Ready", item.state().equals("current"), reason, text));
    Map<String, Object> fields = new LinkedHashMap<>();
    fields.put("observedGeneration", o.generation());
    fields.put("state", item.state());
    if (o.kind().kind().equals(SourceResource.PIPELINE) && source != null && source.version() > 0) {
      fields.put("version", (long) source.version());
    }
    if (item.rollout() > 0) {
      fields.put("rollout", item.rollout());
    }
    return new ClusterConditions(o.generation(), c, fields);
  }

  private static String reason(SourceResources.Item item) {
    return switch (item.state()) {
      case "invalid" -> "Invalid";
      case "waiting" -> "Waiting";
      case "rolling out" -> "RollingOut";
      case "undone" -> "Undone";
      case "drift" -> "Changed";
      case "ended" -> "Ended";
      default -> "Complete";
    };
  }

  /** Conditions in the format of MDAI's operator; kinds without an effect here state that. */
  private static ClusterConditions mdai(ClusterObject o, SourceResources.Item item) {
    boolean valid = !item.state().equals("invalid");
    boolean works = EFFECTIVE.contains(o.kind().kind());
    String reason = !valid ? "Invalid" : works ? "Reconciling" : "NotSupported";
    String message =
        !valid
            ? Texts.shortened(FieldPlace.describe(o.path(), o.text(), item.detail()), MAX_MESSAGE)
            : works
                ? "reconciled successfully"
                : "the object is valid, but Tethys runs nothing for this kind";
    Map<String, Object> fields = new LinkedHashMap<>();
    if (o.kind().kind().equals("MdaiHub")) {
      fields.put("hubStatus", valid ? "Available" : "Degraded");
    } else if (o.kind().kind().equals("MdaiObserver")) {
      fields.put("observerStatus", reason);
    }
    return new ClusterConditions(
        o.generation(),
        List.of(new Condition("Available", valid && works, reason, message)),
        fields);
  }

  /** Merges these conditions and fields into a status; other conditions and fields are kept. */
  JsonNode merged(JsonNode status) {
    ObjectNode out =
        status instanceof ObjectNode o ? o.deepCopy() : JsonMapper.shared().createObjectNode();
    fields.forEach(
        (key, value) -> {
          if (value instanceof Long n) {
            out.put(key, n);
          } else {
            out.put(key, value.toString());
          }
        });
    Map<String, JsonNode> before = new LinkedHashMap<>();
    for (JsonNode c : out.path("conditions")) {
      before.put(c.path("type").asString(""), c);
    }
    ArrayNode all = JsonMapper.shared().createArrayNode();
    for (Condition c : conditions) {
      JsonNode last = before.remove(c.type);
      String word = c.status ? "True" : "False";
      String since =
          last != null && last.path("status").asString("").equals(word)
              ? last.path("lastTransitionTime").asString("")
              : "";
      all.addObject()
          .put("type", c.type)
          .put("status", word)
          .put("observedGeneration", generation)
          .put("reason", c.reason)
          .put("message", c.message)
          .put(
              "lastTransitionTime",
              since.isEmpty() ? Instant.now().truncatedTo(ChronoUnit.SECONDS).toString() : since);
    }
    before.values().forEach(all::add);
    out.set("conditions", all);
    // Numbers compare by their types, which come from the parsed text.
    return JsonMapper.shared().readTree(out.toString());
  }

  /** Returns a status with a field removed from its conditions. */
  static JsonNode without(String field, JsonNode status) {
    JsonNode out = status.deepCopy();
    for (JsonNode c : out.path("conditions")) {
      if (c instanceof ObjectNode o) {
        o.remove(field);
      }
    }
    return out;
  }
}
