package dev.tethys.pipeline.receiver.creator;

import dev.tethys.model.GoFloat;
import dev.tethys.model.telemetry.Attributes;
import dev.tethys.pipeline.operators.expr.Expression;
import dev.tethys.pipeline.operators.expr.ExpressionException;
import dev.tethys.pipeline.operators.expr.Shape;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Text with expressions about an endpoint between backticks; {@code \`} is a literal backtick. Text
 * that consists of one expression has its value, such as a number; any other text is a string.
 */
final class DynamicText {
  private sealed interface Part {}

  private record Fixed(String text) implements Part {}

  private record Lookup(Expression<Attributes> expression, String source) implements Part {}

  private final List<Part> parts;

  private DynamicText(List<Part> parts) {
    this.parts = parts;
  }

  /**
   * Parses a text.
   *
   * @param about fields available to expressions
   * @throws ExpressionException if an expression is malformed or a backtick is unmatched
   */
  static DynamicText of(String text, Shape.Fields about) {
    List<Part> parts = new ArrayList<>();
    StringBuilder fixed = new StringBuilder();
    int i = 0;
    while (i < text.length()) {
      char c = text.charAt(i);
      if (c == '\\' && i + 1 < text.length()) {
        // A backslash before any other character is literal.
        if (text.charAt(i + 1) != '`') {
          fixed.append(c);
        }
        fixed.append(text.charAt(i + 1));
        i += 2;
      } else if (c == '`') {
        int end = text.indexOf('`', i + 1);
        if (end < 0) {
          throw new ExpressionException(
              "the backtick at character " + (i + 1) + " has no other; write \\` for one itself");
        }
        String source = text.substring(i + 1, end);
        if (source.isBlank()) {
          throw new ExpressionException(
              "empty expression between the backticks at character " + (i + 1));
        }
        if (!fixed.isEmpty()) {
          parts.add(new Fixed(fixed.toString()));
          fixed.setLength(0);
        }
        parts.add(new Lookup(Expression.about(about, source, false), source));
        i = end + 1;
      } else {
        fixed.append(c);
        i++;
      }
    }
    if (!fixed.isEmpty() || parts.isEmpty()) {
      parts.add(new Fixed(fixed.toString()));
    }
    return new DynamicText(List.copyOf(parts));
  }

  /** Whether the text is the same for every endpoint. */
  boolean isFixed() {
    return parts.stream().allMatch(p -> p instanceof Fixed);
  }

  /**
   * Evaluates to a string, a number, a boolean, or null.
   *
   * @throws ExpressionException if the evaluation fails
   */
  @Nullable Object value(Attributes endpoint) {
    if (parts.size() == 1) {
      return switch (parts.getFirst()) {
        case Fixed f -> f.text;
        case Lookup a -> {
          Object v = a.expression.evaluate(endpoint);
          yield v == null || v instanceof Boolean || v instanceof Number ? v : text(v, a);
        }
      };
    }
    StringBuilder out = new StringBuilder();
    for (Part p : parts) {
      switch (p) {
        case Fixed f -> out.append(f.text);
        case Lookup a -> out.append(text(a.expression.evaluate(endpoint), a));
      }
    }
    return out.toString();
  }

  private static String text(@Nullable Object v, Lookup of) {
    return switch (v) {
      case String s -> s;
      case Double d -> GoFloat.g(d);
      case Number n -> n.toString();
      case Boolean b -> b.toString();
      case null ->
          throw new ExpressionException(
              "`"
                  + of.source
                  + "` is nil here; ?? gives it another value: `"
                  + of.source
                  + " ?? 0`");
      default ->
          throw new ExpressionException(
              "`" + of.source + "` is neither a string nor a number, true or false");
    };
  }
}
