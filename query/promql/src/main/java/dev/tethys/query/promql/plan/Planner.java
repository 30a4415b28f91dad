package dev.tethys.query.promql.plan;

import dev.tethys.model.GoQuote;
import dev.tethys.model.LabelNames;
import dev.tethys.query.promql.EngineOptions;
import dev.tethys.query.promql.QueryException;
import dev.tethys.query.promql.ast.BinaryOp;
import dev.tethys.query.promql.ast.Expr;
import dev.tethys.query.promql.ast.Expr.Aggregate;
import dev.tethys.query.promql.ast.Expr.AtAnchor;
import dev.tethys.query.promql.ast.Expr.Binary;
import dev.tethys.query.promql.ast.Expr.Call;
import dev.tethys.query.promql.ast.Expr.Extension;
import dev.tethys.query.promql.ast.Expr.MatrixSelector;
import dev.tethys.query.promql.ast.Expr.NumberLiteral;
import dev.tethys.query.promql.ast.Expr.Paren;
import dev.tethys.query.promql.ast.Expr.StringLiteral;
import dev.tethys.query.promql.ast.Expr.Subquery;
import dev.tethys.query.promql.ast.Expr.TimeShift;
import dev.tethys.query.promql.ast.Expr.Unary;
import dev.tethys.query.promql.ast.Expr.ValueType;
import dev.tethys.query.promql.ast.Expr.VectorMatching;
import dev.tethys.query.promql.ast.Expr.VectorSelector;
import dev.tethys.query.promql.exec.Aggregation;
import dev.tethys.query.promql.exec.CountValues;
import dev.tethys.query.promql.exec.Grouping;
import dev.tethys.query.promql.exec.InstantMath;
import dev.tethys.query.promql.exec.InstantSelect;
import dev.tethys.query.promql.exec.Operator;
import dev.tethys.query.promql.exec.PlanStep;
import dev.tethys.query.promql.exec.QuantileAggregation;
import dev.tethys.query.promql.exec.RangeSource;
import dev.tethys.query.promql.exec.RawRange;
import dev.tethys.query.promql.exec.Scalars;
import dev.tethys.query.promql.exec.SelectK;
import dev.tethys.query.promql.exec.SelectedRange;
import dev.tethys.query.promql.exec.Selector;
import dev.tethys.query.promql.exec.SetOperation;
import dev.tethys.query.promql.exec.SmoothedSelect;
import dev.tethys.query.promql.exec.StepInvariant;
import dev.tethys.query.promql.exec.SubqueryRange;
import dev.tethys.query.promql.exec.VectorJoin;
import dev.tethys.query.promql.exec.VectorScalar;
import dev.tethys.query.promql.function.FunctionDefinition;
import dev.tethys.query.promql.function.FunctionTrait;
import dev.tethys.query.promql.function.PromqlFunctions;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Builds the operators of one query from its tree. Durations, {@code start()} and similar functions
 * are resolved by start, end and step; constant scalars are folded; matchers are propagated to the
 * other side of operations; the largest step-invariant subtrees are computed once; repeated
 * subtrees are shared.
 *
 * <p>Step invariance follows Prometheus's rules, including their oddities (parameters of
 * aggregations do not count), because results depend on them.
 */
public final class Planner {
  final long start;
  final long end;
  final long step;
  final EngineOptions options;
  final DurationExpressions durations;
  private final CommonSubtrees common;
  private final Propagation propagation;
  private final CallPlanner calls = new CallPlanner(this);

  private Planner(
      Expr root, long start, long end, long step, EngineOptions options, boolean propagate) {
    this.start = start;
    this.end = end;
    this.step = step;
    this.options = options;
    this.durations = new DurationExpressions(step, end - start);
    this.common = new CommonSubtrees(root);
    this.propagation = new Propagation(root, propagate, !options.typeAndUnitLabels());
  }

  /**
   * Plans a query.
   *
   * @param step milliseconds, 0 for an instant query
   * @throws QueryException if a duration makes no sense or an argument is refused
   */
  public static Plan plan(Expr root, long start, long end, long step, EngineOptions options) {
    return plan(root, start, end, step, options, options.propagateMatchers());
  }

  /** Plans a query, with or without propagated matchers. */
  public static Plan plan(
      Expr root, long start, long end, long step, EngineOptions options, boolean propagate) {
    Planner p = new Planner(root, start, end, step, options, propagate);
    p.durations.check(root);
    Expr e = unwrap(root);
    if (e instanceof StringLiteral s) {
      return new Plan.Text(s.value());
    }
    if (e instanceof MatrixSelector m) {
      return new Plan.Range(new RawRange(p.range(m, Context.ROOT)));
    }
    if (e instanceof Subquery s) {
      return new Plan.Range(new RawRange(p.range(s, Context.ROOT)));
    }
    return new Plan.Steps(p.plan(root, Context.ROOT).wrapped().forAnswer());
  }

  /**
   * Context of an expression.
   *
   * @param function the nearest function or aggregation, a hint to the store
   * @param countsWanted whether an enclosing function needs only the counts and sums of histograms
   * @param bucketsNeeded an expression above needs buckets
   * @param occurrences number of occurrences of the surrounding expression in the query
   */
  record Context(String function, boolean countsWanted, boolean bucketsNeeded, int occurrences) {
    static final Context ROOT = new Context("", false, false, 1);

    Context inside(String name) {
      return new Context(
          name,
          countsWanted || PromqlFunctions.has(name, FunctionTrait.HISTOGRAM_COUNTS),
          bucketsNeeded || PromqlFunctions.has(name, FunctionTrait.HISTOGRAM_BUCKETS),
          occurrences);
    }

    Context insideOperator(BinaryOp op) {
      return new Context(
          "",
          countsWanted,
          bucketsNeeded || op == BinaryOp.TRIM_LOWER || op == BinaryOp.TRIM_UPPER,
          occurrences);
    }

    Context insideSubquery() {
      return new Context(function, countsWanted, true, occurrences);
    }

    Context occurring(int n) {
      return new Context(function, countsWanted, bucketsNeeded, n);
    }
  }

  /**
   * An operator, and whether it returns the same at every step.
   *
   * @param wrap whether it is worth computing once when its context varies
   */
  record Planned(Operator operator, boolean invariant, boolean wrap) {
    Operator wrapped() {
      return wrap ? new StepInvariant(operator) : operator;
    }
  }

  static Expr unwrap(Expr e) {
    while (e instanceof Paren p) {
      e = p.inner();
    }
    return e;
  }

  Planned plan(Expr e, Context c) {
    int n = common.occurrences(e);
    if (n > c.occurrences()) {
      Expr last = common.last(e);
      Planned p = planFrom(last, c.occurring(n));
      return new Planned(common.share(e, c, p.operator()), p.invariant(), p.wrap());
    }
    return planFrom(e, c);
  }

  private Planned planFrom(Expr e, Context c) {
    Planned p = planAlone(e, c);
    p.operator().origin(new PlanStep.Origin(name(e), e.span()));
    return p;
  }

  /** Returns the display name of an expression. */
  private static String name(Expr e) {
    if (e instanceof Aggregate a) {
      return a.op().text();
    }
    if (e instanceof Binary b) {
      return b.op().text();
    }
    if (e instanceof Call call) {
      return call.function().name();
    }
    return e instanceof Unary u ? u.negative() ? "-" : "+" : "";
  }

  private Planned planAlone(Expr e, Context c) {
    if (e instanceof NumberLiteral n) {
      return new Planned(new Scalars.Constant(n.value()), true, false);
    }
    if (e instanceof Paren p) {
      return plan(p.inner(), c);
    }
    if (e instanceof Unary u) {
      return unary(u, c);
    }
    if (e instanceof VectorSelector v) {
      Long at = at(v.shift());
      return new Planned(select(v, c), at != null, at != null);
    }
    if (e instanceof Aggregate a) {
      return aggregate(a, c);
    }
    if (e instanceof Binary b) {
      return binary(b, c);
    }
    if (e instanceof Call call) {
      return calls.plan(call, c);
    }
    throw unexpected(e);
  }

  private static IllegalStateException unexpected(Expr e) {
    return new IllegalStateException("a " + e.type().documented() + " where none is allowed");
  }

  private Planned unary(Unary u, Context c) {
    Planned p = plan(u.operand(), c);
    if (!u.negative()) {
      return p;
    }
    Operator o = p.operator();
    Operator negated =
        o instanceof Scalars.Constant k
            ? new Scalars.Constant(-k.value())
            : u.type() == ValueType.SCALAR ? new Scalars.Negation(o) : InstantMath.negate(o);
    return new Planned(negated, p.invariant(), p.wrap());
  }

  @Nullable Long at(TimeShift s) {
    AtAnchor anchor = s.atAnchor();
    return anchor == null ? s.at() : anchor == AtAnchor.START ? (Long) start : (Long) end;
  }

  Selector selector(VectorSelector v, Context c) {
    return new Selector(
        v.matchers(),
        at(v.shift()),
        durations.any(v.shift().offset()),
        v.extension(),
        c.function(),
        c.countsWanted() && !c.bucketsNeeded(),
        v.span());
  }

  private Operator select(VectorSelector v, Context c) {
    Selector s = selector(v, c);
    return v.extension() == Extension.SMOOTHED
        ? new SmoothedSelect(s)
        : new InstantSelect(s, InstantSelect.Part.VALUE);
  }

  RangeSource range(MatrixSelector m, Context c) {
    boolean starts =
        options.startTimestamps()
            && PromqlFunctions.has(c.function(), FunctionTrait.START_TIMESTAMPS);
    FunctionDefinition f = PromqlFunctions.find(c.function());
    return new SelectedRange(
        selector(m.selector(), c),
        durations.positive(m.range()),
        starts,
        f != null && f.summary() != null);
  }

  RangeSource range(Subquery s, Context c) {
    Planned inner = plan(s.inner(), c.insideSubquery());
    long range = durations.positive(s.range());
    long every =
        s.step() == null ? options.subqueryStep().applyAsLong(range) : durations.positive(s.step());
    return new SubqueryRange(
        inner.invariant() ? new StepInvariant(inner.operator()) : inner.operator(),
        range,
        every > 0 ? every : options.subqueryStep().applyAsLong(range),
        at(s.shift()),
        durations.any(s.shift().offset()));
  }

  private Planned aggregate(Aggregate a, Context c) {
    Expr innerExpr = unwrap(a.inner());
    Planned inner = plan(innerExpr, c.inside(a.op().text()));
    Operator o = inner.operator();
    Grouping grouping = new Grouping(a.grouping(), a.without());
    Operator out =
        switch (a.op()) {
          case SUM, AVG, MIN, MAX, COUNT, GROUP, STDDEV, STDVAR ->
              new Aggregation(a.op(), o, grouping, innerExpr.span());
          case QUANTILE ->
              new QuantileAggregation(
                  o, parameter(a, c), grouping, innerExpr.span(), parameterExpr(a).span());
          case COUNT_VALUES -> countValues(a, o);
          case TOPK, BOTTOMK, LIMITK, LIMIT_RATIO ->
              new SelectK(a.op(), o, parameter(a, c), grouping, a.span(), parameterExpr(a).span());
        };
    return new Planned(out, inner.invariant(), inner.wrap());
  }

  private static Expr parameterExpr(Aggregate a) {
    return unwrap(Objects.requireNonNull(a.parameter()));
  }

  private Operator parameter(Aggregate a, Context c) {
    return plan(parameterExpr(a), c.inside(a.op().text())).operator();
  }

  private static Operator countValues(Aggregate a, Operator o) {
    String label = parameterExpr(a) instanceof StringLiteral s ? s.value() : "";
    if (!LabelNames.isUtf8LabelName(label)) {
      throw QueryException.execution("invalid label name " + GoQuote.quote(label));
    }
    return new CountValues(o, label, a.grouping(), a.without());
  }

  private Planned binary(Binary b, Context c) {
    Propagation.Sides sides = propagation.sides(b, e -> common.occurrences(e) > c.occurrences());
    Planned l = plan(sides.left(), c.insideOperator(b.op()));
    Planned r = plan(sides.right(), c.insideOperator(b.op()));
    boolean invariant = l.invariant() && r.invariant();
    if (l.operator() instanceof Scalars.Constant cl
        && r.operator() instanceof Scalars.Constant cr) {
      return new Planned(
          new Scalars.Constant(Scalars.Binary.apply(b.op(), cl.value(), cr.value())), true, false);
    }
    Operator left = invariant ? l.operator() : l.wrapped();
    Operator right = invariant ? r.operator() : r.wrapped();
    boolean leftScalar = b.left().type() == ValueType.SCALAR;
    boolean rightScalar = b.right().type() == ValueType.SCALAR;
    Operator out;
    if (leftScalar && rightScalar) {
      out = new Scalars.Binary(b.op(), left, right);
    } else if (rightScalar) {
      out = new VectorScalar(b.op(), left, right, false, b.returnBool(), b.span());
    } else if (leftScalar) {
      out = new VectorScalar(b.op(), right, left, true, b.returnBool(), b.span());
    } else {
      VectorMatching m = Objects.requireNonNull(b.matching());
      out =
          b.op().isSetOperator()
              ? new SetOperation(b.op(), left, right, m, sides.given())
              : new VectorJoin(b.op(), left, right, m, sides.given(), b.returnBool(), b.span());
    }
    return new Planned(out, invariant, invariant);
  }
}
