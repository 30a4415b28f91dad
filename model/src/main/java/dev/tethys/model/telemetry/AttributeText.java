package dev.tethys.model.telemetry;

import dev.tethys.model.GoJson;
import java.util.Base64;
import org.jspecify.annotations.Nullable;

/** Values of attributes as text and as JSON, for destinations that have no types for them. */
public final class AttributeText {
  private AttributeText() {}

  /**
   * Text: numbers with their shortest digits, as the Collector writes them, lists and maps as JSON,
   * bytes in Base64, nothing as "".
   */
  public static String text(@Nullable Object value) {
    return switch (value) {
      case null -> "";
      case Double d -> ValueText.number(d);
      case byte[] b -> Base64.getEncoder().encodeToString(b);
      case ArrayValue a -> json(new StringBuilder(), a).toString();
      case Attributes a -> json(new StringBuilder(), a).toString();
      default -> value.toString();
    };
  }

  /**
   * Appends a value as JSON; numbers that JSON does not have become strings. A double has a point
   * or an exponent, so that software that guesses types does not mistake it for an integer.
   */
  public static StringBuilder json(StringBuilder sb, @Nullable Object value) {
    switch (value) {
      case null -> sb.append("null");
      case ArrayValue a -> {
        sb.append('[');
        for (int i = 0; i < a.size(); i++) {
          json(sb.append(i == 0 ? "" : ","), a.get(i));
        }
        sb.append(']');
      }
      case Attributes a -> {
        sb.append('{');
        for (int i = 0; i < a.size(); i++) {
          GoJson.append(sb.append(i == 0 ? "" : ","), a.key(i)).append(':');
          json(sb, a.value(i));
        }
        sb.append('}');
      }
      case Long n -> sb.append(n);
      case Boolean b -> sb.append(b);
      case Double d -> {
        if (Double.isFinite(d)) {
          sb.append(d);
        } else {
          GoJson.append(sb, d.toString());
        }
      }
      default -> GoJson.append(sb, text(value));
    }
    return sb;
  }
}
