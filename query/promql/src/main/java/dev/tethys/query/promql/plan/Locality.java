package dev.tethys.query.promql.plan;

import dev.tethys.model.Labels;
import dev.tethys.model.Matcher;
import dev.tethys.query.promql.EngineOptions;
import dev.tethys.query.promql.ast.AggregateOp;
import dev.tethys.query.promql.ast.BinaryOp;
import dev.tethys.query.promql.ast.Expr;
import dev.tethys.query.promql.ast.Expr.Aggregate;
import dev.tethys.query.promql.ast.Expr.Binary;
import dev.tethys.query.promql.ast.Expr.Call;
import dev.tethys.query.promql.ast.Expr.Duration;
import dev.tethys.query.promql.ast.Expr.DurationExpr;
import dev.tethys.query.promql.ast.Expr.Extension;
import dev.tethys.query.promql.ast.Expr.MatrixSelector;
import dev.tethys.query.promql.ast.Expr.Paren;
import dev.tethys.query.promql.ast.Expr.Subquery;
import dev.tethys.query.promql.ast.Expr.TimeShift;
import dev.tethys.query.promql.ast.Expr.Unary;
import dev.tethys.query.promql.ast.Expr.ValueType;
import dev.tethys.query.promql.ast.Expr.VectorSelector;
import dev.tethys.query.promql.function.FunctionDefinition;
import dev.tethys.query.promql.function.FunctionTrait;
import dev.tethys.query.promql.function.PromqlFunctions;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Dependencies of a range query's result at one step on other steps and times, which determine
 * whether it can be reused.
 *
 * <p>A query is not stepwise if it refers to other times ({@code @}, {@code start()}, {@code
 * range()}), or if sums would be taken in another order: an aggregation takes its input in the
 * order in which series first appear in the entire range, and only the results of selectors of one
 * metric keep that order in a part of the range. In doubt, a query is not stepwise.
 *
 * @param hindrance reason why the steps depend on each other; empty if they do not
 * @param before maximum number of milliseconds before a step that are read; may be negative
 * @param after maximum number of milliseconds after a step that are read; may be negative
 * @param fixedFrom first millisecond read regardless of the steps; above {@code fixedTo} if there
 *     is none
 * @param fixedTo last such
 * @param subquerySteps the steps of subqueries that name none, which are configured elsewhere
 */
public record Locality(
    String hindrance,
    long before,
    long after,
    long fixedFrom,
    long fixedTo,
    List<Long> subquerySteps) {

  /** Beyond this, sums of durations are not worth being careful about. */
  private static final long MAX_REACH = 1L << 52;

  /** Whether the result of each step is independent of the other steps of the query. */
  public boolean isStepwise() {
    return hindrance.isEmpty();
  }

  /**
   * Determines the locality of a range query.
   *
   * @param lookback milliseconds
   * @return null if its responses must not be used again
   */
  public static @Nullable Locality of(
      Expr root, long start, long end, long step, long lookback, EngineOptions options) {
    Analysis a = new Analysis(start, end, step, lookback, options);
    if (options.delayedNameRemoval()) {
      a.preventRemote("names are removed at the end of the query");
    }
    Order o = a.visit(root, 0, 0);
    if (o == Order.UNKNOWN || a.before > MAX_REACH || a.after > MAX_REACH) {
      return null;
    }
    return new Locality(
        a.hindrance, a.before, a.after, a.fixedFrom, a.fixedTo, List.copyOf(a.subquerySteps));
  }

  /** Order of the series in an expression's result. */
  private enum Order {
    /** Order of their labels in storage, or at most one series. */
    KEPT,
    /** Order depends on the query range. */
    VARIES,
    /** Order is unknown. */
    UNKNOWN;

    Order and(Order o) {
      return compareTo(o) >= 0 ? this : o;
    }
  }

  private static final class Analysis {
    private final long start;
    private final long end;
    private final long lookback;
    private final EngineOptions options;
    private final DurationExpressions durations;
    private final List<Long> subquerySteps = new ArrayList<>();
    private String hindrance = "";
    private long before = -MAX_REACH;
    private long after = -MAX_REACH;
    private long fixedFrom = Long.MAX_VALUE;
    private long fixedTo = Long.MIN_VALUE;

    Analysis(long start, long end, long step, long lookback, EngineOptions options) {
      this.start = start;
      this.end = end;
      this.lookback = lookback;
      this.options = options;
      this.durations = new DurationExpressions(step, end - start);
    }

    private void preventRemote(String reason) {
      if (hindrance.isEmpty()) {
        hindrance = reason;
      }
    }

    /**
     * @param earlier maximum distance before a step at which the expression is evaluated
     * @param later maximum distance after a step
     */
    private Order visit(Expr e, long earlier, long later) {
      if (e instanceof Paren p) {
        return visit(p.inner(), earlier, later);
      }
      if (e instanceof Unary u) {
        return visit(u.operand(), earlier, later);
      }
      if (e instanceof VectorSelector v) {
        return selector(v, 0, earlier, later);
      }
      if (e instanceof MatrixSelector m) {
        return selector(m.selector(), length(m.range()), earlier, later);
      }
      if (e instanceof Subquery s) {
        return subquery(s, earlier, later);
      }
      if (e instanceof Aggregate a) {
        return aggregate(a, earlier, later);
      }
      if (e instanceof Binary b) {
        return binary(b, earlier, later);
      }
      return e instanceof Call c ? call(c, earlier, later) : Order.KEPT; // a number or a text
    }

    private long length(Duration d) {
      moving(d.expression());
      return durations.positive(d);
    }

    private long offset(TimeShift s) {
      moving(s.offset().expression());
      return durations.any(s.offset());
    }

    /** Finds uses of the start and the end of the query. */
    private void moving(@Nullable DurationExpr e) {
      if (e != null) {
        movingParts(e);
      }
    }

    private void movingParts(DurationExpr e) {
      if (e instanceof DurationExpr.Range) {
        preventRemote("range() depends on the start and end of the query");
      } else if (e instanceof DurationExpr.Wrapped w) {
        moving(w.inner());
      } else if (e instanceof DurationExpr.Signed s) {
        moving(s.operand());
      } else if (e instanceof DurationExpr.Arithmetic a) {
        moving(a.left());
        moving(a.right());
      } else if (e instanceof DurationExpr.Extreme x) {
        moving(x.left());
        moving(x.right());
      }
    }

    private Order selector(VectorSelector v, long range, long earlier, long later) {
      boolean extended = v.extension() != Extension.NONE;
      long back = range == 0 ? lookback : extended ? range + lookback : range;
      long ahead = v.extension() == Extension.SMOOTHED ? lookback : 0;
      reads(v.shift(), back, ahead, earlier, later);
      for (Matcher m : v.matchers()) {
        if (m.type() == Matcher.Type.EQUAL
            && m.name().equals(Labels.METRIC_NAME)
            && !m.value().isEmpty()) {
          return Order.KEPT;
        }
      }
      return Order.VARIES; // series that differ by their names alone may become one
    }

    private @Nullable Long at(TimeShift s) {
      if (s.atAnchor() != null) {
        return s.atAnchor() == Expr.AtAnchor.START ? start : end;
      }
      return s.at();
    }

    private void reads(TimeShift s, long back, long ahead, long earlier, long later) {
      long offset = offset(s);
      Long at = at(s);
      if (at == null) {
        before = Math.max(before, earlier + offset + back);
        after = Math.max(after, later - offset + ahead);
      } else {
        preventRemote("@ gives all steps the same");
        fixedFrom = Math.min(fixedFrom, at - offset - back);
        fixedTo = Math.max(fixedTo, at - offset + ahead);
      }
    }

    private Order subquery(Subquery s, long earlier, long later) {
      long range = length(s.range());
      if (s.step() == null) {
        subquerySteps.add(options.subqueryStep().applyAsLong(range));
      } else {
        moving(s.step().expression());
      }
      long offset = offset(s.shift());
      Long at = at(s.shift());
      if (at == null) {
        return visit(s.inner(), earlier + offset + range, later - offset);
      }
      preventRemote("@ gives all steps the same");
      // Seen from any step: from the last one back, and from the first one ahead.
      return visit(
          s.inner(),
          Math.max(earlier, end - at) + offset + range,
          Math.max(later, at - start) - offset);
    }

    private Order aggregate(Aggregate a, long earlier, long later) {
      Order inner = visit(a.inner(), earlier, later);
      if (a.parameter() != null) {
        inner = inner.and(visit(a.parameter(), earlier, later));
      }
      boolean counts =
          a.op() == AggregateOp.COUNT
              || a.op() == AggregateOp.GROUP
              || a.op() == AggregateOp.COUNT_VALUES;
      if (inner == Order.VARIES && !counts) {
        preventRemote(
            a.op().text()
                + " takes series in an order that depends on the start and end of the query");
      }
      boolean one =
          switch (a.op()) {
            case SUM, AVG, MIN, MAX, COUNT, GROUP, STDDEV, STDVAR, QUANTILE ->
                a.grouping().isEmpty() && !a.without();
            case COUNT_VALUES, TOPK, BOTTOMK, LIMITK, LIMIT_RATIO -> false;
          };
      return inner == Order.UNKNOWN ? inner : one ? Order.KEPT : Order.VARIES;
    }

    private Order binary(Binary b, long earlier, long later) {
      Order l = visit(b.left(), earlier, later);
      Order r = visit(b.right(), earlier, later);
      if (l == Order.UNKNOWN || r == Order.UNKNOWN) {
        return Order.UNKNOWN;
      }
      if (b.left().type() == ValueType.SCALAR) {
        return r;
      }
      if (b.right().type() == ValueType.SCALAR
          || b.op() == BinaryOp.AND
          || b.op() == BinaryOp.UNLESS) {
        return l;
      }
      return Order.VARIES;
    }

    private Order call(Call c, long earlier, long later) {
      Order o = Order.KEPT;
      for (Expr x : c.arguments()) {
        o = o.and(visit(x, earlier, later));
      }
      if (o == Order.UNKNOWN) {
        return o;
      }
      String name = c.function().name();
      FunctionDefinition f = PromqlFunctions.get(name);
      if (f.has(FunctionTrait.JOINS_INFO)) {
        return Order.UNKNOWN; // reads more than its text says
      }
      if (f.has(FunctionTrait.QUERY_RANGE)) {
        preventRemote(name + "() depends on the start and end of the query");
      }
      if (f.has(FunctionTrait.SORTS)) {
        preventRemote(name + " orders series");
      }
      if (f.has(FunctionTrait.CHANGES_ORDER)) {
        return Order.VARIES;
      }
      if (f.has(FunctionTrait.SINGLE)) {
        return Order.KEPT;
      }
      return o;
    }
  }
}
