package dev.tethys.tools;

import dev.tethys.model.regex.Regex;
import dev.tethys.model.regex.RegexSyntaxException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Metrics that expressions of rules, dashboards and queries use. Every identifier of an expression
 * counts as a use, also in expressions with variables that no parser reads, so that a metric is
 * rather taken for used than for unused.
 */
final class UsedMetrics {
  /** Keys of expressions in rule files, Grafana's dashboards and the API. */
  private static final Set<String> KEYS = Set.of("expr", "query", "definition", "expression");

  private static final Pattern IDENTIFIER = Pattern.compile("[a-zA-Z_:][a-zA-Z0-9_:.]*");
  private static final Pattern BY_NAME =
      Pattern.compile("__name__\\s*=~\\s*(?:\"((?:[^\"\\\\]|\\\\.)*)\"|'([^']*)')");

  private final TreeSet<String> names = new TreeSet<>();
  private final Set<String> patterns = new HashSet<>();
  private final List<Regex> byName = new ArrayList<>();
  private int expressions;

  /** Adds the expressions in a document, wherever they stand. */
  void addDocument(@Nullable Object document) {
    switch (document) {
      case Map<?, ?> m ->
          m.forEach(
              (k, v) -> {
                if (v instanceof String s && k instanceof String key && KEYS.contains(key)) {
                  add(s);
                } else {
                  addDocument(v);
                }
              });
      case List<?> l -> l.forEach(this::addDocument);
      case null, default -> {
        // not an expression
      }
    }
  }

  /** Adds an expression. */
  void add(String expression) {
    expressions++;
    Matcher m = IDENTIFIER.matcher(expression);
    while (m.find()) {
      names.add(normal(m.group()));
    }
    Matcher p = BY_NAME.matcher(expression);
    while (p.find()) {
      String text = p.group(1) == null ? p.group(2) : p.group(1).replace("\\\\", "\\");
      if (patterns.add(text)) {
        try {
          byName.add(Regex.whole(text));
        } catch (RegexSyntaxException e) {
          // a dashboard variable within it may have any value
          byName.add(Regex.whole(".*"));
        }
      }
    }
  }

  int expressions() {
    return expressions;
  }

  private static String normal(String name) {
    return name.replaceAll("[^a-zA-Z0-9_:]", "_");
  }

  /**
   * Whether a metric is used, under its name or under that with a unit or a suffix that Prometheus
   * gives it.
   */
  boolean contains(String metric) {
    String n = normal(metric);
    if (names.contains(n)) {
      return true;
    }
    String next = names.ceiling(n + "_");
    if (next != null && next.startsWith(n + "_")) {
      return true;
    }
    for (Regex r : byName) {
      if (r.matches(n)) {
        return true;
      }
    }
    return false;
  }
}
