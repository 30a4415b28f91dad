package dev.tethys.query.promql.plan;

import dev.tethys.model.GoMath;
import dev.tethys.query.promql.QueryException;
import dev.tethys.query.promql.QueryException.Kind;
import dev.tethys.query.promql.ast.Expr;
import dev.tethys.query.promql.ast.Expr.Duration;
import dev.tethys.query.promql.ast.Expr.DurationExpr;
import dev.tethys.query.promql.ast.Expr.MatrixSelector;
import dev.tethys.query.promql.ast.Expr.Span;
import dev.tethys.query.promql.ast.Expr.Subquery;
import dev.tethys.query.promql.ast.Expr.VectorSelector;
import dev.tethys.query.promql.exec.InstantMath;

/** Durations in milliseconds, expressions among them resolved by the query's step and range. */
final class DurationExpressions {
  private static final double MAX_SECONDS = 0x1p63 / 1e9;
  private final double step;
  private final double range;

  /**
   * @param step query step in milliseconds; 0 for an instant query
   * @param range time from the query's start to its end, in milliseconds
   */
  DurationExpressions(long step, long range) {
    this.step = (double) step / 1000;
    this.range = (double) range / 1000;
  }

  /**
   * Checks all durations of a tree in the order of Prometheus: of several invalid ones the first is
   * reported, before any other error of the query.
   */
  void check(Expr root) {
    root.walk(
        e -> {
          if (e instanceof VectorSelector v) {
            any(v.shift().offset());
          } else if (e instanceof MatrixSelector m) {
            positive(m.range());
          } else if (e instanceof Subquery s) {
            any(s.shift().offset());
            if (s.step() != null) {
              positive(s.step());
            }
            positive(s.range());
          }
        });
  }

  /** Returns the milliseconds of a duration, which must be above zero. */
  long positive(Duration d) {
    return resolve(d, false);
  }

  /** Returns the milliseconds of a duration of either sign. */
  long any(Duration d) {
    return resolve(d, true);
  }

  private long resolve(Duration d, boolean negative) {
    DurationExpr e = d.expression();
    if (e == null) {
      return d.millis();
    }
    double seconds = value(e);
    if (Double.isNaN(seconds) || Double.isInfinite(seconds)) {
      throw error(e, "duration is NaN or infinite");
    }
    if (seconds <= 0 && !negative) {
      throw error(e, "duration must be greater than 0");
    }
    if (seconds > MAX_SECONDS || seconds < -MAX_SECONDS) {
      throw error(e, "duration is out of range");
    }
    return (long) (seconds * 1000);
  }

  private static QueryException error(DurationExpr e, String what) {
    Span s = e.span();
    return new QueryException(Kind.BAD_DATA, s.start() + ":" + s.end() + ": " + what);
  }

  private double value(DurationExpr e) {
    if (e instanceof DurationExpr.Literal l) {
      return l.seconds();
    }
    if (e instanceof DurationExpr.Wrapped w) {
      return value(w.inner());
    }
    if (e instanceof DurationExpr.Signed s) {
      return s.negative() ? -value(s.operand()) : value(s.operand());
    }
    if (e instanceof DurationExpr.Extreme x) {
      double l = value(x.left());
      double r = value(x.right());
      return x.max() ? InstantMath.goMax(l, r) : InstantMath.goMin(l, r);
    }
    if (e instanceof DurationExpr.Arithmetic a) {
      return arithmetic(a);
    }
    return e instanceof DurationExpr.Step ? step : range;
  }

  private double arithmetic(DurationExpr.Arithmetic a) {
    double l = value(a.left());
    double r = value(a.right());
    return switch (a.op()) {
      case ADD -> l + r;
      case SUB -> l - r;
      case MUL -> l * r;
      case DIV -> {
        if (r == 0) {
          throw error(a, "division by zero");
        }
        yield l / r;
      }
      case MOD -> {
        if (r == 0) {
          throw error(a, "modulo by zero");
        }
        yield l % r;
      }
      case POW -> GoMath.pow(l, r);
      default -> throw error(a, "unexpected duration expression operator " + a.op().text());
    };
  }
}
