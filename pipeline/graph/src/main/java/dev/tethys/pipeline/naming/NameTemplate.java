package dev.tethys.pipeline.naming;

import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;

/**
 * Name with label placeholders: {@code telemetry/{job}/{instance}}. A missing label is {@code none}
 * if a rule restricts values.
 *
 * @param parts alternating literals and labels, starting with a literal
 * @param rule naming rule of the destination
 */
public record NameTemplate(List<String> parts, NameRule rule) {
  private static final String NONE = "none";

  /**
   * Parses a template whose values the caller converts.
   *
   * @throws IllegalArgumentException if a brace is unclosed or empty
   */
  public static NameTemplate parse(String text) {
    return parse(text, NameRule.NONE);
  }

  /**
   * Parses a template.
   *
   * @throws IllegalArgumentException if a brace is unclosed or empty, or the rule forbids the
   *     strings
   */
  public static NameTemplate parse(String text, NameRule rule) {
    NameTemplate t = new NameTemplate(parts(text), rule);
    if (!t.example().matches(rule.legal())
        || !t.isFixed() && rule.led() && t.parts.getFirst().isEmpty()) {
      throw new IllegalArgumentException(
          "\""
              + text
              + "\" requires "
              + rule.requirement()
              + (rule.led() ? ", and a text before the first {label}" : ""));
    }
    return t;
  }

  /**
   * Parses a template whose rule applies only to names with labels.
   *
   * @throws IllegalArgumentException as {@link #parse(String, NameRule)}
   */
  public static NameTemplate labelled(String text, NameRule rule) {
    return text.indexOf('{') < 0 ? fixed(text) : parse(text, rule);
  }

  /** Creates a name without labels. */
  public static NameTemplate fixed(String name) {
    return new NameTemplate(List.of(name), NameRule.NONE);
  }

  private static List<String> parts(String text) {
    List<String> parts = new ArrayList<>();
    int at = 0;
    while (true) {
      int open = text.indexOf('{', at);
      parts.add(text.substring(at, open < 0 ? text.length() : open));
      if (open < 0) {
        return List.copyOf(parts);
      }
      int close = text.indexOf('}', open);
      if (close < open + 2) {
        throw new IllegalArgumentException("\"" + text + "\" has a { without a name and a }");
      }
      parts.add(text.substring(open + 1, close));
      at = close + 1;
    }
  }

  private String example() {
    return joined(l -> "x");
  }

  private String joined(UnaryOperator<String> label) {
    StringBuilder sb = new StringBuilder(parts.getFirst());
    for (int i = 1; i < parts.size(); i++) {
      sb.append(i % 2 == 0 ? parts.get(i) : label.apply(parts.get(i)));
    }
    return sb.toString();
  }

  /** Whether it contains no labels. */
  public boolean isFixed() {
    return parts.size() == 1;
  }

  /** Whether all its strings match an expression. */
  public boolean textsMatch(String regex) {
    for (int i = 0; i < parts.size(); i += 2) {
      if (!parts.get(i).matches(regex)) {
        return false;
      }
    }
    return true;
  }

  /** Returns the labels. */
  public List<String> labels() {
    List<String> out = new ArrayList<>();
    for (int i = 1; i < parts.size(); i += 2) {
      out.add(parts.get(i));
    }
    return out;
  }

  /** Returns the name for labels; "" for missing ones. */
  public String of(UnaryOperator<String> label) {
    if (isFixed()) {
      return parts.getFirst();
    }
    if (rule == NameRule.NONE) {
      return joined(label);
    }
    return rule.whole(
        joined(
            l -> {
              String v = rule.fit().apply(label.apply(l));
              return v.isEmpty() ? NONE : v;
            }));
  }

  /** Returns the name without any labels. */
  public String ofNothing() {
    return of(l -> "");
  }

  /** Returns the pattern matched by all names, with asterisks for labels. */
  public String pattern() {
    return joined(l -> "*");
  }
}
