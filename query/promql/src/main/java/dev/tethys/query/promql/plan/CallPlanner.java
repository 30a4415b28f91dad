package dev.tethys.query.promql.plan;

import dev.tethys.query.promql.QueryException;
import dev.tethys.query.promql.ast.Expr;
import dev.tethys.query.promql.ast.Expr.Call;
import dev.tethys.query.promql.ast.Expr.Extension;
import dev.tethys.query.promql.ast.Expr.MatrixSelector;
import dev.tethys.query.promql.ast.Expr.Span;
import dev.tethys.query.promql.ast.Expr.StringLiteral;
import dev.tethys.query.promql.ast.Expr.Subquery;
import dev.tethys.query.promql.ast.Expr.ValueType;
import dev.tethys.query.promql.ast.Expr.VectorSelector;
import dev.tethys.query.promql.exec.InstantSelect;
import dev.tethys.query.promql.exec.Operator;
import dev.tethys.query.promql.exec.RangeSource;
import dev.tethys.query.promql.function.CallArguments;
import dev.tethys.query.promql.function.FunctionDefinition;
import dev.tethys.query.promql.function.FunctionTrait;
import dev.tethys.query.promql.function.PromqlFunctions;
import dev.tethys.query.promql.plan.Planner.Context;
import dev.tethys.query.promql.plan.Planner.Planned;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Creates the operators of function calls from the table of functions. */
final class CallPlanner {
  /** Position of annotations about a subquery: the beginning, as in Prometheus. */
  private static final Span BEGINNING = new Span(0, 0);

  private final Planner planner;

  CallPlanner(Planner planner) {
    this.planner = planner;
  }

  /** Arguments of a call: each is converted to an operator once, except strings and ranges. */
  private final class Arguments implements CallArguments {
    private final Call call;
    private final Context context;
    private final List<Expr> exprs = new ArrayList<>();
    private final List<@Nullable Planned> planned = new ArrayList<>();
    private int range = -1;
    private @Nullable RangeSource source;
    private boolean invariant = true;
    private boolean wholeCallInvariant;

    Arguments(Call call, FunctionDefinition f, Context c) {
      this.call = call;
      this.context = c;
      for (Expr raw : call.arguments()) {
        Expr e = Planner.unwrap(raw);
        Planned p = null;
        if (e.type() == ValueType.MATRIX) {
          source =
              e instanceof Subquery s ? planner.range(s, c) : planner.range((MatrixSelector) e, c);
          range = exprs.size();
          invariant &= source.isFixed();
        } else if (f.has(FunctionTrait.JOINS_INFO) && exprs.size() == 1) {
          // a selector that is not evaluated by itself
          invariant &= e instanceof VectorSelector v && planner.at(v.shift()) != null;
        } else if (!(e instanceof StringLiteral)) {
          p = planner.plan(e, c);
          invariant &= p.invariant();
        }
        exprs.add(e);
        planned.add(p);
      }
    }

    @Override
    public int size() {
      return exprs.size();
    }

    @Override
    public Expr expr(int i) {
      return exprs.get(i);
    }

    /**
     * Returns the operator of an argument, computed once separately if not all of the call is
     * invariant.
     */
    @Override
    public Operator operator(int i) {
      Planned p = Objects.requireNonNull(planned.get(i));
      return wholeCallInvariant ? p.operator() : p.wrapped();
    }

    @Override
    public String text(int i) {
      return exprs.get(i) instanceof StringLiteral s ? s.value() : "";
    }

    @Override
    public List<String> texts(int from) {
      List<String> out = new ArrayList<>();
      for (int i = from; i < size(); i++) {
        out.add(text(i));
      }
      return out;
    }

    @Override
    public Span span(int i) {
      return exprs.get(i) instanceof Subquery ? BEGINNING : exprs.get(i).span();
    }

    @Override
    public Span callSpan() {
      return call.span();
    }

    @Override
    public RangeSource range() {
      return Objects.requireNonNull(source);
    }

    @Override
    public List<Operator> scalars() {
      List<Operator> out = new ArrayList<>();
      for (int i = 0; i < size(); i++) {
        if (i != range) {
          out.add(operator(i));
        }
      }
      return out;
    }

    @Override
    public Operator select(int i, InstantSelect.Part part) {
      return new InstantSelect(planner.selector((VectorSelector) exprs.get(i), context), part);
    }

    @Override
    public SelectorTime firstSelector(int i) {
      TimeOfFirstSelector time = new TimeOfFirstSelector();
      time.visit(exprs.get(i), new ArrayList<>());
      return new SelectorTime(time.at, time.offset);
    }

    @Override
    public long queryStart() {
      return planner.start;
    }

    @Override
    public long queryEnd() {
      return planner.end;
    }

    @Override
    public long queryStep() {
      return planner.step;
    }
  }

  Planned plan(Call call, Context outer) {
    String name = call.function().name();
    FunctionDefinition f = PromqlFunctions.get(name);
    Arguments a = new Arguments(call, f, outer.inside(name));
    if (f.has(FunctionTrait.CONSTANT)) {
      return new Planned(f.evaluator().operator(a), true, false);
    }
    boolean fixed =
        !f.has(FunctionTrait.VARIES_BY_STEP)
            || f.has(FunctionTrait.FIXED_OVER_FIXED_SELECTOR)
                && a.expr(0) instanceof VectorSelector;
    boolean invariant = a.invariant && fixed;
    a.wholeCallInvariant = invariant;
    if (a.source != null) {
      requireModifier(f, a.source.extension(), Extension.ANCHORED, FunctionTrait.ANCHORED);
      requireModifier(f, a.source.extension(), Extension.SMOOTHED, FunctionTrait.SMOOTHED);
    }
    return new Planned(f.evaluator().operator(a), invariant, invariant);
  }

  private static void requireModifier(
      FunctionDefinition f, Extension given, Extension modifier, FunctionTrait accepting) {
    if (given == modifier && !f.has(accepting)) {
      throw QueryException.execution(
          modifier.name().toLowerCase(Locale.ROOT)
              + " modifier can only be used with: "
              + String.join(", ", PromqlFunctions.names(accepting))
              + " - not with "
              + f.signature().name());
    }
  }

  /** When the first selector inside an expression looks. */
  private final class TimeOfFirstSelector {
    @Nullable Long at;
    long offset;
    private boolean found;

    void visit(Expr e, List<Subquery> path) {
      if (found) {
        return;
      }
      if (e instanceof VectorSelector v) {
        found = true;
        at = planner.at(v.shift());
        offset = planner.durations.any(v.shift().offset());
        for (int i = path.size() - 1; at == null && i >= 0; i--) {
          offset += planner.durations.any(path.get(i).shift().offset());
          at = planner.at(path.get(i).shift());
        }
        return;
      }
      if (e instanceof Subquery s) {
        path.add(s);
      }
      for (Expr child : e.children()) {
        visit(child, path);
      }
      if (e instanceof Subquery) {
        path.removeLast();
      }
    }
  }
}
