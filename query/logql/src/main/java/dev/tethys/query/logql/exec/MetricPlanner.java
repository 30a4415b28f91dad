package dev.tethys.query.logql.exec;

import dev.tethys.model.regex.Regex;
import dev.tethys.query.logql.ast.MetricExpr;
import dev.tethys.query.logql.ast.MetricExpr.Binary;
import dev.tethys.query.logql.ast.MetricExpr.Grouping;
import dev.tethys.query.logql.ast.MetricExpr.LabelReplace;
import dev.tethys.query.logql.ast.MetricExpr.Literal;
import dev.tethys.query.logql.ast.MetricExpr.RangeAggregation;
import dev.tethys.query.logql.ast.MetricExpr.Unwrap;
import dev.tethys.query.logql.ast.MetricExpr.VectorAggregation;
import dev.tethys.query.logql.ast.RangeOp;
import dev.tethys.query.logql.ast.VectorOp;
import dev.tethys.query.logql.parser.LogqlParseException;
import dev.tethys.query.promql.ast.AggregateOp;
import dev.tethys.query.promql.ast.BinaryOp;
import dev.tethys.query.promql.ast.Expr.Span;
import dev.tethys.query.promql.exec.Aggregation;
import dev.tethys.query.promql.exec.LabelChange;
import dev.tethys.query.promql.exec.Operator;
import dev.tethys.query.promql.exec.Propagated;
import dev.tethys.query.promql.exec.Scalars;
import dev.tethys.query.promql.exec.SelectK;
import dev.tethys.query.promql.exec.SetOperation;
import dev.tethys.query.promql.exec.Sorting;
import dev.tethys.query.promql.exec.SuppliedSeries;
import dev.tethys.query.promql.exec.VectorJoin;
import dev.tethys.query.promql.exec.VectorScalar;
import dev.tethys.query.promql.exec.ZeroAsNaN;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Plans metric queries: log ranges are scanned here, everything above them is computed by PromQL
 * operators, which are equivalent except for divisions by zero.
 */
public final class MetricPlanner {
  private static final Span NOWHERE = new Span(0, 0);

  private final QueryRun run;
  private final StepGrid grid;

  /** Creates a planner of a query over some steps. */
  public MetricPlanner(QueryRun run, StepGrid grid) {
    this.run = run;
    this.grid = grid;
  }

  /**
   * Checks a query as planning does, without running it.
   *
   * @throws LogqlParseException if an argument of a stage is not valid
   */
  public static void check(MetricExpr e) {
    switch (e) {
      case RangeAggregation r -> rangePlan(r, null, false);
      case VectorAggregation v -> check(v.inner());
      case Binary b -> {
        check(b.left());
        check(b.right());
      }
      case LabelReplace r -> check(r.inner());
      case MetricExpr.Variants v -> v.metrics().forEach(MetricPlanner::check);
      case MetricExpr.Vector v -> {}
      case Literal l -> {}
    }
  }

  /** Returns the root operator of the query. */
  public Operator plan(MetricExpr e) {
    return switch (e) {
      case RangeAggregation r -> scan(rangePlan(r, null, false));
      case VectorAggregation v -> aggregation(v);
      case Binary b -> binary(b);
      case LabelReplace r ->
          LabelChange.replace(
              plan(r.inner()),
              r.destination(),
              r.replacement(),
              r.source(),
              Regex.anchored(r.regex()));
      case MetricExpr.Vector v -> new Scalars.ToVector(new Scalars.Constant(v.value()));
      case Literal l -> new Scalars.Constant(l.value());
      case MetricExpr.Variants v ->
          throw new LogqlParseException("variants cannot be part of another expression");
    };
  }

  private static RangePlan rangePlan(
      RangeAggregation r, @Nullable Grouping grouping, boolean keepUnwrapped) {
    Double q = r.parameter();
    Grouping own = r.grouping();
    return new RangePlan(
        r.op(), q == null ? 0 : q, r.range(), own == null ? grouping : own, keepUnwrapped);
  }

  private Operator scan(RangePlan plan) {
    return new SuppliedSeries("LogRange", millis -> new RangeScan(run, plan, grid).columns());
  }

  /** Whether sums of a function's results are the function's result over all series together. */
  private static boolean isAdditive(RangeOp op) {
    return switch (op) {
      case COUNT_OVER_TIME, RATE, BYTES_OVER_TIME, BYTES_RATE, SUM_OVER_TIME -> true;
      default -> false;
    };
  }

  private Operator aggregation(VectorAggregation v) {
    Grouping g = v.grouping();
    Grouping group = g == null ? new Grouping(List.of(), false) : g;
    if (v.op() == VectorOp.SUM && v.inner() instanceof RangeAggregation r && isAdditive(r.op())) {
      return scan(rangePlan(r, group, false));
    }
    Operator inner =
        v.inner() instanceof RangeAggregation r
            ? scan(rangePlan(r, null, namesUnwrapped(r, group)))
            : plan(v.inner());
    dev.tethys.query.promql.exec.Grouping by =
        new dev.tethys.query.promql.exec.Grouping(group.labels(), group.without());
    return switch (v.op()) {
      case SUM -> new Aggregation(AggregateOp.SUM, inner, by, NOWHERE);
      case AVG -> new Aggregation(AggregateOp.AVG, inner, by, NOWHERE);
      case MIN -> new Aggregation(AggregateOp.MIN, inner, by, NOWHERE);
      case MAX -> new Aggregation(AggregateOp.MAX, inner, by, NOWHERE);
      case COUNT -> new Aggregation(AggregateOp.COUNT, inner, by, NOWHERE);
      case STDDEV -> new Aggregation(AggregateOp.STDDEV, inner, by, NOWHERE);
      case STDVAR -> new Aggregation(AggregateOp.STDVAR, inner, by, NOWHERE);
      case TOPK, APPROX_TOPK -> select(AggregateOp.TOPK, v, inner, by);
      case BOTTOMK -> select(AggregateOp.BOTTOMK, v, inner, by);
      case SORT -> new Sorting(inner, false, List.of(), false, NOWHERE);
      case SORT_DESC -> new Sorting(inner, false, List.of(), true, NOWHERE);
    };
  }

  private Operator select(
      AggregateOp op,
      VectorAggregation v,
      Operator inner,
      dev.tethys.query.promql.exec.Grouping by) {
    if (v.op() == VectorOp.APPROX_TOPK && grid.steps() != 1) {
      throw new LogqlParseException("approx_topk is only supported on instant queries");
    }
    return new SelectK(op, inner, new Scalars.Constant(v.parameter()), by, NOWHERE, NOWHERE);
  }

  /** Whether a grouping names the unwrapped label of a range. */
  private static boolean namesUnwrapped(RangeAggregation r, Grouping g) {
    Unwrap u = r.range().unwrap();
    return u != null && !g.without() && g.labels().contains(u.label());
  }

  private Operator binary(Binary b) {
    BinaryOp op = b.op();
    boolean divides = op == BinaryOp.DIV || op == BinaryOp.MOD;
    if (b.right() instanceof Literal l) {
      double v = divides && l.value() == 0 ? Double.NaN : l.value();
      return new VectorScalar(
          op, plan(b.left()), new Scalars.Constant(v), false, b.returnBool(), NOWHERE);
    }
    Operator right = divides ? new ZeroAsNaN(plan(b.right())) : plan(b.right());
    if (b.left() instanceof Literal l) {
      return new VectorScalar(
          op, right, new Scalars.Constant(l.value()), true, b.returnBool(), NOWHERE);
    }
    Operator left = plan(b.left());
    return op.isSetOperator()
        ? new SetOperation(op, left, right, b.matching(), Propagated.NONE)
        : new VectorJoin(op, left, right, b.matching(), Propagated.NONE, b.returnBool(), NOWHERE);
  }
}
