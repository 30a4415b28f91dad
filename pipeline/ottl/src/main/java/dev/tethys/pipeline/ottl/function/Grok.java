package dev.tethys.pipeline.ottl.function;

import dev.tethys.config.NameSuggestion;
import dev.tethys.model.telemetry.Attributes;
import dev.tethys.pipeline.ottl.EvaluationException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Grok patterns: regular expressions with named parts {@code %{NAME}}, captures {@code %{NAME:id}}
 * and numeric captures {@code %{NAME:id:int}}.
 */
final class Grok {
  /** Maximum nesting depth of definitions. */
  static final int MAX_DEPTH = 50;

  private enum Cast {
    TEXT,
    INT,
    DOUBLE,
    BOOL
  }

  private record Capture(int group, String name, Cast cast) {}

  private final Regex regex;
  private final List<Capture> captures;

  private Grok(Regex regex, List<Capture> captures) {
    this.regex = regex;
    this.captures = captures;
  }

  /**
   * Compiles a pattern.
   *
   * @param definitions further patterns, each as {@code NAME=pattern}
   * @throws IllegalArgumentException for unknown names and invalid RE2
   */
  static Grok of(String pattern, boolean namedOnly, List<String> definitions) {
    Map<String, String> patterns = new HashMap<>(GrokPatterns.ALL);
    for (String d : definitions) {
      int eq = d.indexOf('=');
      if (eq <= 0) {
        throw new IllegalArgumentException("a definition must be NAME=pattern: " + d);
      }
      if (d.lastIndexOf(':', eq) >= 0) {
        throw new IllegalArgumentException("a pattern name must not contain a colon: " + d);
      }
      patterns.put(d.substring(0, eq).strip(), d.substring(eq + 1).strip());
    }
    Expansion e = new Expansion(patterns, namedOnly);
    e.expand(pattern, 0);
    Regex regex = Regex.of(e.out.toString());
    List<Capture> captures = new ArrayList<>();
    Map<String, Integer> groups = regex.groupNames();
    for (Map.Entry<String, Integer> g : groups.entrySet()) {
      Capture known = e.captures.get(g.getKey());
      captures.add(
          known == null
              ? new Capture(g.getValue(), g.getKey(), Cast.TEXT)
              : new Capture(g.getValue(), known.name(), known.cast()));
    }
    captures.sort(java.util.Comparator.comparingInt(Capture::group));
    return new Grok(regex, List.copyOf(captures));
  }

  boolean hasNames() {
    return !captures.isEmpty();
  }

  Attributes extract(String text) {
    Attributes result = new Attributes();
    dev.tethys.model.regex.Groups m = regex.matcher(text);
    if (m == null || !m.find()) {
      return result;
    }
    for (Capture c : captures) {
      String group = m.group(c.group());
      if (group != null) {
        // Of several captures with one name, the first that participated counts.
        if (!result.contains(c.name())) {
          result.add(c.name(), cast(c, group));
        }
      }
    }
    return result;
  }

  private static Object cast(Capture c, String text) {
    try {
      return switch (c.cast()) {
        case TEXT -> text;
        case INT -> Long.parseLong(text.strip());
        case DOUBLE -> Double.parseDouble(text.strip());
        case BOOL ->
            switch (text.toLowerCase(Locale.ROOT)) {
              case "true", "t", "1" -> true;
              case "false", "f", "0" -> false;
              default -> throw new NumberFormatException();
            };
      };
    } catch (NumberFormatException e) {
      throw new EvaluationException(
          c.name() + " is \"" + ParseConverters.shown(text) + "\", which is not of its type");
    }
  }

  /** Expands names. Groups get generated names, because ids may contain any character. */
  private static final class Expansion {
    private final Map<String, String> patterns;
    private final boolean namedOnly;
    private final StringBuilder out = new StringBuilder();
    private final Map<String, Capture> captures = new HashMap<>();

    Expansion(Map<String, String> patterns, boolean namedOnly) {
      this.patterns = patterns;
      this.namedOnly = namedOnly;
    }

    void expand(String pattern, int depth) {
      if (depth > MAX_DEPTH) {
        throw new IllegalArgumentException("pattern definitions form a cycle");
      }
      int at = 0;
      while (at < pattern.length()) {
        int open = pattern.indexOf("%{", at);
        int close = open < 0 ? -1 : pattern.indexOf('}', open);
        if (close < 0) {
          break;
        }
        out.append(pattern, at, open);
        reference(pattern.substring(open + 2, close), depth);
        at = close + 1;
        if (out.length() > Regex.MAX_LENGTH) {
          throw new IllegalArgumentException(
              "the pattern is longer than " + Regex.MAX_LENGTH + " characters when expanded");
        }
      }
      out.append(pattern, at, pattern.length());
    }

    private void reference(String inner, int depth) {
      String[] parts = inner.split(":", 3);
      String definition = patterns.get(parts[0]);
      if (definition == null) {
        String near = NameSuggestion.of(parts[0], patterns.keySet());
        throw new IllegalArgumentException(
            "there is no pattern "
                + parts[0]
                + (near == null ? "" : "; did you mean " + near + "?"));
      }
      String id = parts.length > 1 ? parts[1] : namedOnly ? null : parts[0];
      if (id == null) {
        out.append("(?:");
      } else {
        String group = "g" + captures.size();
        captures.put(group, new Capture(0, id, cast(parts.length > 2 ? parts[2] : null)));
        out.append("(?P<").append(group).append('>');
      }
      expand(definition, depth + 1);
      out.append(')');
    }

    private static Cast cast(@Nullable String type) {
      return switch (type == null ? "" : type.toLowerCase(Locale.ROOT)) {
        case "", "string" -> Cast.TEXT;
        case "int", "long" -> Cast.INT;
        case "float", "double" -> Cast.DOUBLE;
        case "bool", "boolean" -> Cast.BOOL;
        default ->
            throw new IllegalArgumentException(
                "unknown type " + type + "; it must be int, long, float, double or boolean");
      };
    }
  }
}
