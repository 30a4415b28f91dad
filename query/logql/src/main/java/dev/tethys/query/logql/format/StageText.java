package dev.tethys.query.logql.format;

import dev.tethys.model.GoFloat;
import dev.tethys.model.GoQuote;
import dev.tethys.model.Matcher;
import dev.tethys.query.logql.ast.Condition;
import dev.tethys.query.logql.ast.MetricExpr.Conversion;
import dev.tethys.query.logql.ast.MetricExpr.Grouping;
import dev.tethys.query.logql.ast.MetricExpr.Unwrap;
import dev.tethys.query.logql.ast.Stage;
import dev.tethys.query.logql.parser.Units;
import java.util.List;
import java.util.stream.Collectors;

/** Text of selectors, stages and groupings, which both layouts share. */
final class StageText {
  private StageText() {}

  static String selector(List<Matcher> matchers) {
    return matchers.stream().map(StageText::matcher).collect(Collectors.joining(", ", "{", "}"));
  }

  private static String matcher(Matcher m) {
    return m.name() + m.type().operator() + GoQuote.quote(m.value());
  }

  /** Formats a stage with its leading operator. */
  static String stage(Stage s) {
    return switch (s) {
      case Stage.LineFilter f ->
          f.op().text()
              + " "
              + f.operands().stream().map(StageText::operand).collect(Collectors.joining(" or "));
      case Stage.Json j -> "| json" + extractions(j.extractions());
      case Stage.Logfmt l ->
          "| logfmt"
              + (l.strict() ? " --strict" : "")
              + (l.keepEmpty() ? " --keep-empty" : "")
              + extractions(l.extractions());
      case Stage.Pattern p -> "| pattern " + GoQuote.quote(p.pattern());
      case Stage.Regexp r -> "| regexp " + GoQuote.quote(r.expression());
      case Stage.Unpack u -> "| unpack";
      case Stage.LabelFilter f -> "| " + condition(f.condition());
      case Stage.LineFormat f -> "| line_format " + GoQuote.quote(f.template());
      case Stage.LabelFormat f ->
          "| label_format "
              + f.assignments().stream()
                  .map(a -> a.label() + "=" + (a.rename() ? a.value() : GoQuote.quote(a.value())))
                  .collect(Collectors.joining(","));
      case Stage.Decolorize d -> "| decolorize";
      case Stage.Drop d -> "| drop " + labels(d.labels());
      case Stage.Keep k -> "| keep " + labels(k.labels());
    };
  }

  private static String operand(Stage.Operand o) {
    String text = GoQuote.quote(o.text());
    return o.ip() ? "ip(" + text + ")" : text;
  }

  private static String extractions(List<Stage.Extraction> all) {
    return all.isEmpty()
        ? ""
        : all.stream()
            .map(e -> e.label() + "=" + GoQuote.quote(e.expression()))
            .collect(Collectors.joining(",", " ", ""));
  }

  private static String labels(List<Stage.LabelTest> all) {
    return all.stream()
        .map(
            t -> {
              Matcher m = t.matcher();
              return m == null ? t.label() : matcher(m);
            })
        .collect(Collectors.joining(","));
  }

  static String condition(Condition c) {
    return switch (c) {
      case Condition.Text t ->
          t.matcher().name() + t.matcher().type().operator() + value(t.matcher());
      case Condition.Number n -> n.label() + n.comparison().text() + GoFloat.f(n.value());
      case Condition.Duration d ->
          d.label() + d.comparison().text() + Units.durationText(d.nanos());
      case Condition.Size s -> s.label() + s.comparison().text() + Units.sizeText(s.bytes());
      case Condition.Ip i ->
          i.label() + (i.negated() ? "!=" : "=") + "ip(" + GoQuote.quote(i.pattern()) + ")";
      case Condition.Both b -> "( " + condition(b.left()) + " , " + condition(b.right()) + " )";
      case Condition.Either e -> "( " + condition(e.left()) + " or " + condition(e.right()) + " )";
    };
  }

  /** Formats a value; expressions with a backslash become raw strings if possible. */
  private static String value(Matcher m) {
    boolean expression = m.type() == Matcher.Type.REGEX || m.type() == Matcher.Type.NOT_REGEX;
    String v = m.value();
    return expression && v.indexOf('\\') >= 0 && v.indexOf('`') < 0 && v.indexOf('\r') < 0
        ? "`" + v + "`"
        : GoQuote.quote(v);
  }

  static List<String> unwrap(Unwrap u) {
    java.util.ArrayList<String> out = new java.util.ArrayList<>();
    out.add(
        u.conversion() == Conversion.NONE
            ? "| unwrap " + u.label()
            : "| unwrap " + u.conversion().text() + "(" + u.label() + ")");
    u.filters().forEach(f -> out.add("| " + condition(f)));
    return out;
  }

  static String grouping(Grouping g) {
    return (g.without() ? "without (" : "by (") + String.join(",", g.labels()) + ")";
  }

  /** Formats a number as a literal of the grammar. */
  static String number(double v) {
    return GoFloat.f(v);
  }
}
