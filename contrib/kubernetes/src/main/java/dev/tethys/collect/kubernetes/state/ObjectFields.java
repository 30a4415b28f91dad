package dev.tethys.collect.kubernetes.state;

import dev.tethys.web.kubernetes.Quantity;
import java.math.BigDecimal;
import java.time.DateTimeException;
import java.time.OffsetDateTime;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/** Values of fields of Kubernetes objects. A field of another type than expected is absent. */
final class ObjectFields {
  private ObjectFields() {}

  /** A text, number or boolean; empty if absent. */
  static String text(JsonNode n) {
    return n.asString("");
  }

  /** Unix seconds of a time; -1 if absent. */
  static long seconds(JsonNode n) {
    try {
      return n.isString() ? OffsetDateTime.parse(n.stringValue()).toEpochSecond() : -1;
    } catch (DateTimeException e) {
      return -1;
    }
  }

  /** An amount such as {@code 512Mi}; null if absent. */
  static @Nullable BigDecimal quantity(JsonNode n) {
    return n.isString() || n.isNumber() ? Quantity.of(n.asString()) : null;
  }

  /** Whether a field is true. */
  static boolean isTrue(JsonNode n) {
    return n.asBoolean(false);
  }

  /** Texts by their names, in the order of the object. */
  static Map<String, String> texts(JsonNode n) {
    Map<String, String> out = new LinkedHashMap<>();
    for (Map.Entry<String, JsonNode> e : n.properties()) {
      out.put(e.getKey(), text(e.getValue()));
    }
    return out;
  }
}
