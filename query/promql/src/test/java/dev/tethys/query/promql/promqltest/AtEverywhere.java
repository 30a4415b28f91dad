package dev.tethys.query.promql.promqltest;

import dev.tethys.query.promql.ast.Expr;
import dev.tethys.query.promql.ast.Expr.TimeShift;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Rewrites a query so that every selector is evaluated at one fixed time: its response must then be
 * the same whenever it is asked.
 */
final class AtEverywhere {
  /** Functions whose answer depends on the evaluation time all the same. */
  private static final Set<String> UNSAFE =
      Set.of(
          "days_in_month",
          "day_of_month",
          "day_of_week",
          "day_of_year",
          "end",
          "hour",
          "minute",
          "month",
          "year",
          "predict_linear",
          "range",
          "start",
          "step",
          "time",
          "timestamp");

  private final long time;
  private boolean unsafe;

  private AtEverywhere(long time) {
    this.time = time;
  }

  /** The rewritten query, or null if it depends on its evaluation time. */
  static @Nullable Expr rewrite(Expr e, long time) {
    AtEverywhere a = new AtEverywhere(time);
    Expr out = a.expr(e);
    return a.unsafe ? null : out;
  }

  private TimeShift fixed(TimeShift s) {
    return s.at() != null ? s : new TimeShift(s.offset(), time, null);
  }

  private Expr.VectorSelector selector(Expr.VectorSelector v) {
    return new Expr.VectorSelector(
        v.span(), v.name(), v.matchers(), fixed(v.shift()), v.extension());
  }

  private Expr expr(Expr e) {
    return switch (e) {
      case Expr.NumberLiteral n -> n;
      case Expr.StringLiteral s -> s;
      case Expr.Paren p -> new Expr.Paren(p.span(), expr(p.inner()));
      case Expr.Unary u -> new Expr.Unary(u.span(), u.negative(), expr(u.operand()));
      case Expr.Binary b ->
          new Expr.Binary(
              b.span(), b.op(), expr(b.left()), expr(b.right()), b.returnBool(), b.matching());
      case Expr.Aggregate a ->
          new Expr.Aggregate(
              a.span(),
              a.op(),
              expr(a.inner()),
              a.parameter() == null ? null : expr(a.parameter()),
              a.grouping(),
              a.without());
      case Expr.Call c -> {
        unsafe |= UNSAFE.contains(c.function().name());
        List<Expr> args = c.arguments().stream().map(this::expr).toList();
        yield new Expr.Call(c.span(), c.function(), args);
      }
      case Expr.VectorSelector v -> selector(v);
      case Expr.MatrixSelector m ->
          new Expr.MatrixSelector(m.span(), selector(m.selector()), m.range());
      // What is inside a fixed subquery moves with it, and stays unchanged.
      case Expr.Subquery s ->
          new Expr.Subquery(s.span(), s.inner(), s.range(), s.step(), fixed(s.shift()));
    };
  }
}
