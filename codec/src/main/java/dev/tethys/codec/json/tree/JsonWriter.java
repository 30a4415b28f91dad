package dev.tethys.codec.json.tree;

import dev.tethys.model.GoFloat;
import dev.tethys.model.GoJson;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** JSON as Go's {@code encoding/json} writes it: keys sorted, no space, HTML escaped. */
public final class JsonWriter {
  private JsonWriter() {}

  /** Text of a value returned by {@link JsonReader}. */
  public static String write(@Nullable Object value) {
    return append(new StringBuilder(), value).toString();
  }

  private static StringBuilder append(StringBuilder to, @Nullable Object value) {
    switch (value) {
      case null -> to.append("null");
      case String s -> GoJson.append(to, s);
      case Double d -> number(to, d);
      case Map<?, ?> m -> object(to, m);
      case List<?> l -> list(to, l);
      default -> to.append(value);
    }
    return to;
  }

  private static void number(StringBuilder to, double d) {
    double abs = Math.abs(d);
    if (abs != 0 && (abs < 1e-6 || abs >= 1e21)) {
      String s = GoFloat.format(d, 'e', -1);
      // Go writes e-9 instead of e-09
      to.append(
          s.matches(".*e-0\\d") ? s.substring(0, s.length() - 2) + s.charAt(s.length() - 1) : s);
    } else {
      to.append(GoFloat.format(d, 'f', -1));
    }
  }

  private static void object(StringBuilder to, Map<?, ?> m) {
    TreeMap<String, @Nullable Object> sorted = new TreeMap<>();
    m.forEach((k, v) -> sorted.put(String.valueOf(k), v));
    to.append('{');
    String separator = "";
    for (Map.Entry<String, @Nullable Object> e : sorted.entrySet()) {
      to.append(separator);
      separator = ",";
      GoJson.append(to, e.getKey()).append(':');
      append(to, e.getValue());
    }
    to.append('}');
  }

  private static void list(StringBuilder to, List<?> l) {
    to.append('[');
    for (int i = 0; i < l.size(); i++) {
      if (i > 0) {
        to.append(',');
      }
      append(to, l.get(i));
    }
    to.append(']');
  }
}
