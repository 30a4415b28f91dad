package dev.tethys.insight.source;

import dev.tethys.model.Labels;
import dev.tethys.model.Matcher;
import dev.tethys.query.promql.ast.Expr;
import dev.tethys.query.promql.parser.ParserOptions;
import dev.tethys.query.promql.parser.PromqlParseException;
import dev.tethys.query.promql.parser.PromqlParser;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;

/** Names of metrics that are wanted, and selectors without a name, out of PromQL expressions. */
final class WantedNames {
  /** Maximum number of expressions. */
  static final int MAX_EXPRESSIONS = 20_000;

  private final Set<String> exact = new HashSet<>();
  private final Map<String, List<Matcher>> patterns = new LinkedHashMap<>();
  private final Set<String> selectors = new TreeSet<>();
  private final List<String> problems = new ArrayList<>();

  WantedNames(List<WantedSeries> wanted) {
    Set<String> seen = new HashSet<>();
    for (WantedSeries w : wanted) {
      for (String e : w.expressions()) {
        if (seen.size() >= MAX_EXPRESSIONS) {
          problems.add(
              "more than " + MAX_EXPRESSIONS + " expressions name series; the others are left out");
          return;
        }
        if (seen.add(e)) {
          add(e);
        }
      }
    }
  }

  private void add(String expression) {
    try {
      PromqlParser.parse(expression, ParserOptions.ALL)
          .walk(
              e -> {
                if (e instanceof Expr.VectorSelector s) {
                  add(s.matchers());
                }
              });
    } catch (PromqlParseException e) {
      problems.add("the series of \"" + expression + "\" are left out: " + e.getMessage());
    }
  }

  private void add(List<Matcher> matchers) {
    List<Matcher> ofName =
        matchers.stream().filter(m -> m.name().equals(Labels.METRIC_NAME)).toList();
    if (ofName.stream().allMatch(Matcher::matchesEmpty)) {
      selectors.add(
          matchers.stream().map(Matcher::toString).collect(Collectors.joining(",", "{", "}")));
      return;
    }
    if (ofName.size() == 1 && ofName.getFirst().type() == Matcher.Type.EQUAL) {
      exact.add(ofName.getFirst().value());
    } else {
      patterns.putIfAbsent(ofName.toString(), ofName);
    }
  }

  /** True if a metric is wanted. */
  boolean includes(String name) {
    if (exact.contains(name)) {
      return true;
    }
    for (List<Matcher> all : patterns.values()) {
      boolean matches = true;
      for (Matcher m : all) {
        matches &= m.matches(name);
      }
      if (matches) {
        return true;
      }
    }
    return false;
  }

  /** Returns selectors that name no metric. */
  Set<String> selectors() {
    return selectors;
  }

  /** Returns the omitted expressions, with the reason. */
  List<String> problems() {
    return problems;
  }
}
