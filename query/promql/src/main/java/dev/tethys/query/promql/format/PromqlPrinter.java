package dev.tethys.query.promql.format;

import dev.tethys.model.GoFloat;
import dev.tethys.model.GoQuote;
import dev.tethys.model.LabelNames;
import dev.tethys.model.Labels;
import dev.tethys.model.Matcher;
import dev.tethys.query.promql.ast.Expr;
import dev.tethys.query.promql.ast.Expr.AtAnchor;
import dev.tethys.query.promql.ast.Expr.Cardinality;
import dev.tethys.query.promql.ast.Expr.Duration;
import dev.tethys.query.promql.ast.Expr.DurationExpr;
import dev.tethys.query.promql.ast.Expr.Extension;
import dev.tethys.query.promql.ast.Expr.TimeShift;
import dev.tethys.query.promql.ast.Expr.VectorMatching;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * Writes an expression in Prometheus's canonical form. Matchers are sorted, durations and numbers
 * normalised, parentheses kept; its output parses to the same tree.
 */
public final class PromqlPrinter {
  private final StringBuilder out;
  private final int limit;

  private PromqlPrinter(StringBuilder out, int limit) {
    this.out = out;
    this.limit = limit;
  }

  /** Returns the canonical text. */
  public static String print(Expr e) {
    StringBuilder sb = new StringBuilder();
    new PromqlPrinter(sb, Integer.MAX_VALUE).expr(e);
    return sb.toString();
  }

  /** Formats a duration like Prometheus: {@code 1h30m}, {@code 0s}, {@code -5m}. */
  public static String duration(long millis) {
    if (millis == 0) {
      return "0s";
    }
    StringBuilder sb = new StringBuilder();
    if (millis < 0) {
      sb.append('-');
    }
    long ms = Math.absExact(millis);
    // Years and weeks only when they fit exactly: 90d reads better than 12w6d.
    ms = unit(sb, ms, 31_536_000_000L, "y", true);
    ms = unit(sb, ms, 604_800_000L, "w", true);
    ms = unit(sb, ms, 86_400_000L, "d", false);
    ms = unit(sb, ms, 3_600_000L, "h", false);
    ms = unit(sb, ms, 60_000L, "m", false);
    ms = unit(sb, ms, 1000L, "s", false);
    unit(sb, ms, 1L, "ms", false);
    return sb.toString();
  }

  private static long unit(StringBuilder sb, long ms, long size, String name, boolean exact) {
    long n = ms / size;
    if (n == 0 || exact && ms % size != 0) {
      return ms;
    }
    sb.append(n).append(name);
    return ms - n * size;
  }

  /**
   * Whether the canonical text is longer than this number of bytes; stops shortly after the limit.
   */
  static boolean isLonger(Expr e, int bytes) {
    StringBuilder sb = new StringBuilder();
    new PromqlPrinter(sb, bytes).expr(e);
    return sb.length() > bytes || sb.toString().getBytes(StandardCharsets.UTF_8).length > bytes;
  }

  private void expr(Expr e) {
    if (out.length() > limit) {
      return;
    }
    if (e instanceof Expr.NumberLiteral n) {
      number(out, n.value(), n.duration());
    } else if (e instanceof Expr.StringLiteral s) {
      GoQuote.append(out, s.value());
    } else if (e instanceof Expr.Paren p) {
      out.append('(');
      expr(p.inner());
      out.append(')');
    } else if (e instanceof Expr.Unary u) {
      out.append(u.negative() ? '-' : '+');
      expr(u.operand());
    } else if (e instanceof Expr.Binary b) {
      expr(b.left());
      out.append(' ').append(operator(b)).append(' ');
      expr(b.right());
    } else if (e instanceof Expr.Aggregate a) {
      out.append(aggregation(a)).append('(');
      if (a.parameter() != null) {
        expr(a.parameter());
        out.append(", ");
      }
      expr(a.inner());
      out.append(')');
    } else if (e instanceof Expr.Call c) {
      out.append(c.function().name()).append('(');
      String sep = "";
      for (Expr arg : c.arguments()) {
        out.append(sep);
        sep = ", ";
        expr(arg);
      }
      out.append(')');
    } else if (e instanceof Expr.VectorSelector v) {
      matchers(v);
      at(out, v.shift());
      extension(v.extension());
      offset(out, v.shift().offset());
    } else if (e instanceof Expr.MatrixSelector m) {
      matchers(m.selector());
      out.append('[');
      duration(out, m.range());
      out.append(']');
      extension(m.selector().extension());
      at(out, m.selector().shift());
      offset(out, m.selector().shift().offset());
    } else if (e instanceof Expr.Subquery s) {
      expr(s.inner());
      out.append(subquerySuffix(s));
    }
  }

  /** Formats {@code sum by (a, b) }, without the arguments. */
  static String aggregation(Expr.Aggregate a) {
    StringBuilder sb = new StringBuilder(a.op().text());
    if (a.without() || !a.grouping().isEmpty()) {
      sb.append(a.without() ? " without (" : " by (");
      labels(sb, a.grouping());
      sb.append(") ");
    }
    return sb.toString();
  }

  /** Formats the operator with all its modifiers. */
  static String operator(Expr.Binary b) {
    StringBuilder sb = new StringBuilder(b.op().text());
    if (b.returnBool()) {
      sb.append(" bool");
    }
    VectorMatching m = b.matching();
    if (m == null) {
      return sb.toString();
    }
    boolean grouped =
        m.cardinality() == Cardinality.MANY_TO_ONE || m.cardinality() == Cardinality.ONE_TO_MANY;
    if (!m.labels().isEmpty() || m.on() || grouped) {
      sb.append(m.on() ? " on (" : " ignoring (");
      labels(sb, m.labels());
      sb.append(')');
    }
    if (grouped) {
      sb.append(m.cardinality() == Cardinality.MANY_TO_ONE ? " group_left (" : " group_right (");
      labels(sb, m.include());
      sb.append(')');
    }
    Double left = m.fillLeft();
    Double right = m.fillRight();
    if (left != null && right != null && left.doubleValue() == right.doubleValue()) {
      sb.append(" fill (").append(GoFloat.g(left)).append(')');
    } else {
      if (left != null) {
        sb.append(" fill_left (").append(GoFloat.g(left)).append(')');
      }
      if (right != null) {
        sb.append(" fill_right (").append(GoFloat.g(right)).append(')');
      }
    }
    return sb.toString();
  }

  /** Formats {@code [5m:1m] @ 10.000 offset 1m}. */
  static String subquerySuffix(Expr.Subquery s) {
    StringBuilder sb = new StringBuilder("[");
    duration(sb, s.range());
    sb.append(':');
    Duration step = s.step();
    if (step != null && (step.millis() != 0 || step.expression() != null)) {
      duration(sb, step);
    }
    sb.append(']');
    at(sb, s.shift());
    offset(sb, s.shift().offset());
    return sb.toString();
  }

  private static void labels(StringBuilder sb, List<String> names) {
    String sep = "";
    for (String n : names) {
      sb.append(sep);
      sep = ", ";
      if (LabelNames.isLegacyLabelName(n)) {
        sb.append(n);
      } else {
        GoQuote.append(sb, n);
      }
    }
  }

  private void matchers(Expr.VectorSelector v) {
    List<String> written = new ArrayList<>();
    for (Matcher m : v.matchers()) {
      boolean isTheName =
          m.name().equals(Labels.METRIC_NAME)
              && m.type() == Matcher.Type.EQUAL
              && m.value().equals(v.name())
              && !m.value().isEmpty();
      if (!isTheName) {
        written.add(m.toString());
      }
    }
    out.append(v.name());
    if (!written.isEmpty()) {
      written.sort(null);
      out.append('{').append(String.join(",", written)).append('}');
    }
  }

  private void extension(Extension x) {
    switch (x) {
      case NONE -> {}
      case ANCHORED -> out.append(" anchored");
      case SMOOTHED -> out.append(" smoothed");
    }
  }

  private static void at(StringBuilder sb, TimeShift shift) {
    Long at = shift.at();
    if (at != null) {
      sb.append(" @ ").append(GoFloat.format(at / 1000.0, 'f', 3));
    } else if (shift.atAnchor() != null) {
      sb.append(shift.atAnchor() == AtAnchor.START ? " @ start()" : " @ end()");
    }
  }

  private static void offset(StringBuilder sb, Duration offset) {
    if (offset.millis() != 0 || offset.expression() != null) {
      sb.append(" offset ");
      duration(sb, offset);
    }
  }

  private static void duration(StringBuilder sb, Duration d) {
    DurationExpr e = d.expression();
    if (e == null) {
      sb.append(duration(d.millis()));
    } else {
      durationExpr(sb, e);
    }
  }

  private static void number(StringBuilder sb, double value, boolean duration) {
    sb.append(duration ? duration(Math.round(value * 1000)) : GoFloat.f(value));
  }

  private static void durationExpr(StringBuilder sb, DurationExpr e) {
    if (e instanceof DurationExpr.Literal l) {
      number(sb, l.seconds(), l.duration());
    } else if (e instanceof DurationExpr.Wrapped w) {
      sb.append('(');
      durationExpr(sb, w.inner());
      sb.append(')');
    } else if (e instanceof DurationExpr.Signed s) {
      sb.append(s.negative() ? "-" : "");
      durationExpr(sb, s.operand());
    } else if (e instanceof DurationExpr.Arithmetic a) {
      durationExpr(sb, a.left());
      sb.append(' ').append(a.op().text()).append(' ');
      durationExpr(sb, a.right());
    } else if (e instanceof DurationExpr.Step) {
      sb.append("step()");
    } else if (e instanceof DurationExpr.Range) {
      sb.append("range()");
    } else if (e instanceof DurationExpr.Extreme x) {
      sb.append(x.max() ? "max_of(" : "min_of(");
      durationExpr(sb, x.left());
      sb.append(", ");
      durationExpr(sb, x.right());
      sb.append(')');
    }
  }
}
