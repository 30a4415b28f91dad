package dev.tethys.control;

import java.util.Map;
import java.util.TreeMap;
import java.util.function.UnaryOperator;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/**
 * Event whose fields texts refer to as {@code ${trigger:field:-default}}, in MDAI's grammar. An
 * empty field is an absent one; a reference without a value and a default stays as it is written,
 * also one of another scope.
 *
 * @param fields such as {@code id} and {@code name}
 * @param payload reached as {@code payload.a.b}
 */
record AlertEvent(Map<String, String> fields, JsonNode payload) {
  private static final Pattern REFERENCE =
      Pattern.compile("\\$\\{trigger:([A-Za-z0-9_./-]+?)(?::-([^}]*))?\\}");

  /** Event of an alert. */
  static AlertEvent of(Alert a) {
    Map<String, String> fields = new TreeMap<>();
    fields.put("name", a.name() + "." + a.status());
    fields.put("timestamp", a.changed());
    fields.put("source", "prometheus");
    fields.put("source_id", a.fingerprint());
    fields.put("hub_name", a.annotations().getOrDefault("hub_name", ""));
    ObjectNode payload = JsonMapper.shared().createObjectNode();
    ObjectNode labels = payload.putObject("labels");
    a.labels().forEach(labels::put);
    ObjectNode annotations = payload.putObject("annotations");
    a.annotations().forEach(annotations::put);
    payload.put("status", a.status());
    payload.put("value", a.annotations().getOrDefault("current_value", ""));
    return new AlertEvent(fields, payload);
  }

  /** Event as MDAI writes it, with its payload as a text of JSON. */
  static AlertEvent of(JsonNode event) {
    Map<String, String> fields = new TreeMap<>();
    event
        .properties()
        .forEach(
            e -> {
              if (!e.getKey().equals("payload")) {
                fields.put(e.getKey(), e.getValue().asString(""));
              }
            });
    try {
      return new AlertEvent(
          fields, JsonMapper.shared().readTree(event.path("payload").asString("{}")));
    } catch (JacksonException e) {
      return new AlertEvent(fields, JsonMapper.shared().createObjectNode());
    }
  }

  /** Whether a text refers to an event. */
  static boolean isTemplate(String text) {
    return text.contains("${trigger:");
  }

  /**
   * Replaces references.
   *
   * @param quoting of what is put in
   */
  String interpolated(String text, UnaryOperator<String> quoting) {
    Matcher m = REFERENCE.matcher(text);
    StringBuilder out = new StringBuilder();
    while (m.find()) {
      String value = find(m.group(1));
      String put = value.isEmpty() ? m.group(2) : value;
      m.appendReplacement(
          out, Matcher.quoteReplacement(put == null ? m.group() : quoting.apply(put)));
    }
    return m.appendTail(out).toString();
  }

  /** A reference without a value and a default, or one that is malformed; "" for none. */
  String missing(String text) {
    Matcher m = REFERENCE.matcher(text);
    while (m.find()) {
      if (m.group(2) == null && find(m.group(1)).isEmpty()) {
        return m.group();
      }
    }
    return isTemplate(m.replaceAll("")) ? text : "";
  }

  private String find(String field) {
    if (!field.startsWith("payload.")) {
      return fields.getOrDefault(field, "");
    }
    @Nullable JsonNode n = payload;
    for (String part : field.substring("payload.".length()).split("\\.", -1)) {
      n = n == null ? null : n.get(part);
    }
    return n == null || n.isNull() ? "" : n.isValueNode() ? n.asString("") : n.toString();
  }
}
