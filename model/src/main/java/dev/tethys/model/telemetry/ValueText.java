package dev.tethys.model.telemetry;

import dev.tethys.model.GoFloat;
import dev.tethys.model.GoJson;
import java.util.Base64;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Text of values as in the Collector (pdata's {@code AsString}). Numbers have their shortest
 * digits, bytes are Base64, lists and maps JSON with sorted keys, the empty value is "".
 */
public final class ValueText {
  private ValueText() {}

  /** The text of a value of any kind. */
  public static String of(@Nullable Object value) {
    return switch (value) {
      case null -> "";
      case Double d -> number(d);
      case byte[] b -> Base64.getEncoder().encodeToString(b);
      case ArrayValue _, Attributes _ -> json(new StringBuilder(), value).toString();
      default -> value.toString();
    };
  }

  /** A number in JSON; numbers that JSON cannot represent are {@code NaN} and {@code Infinity}. */
  public static String number(double d) {
    if (Double.isNaN(d)) {
      return "NaN";
    }
    if (Double.isInfinite(d)) {
      return d > 0 ? "Infinity" : "-Infinity";
    }
    double abs = Math.abs(d);
    if (abs == 0 || (abs >= 1e-6 && abs < 1e21)) {
      return GoFloat.f(d);
    }
    return GoFloat.e(d).replace("e-0", "e-");
  }

  /**
   * Appends a value as JSON; keys are sorted, and numbers that JSON cannot represent become text.
   */
  public static StringBuilder json(StringBuilder sb, @Nullable Object value) {
    return json(sb, value, false);
  }

  /** A value as written by Go's {@code json.Marshal}: the same, with HTML characters escaped. */
  public static String marshalled(@Nullable Object value) {
    return json(new StringBuilder(), value, true).toString();
  }

  private static StringBuilder quoted(StringBuilder sb, String s, boolean escapesHtml) {
    return escapesHtml ? GoJson.append(sb, s) : GoJson.appendWithHtml(sb, s);
  }

  private static StringBuilder json(StringBuilder sb, @Nullable Object value, boolean escapesHtml) {
    switch (value) {
      case null -> sb.append("null");
      case Boolean b -> sb.append(b);
      case Long n -> sb.append(n);
      case Double d -> {
        String s = number(d);
        if (Double.isFinite(d)) {
          sb.append(s);
        } else {
          quoted(sb, s, escapesHtml);
        }
      }
      case ArrayValue a -> {
        sb.append('[');
        for (int i = 0; i < a.size(); i++) {
          json(i == 0 ? sb : sb.append(','), a.get(i), escapesHtml);
        }
        sb.append(']');
      }
      case Attributes a -> {
        TreeMap<String, @Nullable Object> sorted = new TreeMap<>();
        a.forEach(sorted::put);
        sb.append('{');
        boolean[] first = {true};
        sorted.forEach(
            (k, v) -> {
              quoted(first[0] ? sb : sb.append(','), k, escapesHtml).append(':');
              json(sb, v, escapesHtml);
              first[0] = false;
            });
        sb.append('}');
      }
      default -> quoted(sb, of(value), escapesHtml);
    }
    return sb;
  }
}
