package dev.tethys.query.logql.format;

import dev.tethys.model.GoQuote;
import dev.tethys.query.logql.ast.LogExpr;
import dev.tethys.query.logql.ast.LogqlExpr;
import dev.tethys.query.logql.ast.MetricExpr;
import dev.tethys.query.logql.ast.MetricExpr.Binary;
import dev.tethys.query.logql.ast.MetricExpr.Grouping;
import dev.tethys.query.logql.ast.MetricExpr.LabelReplace;
import dev.tethys.query.logql.ast.MetricExpr.Literal;
import dev.tethys.query.logql.ast.MetricExpr.LogRange;
import dev.tethys.query.logql.ast.MetricExpr.RangeAggregation;
import dev.tethys.query.logql.ast.MetricExpr.Unwrap;
import dev.tethys.query.logql.ast.MetricExpr.Variants;
import dev.tethys.query.logql.ast.MetricExpr.Vector;
import dev.tethys.query.logql.ast.MetricExpr.VectorAggregation;
import dev.tethys.query.logql.ast.Stage;
import dev.tethys.query.logql.parser.Units;
import dev.tethys.query.promql.ast.Expr.Cardinality;
import dev.tethys.query.promql.ast.Expr.VectorMatching;

/** Writes queries on one line. Parsing the text gives the same tree. */
public final class LogqlPrinter {
  private LogqlPrinter() {}

  /** Formats a query. */
  public static String print(LogqlExpr e) {
    return switch (e) {
      case LogExpr l -> log(l);
      case RangeAggregation r -> {
        Double p = r.parameter();
        Grouping g = r.grouping();
        yield r.op().text()
            + "("
            + (p == null ? "" : StageText.number(p) + ",")
            + range(r.range())
            + ")"
            + (g == null ? "" : " " + StageText.grouping(g));
      }
      case VectorAggregation v -> {
        Grouping g = v.grouping();
        yield v.op().text()
            + (g == null ? "" : " " + StageText.grouping(g))
            + "("
            + (v.op().takesParameter() ? v.parameter() + "," : "")
            + print(v.inner())
            + ")";
      }
      case Binary b -> "(" + print(b.left()) + " " + operator(b) + " " + print(b.right()) + ")";
      case LabelReplace r ->
          "label_replace("
              + print(r.inner())
              + ","
              + GoQuote.quote(r.destination())
              + ","
              + GoQuote.quote(r.replacement())
              + ","
              + GoQuote.quote(r.source())
              + ","
              + GoQuote.quote(r.regex())
              + ")";
      case Vector v -> "vector(" + StageText.number(v.value()) + ")";
      case Literal l -> StageText.number(l.value());
      case Variants v -> {
        StringBuilder sb = new StringBuilder("variants(");
        String sep = "";
        for (MetricExpr m : v.metrics()) {
          sb.append(sep).append(print(m));
          sep = ", ";
        }
        yield sb.append(") of (").append(range(v.of())).append(")").toString();
      }
    };
  }

  private static String log(LogExpr l) {
    StringBuilder sb = new StringBuilder(StageText.selector(l.matchers()));
    for (Stage s : l.stages()) {
      sb.append(' ').append(StageText.stage(s));
    }
    return sb.toString();
  }

  private static String range(LogRange r) {
    StringBuilder sb = new StringBuilder(log(r.log()));
    Unwrap u = r.unwrap();
    if (u != null) {
      StageText.unwrap(u).forEach(s -> sb.append(' ').append(s));
    }
    return sb.append(window(r)).toString();
  }

  /** Formats the range and the offset. */
  static String window(LogRange r) {
    return "["
        + Units.durationText(r.range())
        + "]"
        + (r.offset() == 0 ? "" : " offset " + Units.durationText(r.offset()));
  }

  /** Formats an operator with its modifiers. */
  static String operator(Binary b) {
    VectorMatching m = b.matching();
    StringBuilder sb = new StringBuilder(b.op().text());
    if (b.returnBool()) {
      sb.append(" bool");
    }
    boolean grouped =
        m.cardinality() == Cardinality.MANY_TO_ONE || m.cardinality() == Cardinality.ONE_TO_MANY;
    if (m.on() || !m.labels().isEmpty() || grouped) {
      sb.append(m.on() ? " on (" : " ignoring (").append(String.join(",", m.labels())).append(")");
    }
    if (grouped) {
      sb.append(m.cardinality() == Cardinality.MANY_TO_ONE ? " group_left (" : " group_right (")
          .append(String.join(",", m.include()))
          .append(")");
    }
    return sb.toString();
  }
}
