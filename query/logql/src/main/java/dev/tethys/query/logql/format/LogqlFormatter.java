package dev.tethys.query.logql.format;

import dev.tethys.model.GoQuote;
import dev.tethys.query.logql.ast.LogExpr;
import dev.tethys.query.logql.ast.LogqlExpr;
import dev.tethys.query.logql.ast.MetricExpr;
import dev.tethys.query.logql.ast.MetricExpr.Binary;
import dev.tethys.query.logql.ast.MetricExpr.Grouping;
import dev.tethys.query.logql.ast.MetricExpr.LabelReplace;
import dev.tethys.query.logql.ast.MetricExpr.LogRange;
import dev.tethys.query.logql.ast.MetricExpr.RangeAggregation;
import dev.tethys.query.logql.ast.MetricExpr.Unwrap;
import dev.tethys.query.logql.ast.MetricExpr.Variants;
import dev.tethys.query.logql.ast.MetricExpr.VectorAggregation;
import dev.tethys.query.logql.ast.Stage;

/** Lays queries out over several lines, as Loki's {@code format_query} does. */
public final class LogqlFormatter {
  private static final String INDENT = "  ";

  private final StringBuilder out = new StringBuilder();

  private LogqlFormatter() {}

  /** Formats a query over several lines. */
  public static String format(LogqlExpr e) {
    LogqlFormatter f = new LogqlFormatter();
    f.write(e, 0);
    return f.out.toString();
  }

  private LogqlFormatter indent(int level) {
    out.append(INDENT.repeat(level));
    return this;
  }

  private void write(LogqlExpr e, int level) {
    switch (e) {
      case LogExpr l -> log(l, level);
      case RangeAggregation r -> rangeAggregation(r, level);
      case VectorAggregation v -> vectorAggregation(v, level);
      case Binary b -> {
        write(b.left(), level + 1);
        out.append('\n');
        indent(level).out.append(LogqlPrinter.operator(b)).append('\n');
        write(b.right(), level + 1);
      }
      case LabelReplace r -> labelReplace(r, level);
      case Variants v -> variants(v, level);
      case MetricExpr.Vector v -> indent(level).out.append(LogqlPrinter.print(v));
      case MetricExpr.Literal l -> indent(level).out.append(LogqlPrinter.print(l));
    }
  }

  private void log(LogExpr l, int level) {
    indent(level).out.append(StageText.selector(l.matchers()));
    for (Stage s : l.stages()) {
      line(StageText.stage(s), level + 1);
    }
  }

  private void line(String text, int level) {
    out.append('\n');
    indent(level).out.append(text);
  }

  private void range(LogRange r, int level) {
    log(r.log(), level);
    Unwrap u = r.unwrap();
    if (u != null) {
      StageText.unwrap(u).forEach(s -> line(s, level + 1));
    }
    out.append(' ').append(LogqlPrinter.window(r));
  }

  private void rangeAggregation(RangeAggregation r, int level) {
    indent(level).out.append(r.op().text()).append("(\n");
    Double p = r.parameter();
    if (p != null) {
      indent(level + 1).out.append(StageText.number(p)).append(",\n");
    }
    range(r.range(), level + 1);
    line(")", level);
    Grouping g = r.grouping();
    if (g != null) {
      out.append(' ').append(StageText.grouping(g));
    }
  }

  private void vectorAggregation(VectorAggregation v, int level) {
    indent(level).out.append(v.op().text());
    Grouping g = v.grouping();
    if (g != null) {
      out.append(' ').append(StageText.grouping(g));
    }
    out.append("(\n");
    if (v.op().takesParameter()) {
      indent(level + 1).out.append(v.parameter()).append(",\n");
    }
    write(v.inner(), level + 1);
    line(")", level);
  }

  private void labelReplace(LabelReplace r, int level) {
    indent(level).out.append("label_replace(\n");
    write(r.inner(), level + 1);
    for (String arg : new String[] {r.destination(), r.replacement(), r.source(), r.regex()}) {
      out.append(",\n");
      indent(level + 1).out.append(GoQuote.quote(arg));
    }
    line(")", level);
  }

  private void variants(Variants v, int level) {
    indent(level).out.append("variants(\n");
    String sep = "";
    for (MetricExpr m : v.metrics()) {
      out.append(sep);
      sep = ",\n";
      write(m, level + 1);
    }
    line(") of (\n", level);
    range(v.of(), level + 1);
    line(")", level);
  }
}
