package dev.tethys.insight.objectives.file;

import dev.tethys.config.YamlNode;
import dev.tethys.insight.objectives.ErrorRatio;
import dev.tethys.insight.objectives.Objective;
import dev.tethys.query.promql.ast.Expr;
import dev.tethys.query.promql.ast.Expr.ValueType;
import dev.tethys.query.promql.parser.ParserOptions;
import dev.tethys.query.promql.parser.PromqlParseException;
import dev.tethys.query.promql.parser.PromqlParser;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;

/**
 * Query of an indicator as written in a file.
 *
 * @param text template with the variable {@code {{.window}}}
 */
record IndicatorQuery(YamlNode at, String text, ValueType type) {
  /** Maximum length in characters. */
  static final int MAX_LENGTH = 20_000;

  private static final Pattern WINDOW = Pattern.compile(ErrorRatio.WINDOW);

  /** Reads PromQL with the window as a variable. */
  static IndicatorQuery read(YamlNode n) {
    String text = text(n);
    if (!WINDOW.matcher(text).find()) {
      throw n.error(
          "the query does not contain {{.window}}, so that it has no window; write its range as"
              + " [{{.window}}], such as sum(rate(requests_total[{{.window}}]))");
    }
    return new IndicatorQuery(n, text, parse(n, text).type());
  }

  /**
   * Reads PromQL that may lack a window variable, as in OpenSLO, and adds the window.
   *
   * @param counter true if its selectors are counters
   */
  static IndicatorQuery readAny(YamlNode n, boolean counter) {
    String text = text(n);
    if (WINDOW.matcher(text).find()) {
      return read(n);
    }
    Expr e = parse(n, text);
    if (e.type() != ValueType.VECTOR) {
      throw n.error("the query is a " + e.type().documented() + "; it must be an instant vector");
    }
    if (!counter || hasRange(e)) {
      return new IndicatorQuery(
          n, "sum_over_time((" + text.strip() + ")[{{.window}}:1m])", e.type());
    }
    String rates = withRates(n, text, e);
    return new IndicatorQuery(n, rates, parse(n, rates).type());
  }

  /** Reads PromQL without a window variable, whose values are points in time. */
  static String readPoints(YamlNode n) {
    String text = text(n);
    if (WINDOW.matcher(text).find()) {
      throw n.error(
          "the query contains {{.window}}; its values are compared point by point: remove it");
    }
    if (parse(n, text).type() != ValueType.VECTOR) {
      throw n.error("the query must be an instant vector");
    }
    return text.strip();
  }

  private static String text(YamlNode n) {
    String text = n.asString();
    if (text.isBlank()) {
      throw n.error("the query is empty; write PromQL");
    }
    if (text.length() > MAX_LENGTH) {
      throw n.error(
          "the query has " + text.length() + " characters; at most " + MAX_LENGTH + " are allowed");
    }
    String rest = WINDOW.matcher(text).replaceAll("");
    if (rest.contains("{{")) {
      throw n.error(
          "the query contains a template other than {{.window}}, which is the only variable; write"
              + " the value instead");
    }
    return text;
  }

  private static Expr parse(YamlNode n, String template) {
    try {
      Expr e = PromqlParser.parse(ErrorRatio.of(template, Objective.CURRENT), ParserOptions.STABLE);
      if (e.type() != ValueType.VECTOR && e.type() != ValueType.SCALAR) {
        throw n.error(
            "the query is a "
                + e.type().documented()
                + "; it must be an instant vector or a scalar");
      }
      return e;
    } catch (PromqlParseException e) {
      throw n.error("could not parse the query: " + e.getMessage());
    }
  }

  private static boolean hasRange(Expr e) {
    List<Expr> found = new ArrayList<>();
    e.walk(
        x -> {
          if (x instanceof Expr.MatrixSelector || x instanceof Expr.Subquery) {
            found.add(x);
          }
        });
    return !found.isEmpty();
  }

  /** Replaces each selector by its rate. */
  private static String withRates(YamlNode n, String text, Expr e) {
    List<Expr.VectorSelector> selectors = new ArrayList<>();
    e.walk(
        x -> {
          if (x instanceof Expr.VectorSelector v) {
            if (!v.shift().equals(Expr.TimeShift.NONE)) {
              throw n.error(
                  "a selector of a counter has an offset or @, so that its rate cannot be added;"
                      + " write rate(...[{{.window}}])");
            }
            selectors.add(v);
          }
        });
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    StringBuilder out = new StringBuilder();
    int done = 0;
    for (Expr.VectorSelector v :
        selectors.stream().sorted((a, b) -> a.span().start() - b.span().start()).toList()) {
      out.append(part(bytes, done, v.span().start())).append("rate(");
      out.append(part(bytes, v.span().start(), v.span().end())).append("[{{.window}}])");
      done = v.span().end();
    }
    return out.append(part(bytes, done, bytes.length)).toString();
  }

  private static String part(byte[] bytes, int from, int to) {
    return new String(bytes, from, to - from, StandardCharsets.UTF_8);
  }

  private boolean isVector() {
    return type == ValueType.VECTOR;
  }

  /**
   * Builds the ratio of failed events.
   *
   * @param filled whether a missing failed counter counts as no failure, if there are events
   */
  static ErrorRatio failed(IndicatorQuery failed, IndicatorQuery total, boolean filled) {
    boolean fill = filled && failed.isVector() && total.isVector();
    return new ErrorRatio.Events(
        fill ? orNothing(failed, total) : failed.text, total.text, !total.isVector());
  }

  /** Ratio of events that are not good. */
  static ErrorRatio good(IndicatorQuery good, IndicatorQuery total) {
    boolean vectors = good.isVector() && total.isVector();
    return new ErrorRatio.Ratio(
        "1 - (("
            + (vectors ? orNothing(good, total) : good.text.strip())
            + ") / ("
            + (total.isVector() ? "(" + total.text.strip() + ") > 0" : total.text.strip())
            + "))");
  }

  private static String orNothing(IndicatorQuery part, IndicatorQuery total) {
    return "(" + part.text.strip() + ") or 0 * (" + total.text.strip() + ")";
  }
}
