package dev.tethys.control.mdai;

import java.util.Map;
import java.util.function.UnaryOperator;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.JsonNodeFactory;

/**
 * Replacement of references {@code ${scope:field:-default}} in strings, by MDAI's rules. The scope
 * {@code trigger} has the fields of an event and, as {@code payload.a.b}, the members of its
 * payload; {@code template} has given strings. An empty field is an absent one. A reference without
 * a value and a default stays unchanged, also one of another scope.
 */
public final class Interpolation {
  private static final Pattern REFERENCE =
      Pattern.compile("\\$\\{(trigger|template):([A-Za-z0-9_./-]+?)(?::-([^}]*))?\\}");
  private static final String PAYLOAD = "payload.";

  private final Map<String, String> fields;
  private final JsonNode payload;
  private final @Nullable Map<String, String> template;

  private Interpolation(
      Map<String, String> fields, JsonNode payload, @Nullable Map<String, String> template) {
    this.fields = fields;
    this.payload = payload;
    this.template = template;
  }

  /** References to an event; null if none. */
  public static Interpolation of(@Nullable HubEvent event) {
    return new Interpolation(
        event == null ? Map.of() : event.fields(),
        payload(event == null ? "" : event.payload()),
        null);
  }

  /** Returns a variant with the scope {@code template}. */
  public Interpolation with(Map<String, String> template) {
    return new Interpolation(fields, payload, template);
  }

  private static JsonNode payload(String json) {
    try {
      return JsonMapper.shared().readTree(json);
    } catch (JacksonException e) {
      return JsonNodeFactory.instance.missingNode();
    }
  }

  /** Whether a text refers to an event. */
  public static boolean isTemplate(String text) {
    return text.contains("${trigger:");
  }

  /** Replaces references. */
  public String replaced(String text) {
    return replaced(text, UnaryOperator.identity());
  }

  /**
   * Replaces references.
   *
   * @param quoting quotes the inserted text
   */
  public String replaced(String text, UnaryOperator<String> quoting) {
    Matcher m = REFERENCE.matcher(text);
    StringBuilder out = new StringBuilder();
    while (m.find()) {
      String put = value(m);
      m.appendReplacement(
          out, Matcher.quoteReplacement(put == null ? m.group() : quoting.apply(put)));
    }
    return m.appendTail(out).toString();
  }

  private @Nullable String value(Matcher m) {
    String found;
    if (m.group(1).equals("template")) {
      if (template == null) {
        return null; // no scope of this place
      }
      found = template.getOrDefault(m.group(2), "");
    } else {
      found = find(m.group(2));
    }
    return found.isEmpty() ? m.group(3) : found;
  }

  /**
   * Returns the first event reference that has neither a value nor a default, or is malformed; ""
   * if none.
   */
  public String missing(String text) {
    Matcher m = REFERENCE.matcher(text);
    while (m.find()) {
      if (m.group(1).equals("trigger") && value(m) == null) {
        return m.group();
      }
    }
    return isTemplate(m.replaceAll("")) ? text : "";
  }

  /**
   * Replaces references of a text that must have a value.
   *
   * @throws IllegalArgumentException if a reference has no value, or nothing is left
   */
  String required(String text) {
    String missing = missing(text);
    if (!missing.isEmpty()) {
      throw new IllegalArgumentException("a reference has no value in the event: " + missing);
    }
    String out = replaced(text);
    if (out.isEmpty()) {
      throw new IllegalArgumentException("the text is empty with the values of the event: " + text);
    }
    return out;
  }

  private String find(String field) {
    if (!field.startsWith(PAYLOAD)) {
      return fields.getOrDefault(field, "");
    }
    @Nullable JsonNode n = payload;
    for (String part : field.substring(PAYLOAD.length()).split("\\.", -1)) {
      n = n == null ? null : n.get(part);
    }
    return n == null || n.isNull() ? "" : n.isValueNode() ? n.asString("") : n.toString();
  }
}
