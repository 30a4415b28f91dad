package dev.tethys.control.mdai;

import java.util.Map;
import java.util.TreeMap;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/**
 * Hub event, in MDAI's format.
 *
 * @param id UUID
 * @param name {@code ALERT.STATUS}, or {@code var.CHANGE}
 * @param timestamp time of the change in RFC 3339 format; "" if unknown
 * @param payload JSON
 * @param sourceId fingerprint of an alert
 * @param hub "" if the alert does not specify one
 * @param depth number of events that led to this one
 * @param subject text that rules compare
 */
public record HubEvent(
    String id,
    String name,
    String timestamp,
    String payload,
    String source,
    String sourceId,
    String correlationId,
    String hub,
    int depth,
    Subject subject) {
  /** Source of events of alerts. */
  public static final String OF_ALERTS = "prometheus";

  /** Source of events of users. */
  static final String OF_USERS = "manual_variables_api";

  /** Source of events of actions. */
  static final String OF_ACTIONS = "eventhub";

  /** Source of events of replays. */
  static final String OF_REPLAYS = "replay";

  /**
   * Changed alert or variable.
   *
   * @param change status of the alert, or {@code added}, {@code removed}, {@code set}; of requests
   *     of users {@code add} or {@code remove}
   */
  public record Subject(boolean ofVariable, String name, String change) {
    static final Subject NONE = new Subject(false, "", "");
  }

  /** Whether the event meets the condition of a rule. */
  public boolean matches(HubTrigger t) {
    return subject.ofVariable
        ? t.matchesVariable(subject.name, subject.change)
        : t.matchesAlert(subject.name, subject.change);
  }

  /** Returns the fields by their names in references, without the payload. */
  Map<String, String> fields() {
    Map<String, String> out = new TreeMap<>();
    out.put("id", id);
    out.put("name", name);
    out.put("timestamp", timestamp);
    out.put("source", source);
    out.put("source_id", sourceId);
    out.put("correlation_id", correlationId);
    out.put("hub_name", hub);
    out.put("recursion_depth", Integer.toString(depth));
    return out;
  }

  /** Reads an event in MDAI's format. */
  public static HubEvent read(JsonNode n) {
    return new HubEvent(
        n.path("id").asString(""),
        n.path("name").asString(""),
        n.path("timestamp").asString(""),
        n.path("payload").asString("{}"),
        n.path("source").asString(""),
        n.path("source_id").asString(""),
        n.path("correlation_id").asString(""),
        n.path("hub_name").asString(""),
        n.path("recursion_depth").asInt(0),
        Subject.NONE);
  }

  /** Renders the event as JSON in MDAI's format. */
  public ObjectNode json() {
    ObjectNode n = JsonMapper.shared().createObjectNode();
    n.put("id", id).put("name", name).put("version", 1).put("timestamp", timestamp);
    n.put("payload", payload).put("source", source).put("source_id", sourceId);
    if (!correlationId.isEmpty()) {
      n.put("correlation_id", correlationId);
    }
    n.put("hub_name", hub);
    if (depth > 0) {
      n.put("recursion_depth", depth);
    }
    return n;
  }
}
