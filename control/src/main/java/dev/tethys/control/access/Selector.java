package dev.tethys.control.access;

import dev.tethys.model.Matcher;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * Condition on the labels of agents: {@code name=value}, {@code !=}, {@code =~} and {@code !~},
 * separated by commas, all of which must match. An absent label is an empty one. Empty for all
 * agents.
 */
public record Selector(List<Matcher> matchers) {
  public static final Selector ALL = new Selector(List.of());

  private static final int MAX_LENGTH = 4096;
  private static final int MAX_MATCHERS = 32;
  private static final Pattern ONE =
      Pattern.compile("\\s*([A-Za-z_][A-Za-z0-9_.:/-]*)\\s*(=~|!~|!=|=)\\s*(.*?)\\s*");

  /**
   * Reads a selector.
   *
   * @throws IllegalArgumentException with the problem
   */
  public static Selector parse(String text) {
    if (text.length() > MAX_LENGTH) {
      throw new IllegalArgumentException(
          "selector of " + text.length() + " characters; at most " + MAX_LENGTH);
    }
    if (text.isBlank()) {
      return ALL;
    }
    List<Matcher> out = new ArrayList<>();
    for (String part : split(text)) {
      java.util.regex.Matcher m = ONE.matcher(part);
      if (!m.matches()) {
        throw new IllegalArgumentException(
            "selector \""
                + part.strip()
                + "\" is not name=value, name!=value, name=~regex or"
                + " name!~regex");
      }
      out.add(Matcher.of(type(m.group(2)), m.group(1), unquoted(m.group(3))));
    }
    if (out.size() > MAX_MATCHERS) {
      throw new IllegalArgumentException(
          "selector of " + out.size() + " conditions; at most " + MAX_MATCHERS);
    }
    return new Selector(List.copyOf(out));
  }

  /** Splits at commas that are not in quotes. */
  private static List<String> split(String text) {
    List<String> out = new ArrayList<>();
    boolean quoted = false;
    int from = 0;
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c == '"') {
        quoted = !quoted;
      } else if (c == ',' && !quoted) {
        out.add(text.substring(from, i));
        from = i + 1;
      }
    }
    out.add(text.substring(from));
    return out;
  }

  private static String unquoted(String value) {
    boolean quoted = value.length() > 1 && value.startsWith("\"") && value.endsWith("\"");
    return quoted ? value.substring(1, value.length() - 1) : value;
  }

  private static Matcher.Type type(String operator) {
    for (Matcher.Type t : Matcher.Type.values()) {
      if (t.operator().equals(operator)) {
        return t;
      }
    }
    throw new IllegalArgumentException("unknown operator " + operator);
  }

  /**
   * Returns a selector with the conditions of both.
   *
   * @throws IllegalArgumentException if there are too many
   */
  public Selector and(Selector other) {
    List<Matcher> all = new ArrayList<>(matchers);
    other.matchers.stream().filter(m -> !all.contains(m)).forEach(all::add);
    if (all.size() > MAX_MATCHERS) {
      throw new IllegalArgumentException(
          "selector of " + all.size() + " conditions with the scope; at most " + MAX_MATCHERS);
    }
    return new Selector(List.copyOf(all));
  }

  /** Whether it has all conditions of a scope, so that it selects no agent outside it. */
  public boolean isWithin(Selector scope) {
    return matchers.containsAll(scope.matchers);
  }

  /** Whether all conditions hold. */
  public boolean matches(Map<String, String> labels) {
    return Matcher.matchAll(matchers, labels);
  }

  @Override
  public String toString() {
    return matchers.stream()
        .map(m -> m.name() + m.type().operator() + quoted(m.value()))
        .collect(Collectors.joining(","));
  }

  private static String quoted(String value) {
    return value.indexOf(',') < 0 ? value : "\"" + value + "\"";
  }
}
