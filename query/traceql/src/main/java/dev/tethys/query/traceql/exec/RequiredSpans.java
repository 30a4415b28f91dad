package dev.tethys.query.traceql.exec;

import dev.tethys.model.traces.SpanField;
import dev.tethys.model.traces.SpanFilter;
import dev.tethys.model.traces.SpanRelation;
import dev.tethys.query.traceql.ast.FieldExpr;
import dev.tethys.query.traceql.ast.Operator;
import dev.tethys.query.traceql.ast.Scalar;
import dev.tethys.query.traceql.ast.SpansetOperator;
import dev.tethys.query.traceql.ast.Stage;
import dev.tethys.query.traceql.ast.TraceValue;
import dev.tethys.query.traceql.parser.Constants;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Condition on a trace that every result of a pipeline fulfils, by the spans that it must have. */
sealed interface RequiredSpans {
  /**
   * Spans that fit a filter.
   *
   * @param filter filter of the store
   * @param exact true if the filter matches exactly the spans that the expression matches
   * @param count least number of spans
   */
  record Leaf(SpanFilter filter, boolean exact, int count) implements RequiredSpans {}

  /** Pair of spans of which one is a descendant of the other. */
  record Related(SpanRelation relation) implements RequiredSpans {}

  /** All of several conditions; the most selective first. */
  record All(List<RequiredSpans> of) implements RequiredSpans {}

  /** Alternative conditions. */
  record Any(List<RequiredSpans> of) implements RequiredSpans {}

  /** Returns the condition of a pipeline. */
  static RequiredSpans of(Stage.Pipeline p) {
    FieldExpr only = onlyFilters(p);
    if (only != null) {
      return leaf(only);
    }
    List<Stage> stages = p.stages();
    if (!(stages.getFirst() instanceof Stage.Spanset first)) {
      return new Leaf(SpanFilter.ALL, false, 1);
    }
    RequiredSpans need = of(first);
    int next = 1;
    if (first instanceof Stage.Filter f) {
      FieldExpr e = f.expression();
      while (next < stages.size() && stages.get(next) instanceof Stage.Filter g) {
        e = new FieldExpr.Binary(Operator.AND, e, g.expression());
        next++;
      }
      need = leaf(e);
    }
    if (first instanceof Stage.Filter && need instanceof Leaf l && next < stages.size()) {
      return new Leaf(l.filter, l.exact, count(stages.get(next)));
    }
    return need;
  }

  private static Leaf leaf(FieldExpr e) {
    Pushdown d = Pushdown.of(ConstantFolding.fold(e));
    return new Leaf(d.filter(), d.exact(), 1);
  }

  /**
   * Returns the conjunction of the leading filters of a pipeline; null if it does not start with a
   * filter.
   */
  static @Nullable FieldExpr onlyFilters(Stage.Pipeline p) {
    FieldExpr e = null;
    for (Stage s : p.stages()) {
      switch (s) {
        case Stage.Filter f ->
            e = e == null ? f.expression() : new FieldExpr.Binary(Operator.AND, e, f.expression());
        case Stage.Select _, Stage.Coalesce _, Stage.GroupBy _ -> {
          // does not change which spans are in the result
        }
        default -> {
          return null;
        }
      }
    }
    return e == null ? FieldExpr.TRUE : e;
  }

  /** Least number of spans of a comparison of {@code count()}. */
  private static int count(Stage s) {
    if (s instanceof Stage.ScalarFilter(Scalar.Aggregate a, Operator op, Scalar right)
        && a.function() == Scalar.Function.COUNT) {
      TraceValue v = Constants.value(right);
      double least =
          switch (op) {
            case GREATER -> Math.floor(v.number()) + 1;
            case GREATER_OR_EQUAL, EQUAL -> Math.ceil(v.number());
            default -> 1;
          };
      return (int) Math.clamp(least, 1, Integer.MAX_VALUE);
    }
    return 1;
  }

  private static RequiredSpans of(Stage.Spanset s) {
    return switch (s) {
      case Stage.Filter f -> leaf(f.expression());
      case Stage.Pipeline p -> of(p);
      case Stage.Operation o -> {
        if (o.operator().isNegated()) {
          yield of(o.right());
        }
        SpanRelation relation = relation(o);
        if (relation != null
            && o.left() instanceof Stage.Filter
            && o.right() instanceof Stage.Filter) {
          yield new Related(relation);
        }
        RequiredSpans l = of(o.left());
        RequiredSpans r = of(o.right());
        if (relation != null) {
          RequiredSpans spans = isAlways(l) ? r : isAlways(r) ? l : all(l, r);
          yield all(spans, new Related(relation));
        }
        if (o.operator() == SpansetOperator.OR) {
          yield isAlways(l) || isAlways(r) ? new Leaf(SpanFilter.ALL, false, 1) : any(l, r);
        }
        yield isAlways(l) ? r : isAlways(r) ? l : all(l, r);
      }
    };
  }

  /** Returns the relation of the spans of both sides that must exist; null if there is none. */
  private static @Nullable SpanRelation relation(Stage.Operation o) {
    SpanFilter left = results(o.left());
    SpanFilter right = results(o.right());
    return switch (o.operator().relation()) {
      case CHILD -> new SpanRelation(right, left, false);
      case PARENT -> new SpanRelation(left, right, false);
      case DESCENDANT -> new SpanRelation(right, left, true);
      case ANCESTOR -> new SpanRelation(left, right, true);
      case SIBLING -> null;
      case null -> null;
    };
  }

  /** Filter that all spans fit which a spanset returns. */
  private static SpanFilter results(Stage.Spanset s) {
    return switch (s) {
      case Stage.Filter f -> leaf(f.expression()).filter;
      case Stage.Pipeline _ -> SpanFilter.ALL;
      case Stage.Operation o ->
          o.operator().relation() == null || o.operator().isUnion()
              ? Pushdown.or(results(o.left()), results(o.right()))
              : results(o.right());
    };
  }

  private static boolean isAlways(RequiredSpans n) {
    return n instanceof Leaf l && l.count <= 1 && Pushdown.isAll(l.filter);
  }

  private static RequiredSpans all(RequiredSpans l, RequiredSpans r) {
    List<RequiredSpans> of = new ArrayList<>();
    for (RequiredSpans n : List.of(l, r)) {
      if (n instanceof All a) {
        of.addAll(a.of);
      } else {
        of.add(n);
      }
    }
    of.sort(Comparator.comparingInt((RequiredSpans n) -> -selectivity(n)));
    return new All(of);
  }

  private static RequiredSpans any(RequiredSpans l, RequiredSpans r) {
    if (l instanceof Leaf a && r instanceof Leaf b && a.count <= 1 && b.count <= 1) {
      return new Leaf(Pushdown.or(a.filter, b.filter), a.exact && b.exact, 1);
    }
    return new Any(List.of(l, r));
  }

  /** Guess of how few spans fit: higher is fewer. */
  private static int selectivity(RequiredSpans n) {
    return switch (n) {
      case Leaf l -> selectivity(l.filter);
      case Related r -> selectivity(r.relation.lower()) + selectivity(r.relation.upper());
      case All a -> a.of.stream().mapToInt(RequiredSpans::selectivity).max().orElse(0);
      case Any a -> a.of.stream().mapToInt(RequiredSpans::selectivity).min().orElse(0);
    };
  }

  private static int selectivity(SpanFilter f) {
    return switch (f) {
      case SpanFilter.And a -> a.operands().stream().mapToInt(RequiredSpans::selectivity).sum();
      case SpanFilter.Or o ->
          o.operands().stream().mapToInt(RequiredSpans::selectivity).min().orElse(100);
      case SpanFilter.Not _ -> 0;
      case SpanFilter.Present _ -> 1;
      case SpanFilter.Matches _ -> 3;
      case SpanFilter.OfTraces _ -> 9;
      case SpanFilter.Compare c ->
          c.operator() == SpanFilter.Operator.EQUAL
              ? c.field().scope() == SpanField.Scope.KIND ? 1 : 4
              : c.operator() == SpanFilter.Operator.NOT_EQUAL ? 0 : 2;
    };
  }
}
