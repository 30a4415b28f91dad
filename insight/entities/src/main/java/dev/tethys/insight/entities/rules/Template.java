package dev.tethys.insight.entities.rules;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Text with labels in braces, such as {@code pod:{namespace}/{pod}}.
 *
 * <ul>
 *   <li>{@code {a|b}}: the first label that is not empty
 *   <li>{@code {a:host}}: the value changed by a function: {@code host}, {@code port}, {@code base}
 *       (after the last slash), {@code lower}, {@code routable} (empty for an address that means
 *       another machine elsewhere), {@code loopback} (empty for all addresses but these)
 *   <li>{@code {a?}}: may be empty; otherwise the text is absent if the value is empty
 * </ul>
 */
public final class Template {
  /** Function applied to a value. */
  private enum Function {
    NONE,
    HOST,
    PORT,
    BASE,
    LOWER,
    ROUTABLE,
    LOOPBACK;

    String apply(String s) {
      return switch (this) {
        case NONE -> s;
        case HOST -> host(s);
        case PORT -> port(s);
        case BASE -> s.substring(s.lastIndexOf('/') + 1);
        case LOWER -> s.toLowerCase(Locale.ROOT);
        case ROUTABLE -> isRoutable(host(s)) ? s : "";
        case LOOPBACK -> isRoutable(host(s)) ? "" : s;
      };
    }

    private static String host(String s) {
      int colon = s.lastIndexOf(':');
      return colon < 0 || s.endsWith("]") ? s : s.substring(0, colon);
    }

    private static String port(String s) {
      int colon = s.lastIndexOf(':');
      return colon < 0 || s.endsWith("]") ? "" : s.substring(colon + 1);
    }

    private static boolean isRoutable(String host) {
      return !host.isEmpty()
          && !host.startsWith("127.")
          && !host.equals("localhost")
          && !host.equals("0.0.0.0")
          && !host.equals("[::1]")
          && !host.equals("[::]");
    }
  }

  /**
   * Part of a template.
   *
   * @param literal text before the labels
   * @param labels labels of which the first non-empty one is used; empty at the end
   */
  private record Part(String literal, List<String> labels, Function function, boolean optional) {}

  private final String text;
  private final List<Part> parts;

  private Template(String text, List<Part> parts) {
    this.text = text;
    this.parts = parts;
  }

  /**
   * Reads a template.
   *
   * @throws IllegalArgumentException if braces do not match or a function is unknown
   */
  public static Template parse(String text) {
    List<Part> parts = new ArrayList<>();
    int at = 0;
    while (true) {
      int open = text.indexOf('{', at);
      int close = text.indexOf('}', at);
      if (open < 0 && close < 0) {
        break;
      }
      if (open < 0 || close < open || text.substring(open + 1, close).contains("{")) {
        throw new IllegalArgumentException(
            "braces of \"" + text + "\" do not match; write a label as {label}");
      }
      parts.add(part(text, text.substring(at, open), text.substring(open + 1, close)));
      at = close + 1;
    }
    parts.add(new Part(text.substring(at), List.of(), Function.NONE, true));
    return new Template(text, List.copyOf(parts));
  }

  private static Part part(String text, String literal, String inside) {
    boolean optional = inside.endsWith("?");
    String rest = optional ? inside.substring(0, inside.length() - 1) : inside;
    int colon = rest.lastIndexOf(':');
    List<String> labels = List.of((colon < 0 ? rest : rest.substring(0, colon)).split("\\|", -1));
    if (labels.contains("")) {
      throw new IllegalArgumentException(
          "{" + inside + "} of \"" + text + "\" has no label; write {label}");
    }
    return new Part(
        literal,
        labels,
        colon < 0 ? Function.NONE : function(rest.substring(colon + 1), text),
        optional);
  }

  private static Function function(String name, String text) {
    for (Function f : Function.values()) {
      if (f != Function.NONE && f.name().toLowerCase(Locale.ROOT).equals(name)) {
        return f;
      }
    }
    throw new IllegalArgumentException(
        "unknown function \""
            + name
            + "\" in \""
            + text
            + "\"; allowed: host, port, base, lower, routable, loopback");
  }

  /** Returns the labels in order of appearance. */
  Set<String> labels() {
    Set<String> out = new LinkedHashSet<>();
    parts.forEach(p -> out.addAll(p.labels()));
    return out;
  }

  /** Fills in the labels; null if a value is empty that must not be. */
  public @Nullable String render(Map<String, String> values) {
    StringBuilder out = new StringBuilder();
    for (Part p : parts) {
      out.append(p.literal);
      if (p.labels.isEmpty()) {
        continue;
      }
      String v = "";
      for (int i = 0; i < p.labels.size() && v.isEmpty(); i++) {
        v = p.function.apply(values.getOrDefault(p.labels.get(i), ""));
      }
      if (v.isEmpty() && !p.optional) {
        return null;
      }
      out.append(v);
    }
    return out.isEmpty() ? null : out.toString();
  }

  @Override
  public String toString() {
    return text;
  }
}
