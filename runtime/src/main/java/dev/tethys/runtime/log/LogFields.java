package dev.tethys.runtime.log;

import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Fields of every log line, formatted once. */
final class LogFields {
  private LogFields() {}

  /** Formats {@code a=b c.d=e}, with a space before each. */
  static String logfmt(Map<String, Object> fields) {
    StringBuilder sb = new StringBuilder();
    logfmt(sb, "", fields);
    return sb.toString();
  }

  private static void logfmt(StringBuilder sb, String before, Map<?, ?> fields) {
    fields.forEach(
        (k, v) -> {
          String key = before + k;
          if (v instanceof Map<?, ?> m) {
            logfmt(sb, key + ".", m);
          } else {
            sb.append(' ');
            // A key with blanks or signs would be read as several.
            sb.append(key.replaceAll("[\\s=\"]", "_")).append('=');
            LogSetup.quote(sb, v instanceof List<?> l ? json(l) : String.valueOf(v), true);
          }
        });
  }

  /** Formats {@code ,"a":"b"}, with a comma before each. */
  static String json(Map<String, Object> fields) {
    StringBuilder sb = new StringBuilder();
    fields.forEach(
        (k, v) -> {
          sb.append(',');
          LogSetup.quote(sb, k, false);
          sb.append(':');
          json(sb, v);
        });
    return sb.toString();
  }

  private static String json(List<?> list) {
    StringBuilder sb = new StringBuilder();
    json(sb, list);
    return sb.toString();
  }

  private static void json(StringBuilder sb, @Nullable Object value) {
    switch (value) {
      case Map<?, ?> m -> {
        char between = '{';
        for (Map.Entry<?, ?> e : m.entrySet()) {
          sb.append(between);
          LogSetup.quote(sb, String.valueOf(e.getKey()), false);
          sb.append(':');
          json(sb, e.getValue());
          between = ',';
        }
        sb.append(m.isEmpty() ? "{}" : "}");
      }
      case List<?> l -> {
        char between = '[';
        for (Object o : l) {
          sb.append(between);
          json(sb, o);
          between = ',';
        }
        sb.append(l.isEmpty() ? "[]" : "]");
      }
      case Number n -> sb.append(n);
      case Boolean b -> sb.append(b);
      case null, default -> LogSetup.quote(sb, String.valueOf(value), false);
    }
  }
}
