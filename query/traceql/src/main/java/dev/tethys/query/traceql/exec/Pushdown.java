package dev.tethys.query.traceql.exec;

import dev.tethys.model.traces.SpanField;
import dev.tethys.model.traces.SpanFilter;
import dev.tethys.model.traces.SpanValue;
import dev.tethys.query.traceql.ast.FieldExpr;
import dev.tethys.query.traceql.ast.Intrinsic;
import dev.tethys.query.traceql.ast.Operator;
import dev.tethys.query.traceql.ast.TraceValue;
import dev.tethys.query.traceql.ast.ValueType;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Filter of the store for an expression.
 *
 * @param filter fits all spans for which the expression is true
 * @param exact true if it fits no others
 */
record Pushdown(SpanFilter filter, boolean exact) {
  private static final SpanFilter NONE = new SpanFilter.Or(List.of());
  private static final SpanField PARENT_ID = SpanField.intrinsic(SpanField.Scope.PARENT_ID);

  static boolean isNone(SpanFilter f) {
    return f instanceof SpanFilter.Or o && o.operands().isEmpty();
  }

  static boolean isAll(SpanFilter f) {
    return f instanceof SpanFilter.And a && a.operands().isEmpty();
  }

  /** Returns the filter for a folded expression. */
  static Pushdown of(FieldExpr e) {
    return switch (e) {
      case FieldExpr.Static s -> constant(s.value().equals(TraceValue.TRUE));
      case FieldExpr.Attribute a ->
          exact(compare(a.field(), Operator.EQUAL, new SpanValue.Bool(true)));
      case FieldExpr.Field _ -> constant(false);
      case FieldExpr.Unary u -> unary(u);
      case FieldExpr.Binary b -> binary(b);
    };
  }

  private static Pushdown exact(SpanFilter f) {
    return new Pushdown(f, true);
  }

  private static Pushdown constant(boolean value) {
    return exact(value ? SpanFilter.ALL : NONE);
  }

  private static Pushdown unary(FieldExpr.Unary u) {
    if (u.operator() != Operator.NOT) {
      return constant(false); // a number is not true
    }
    if (u.operand() instanceof FieldExpr.Attribute a) {
      return exact(compare(a.field(), Operator.EQUAL, new SpanValue.Bool(false)));
    }
    Pushdown p = of(u.operand());
    return p.exact ? exact(not(p.filter)) : new Pushdown(SpanFilter.ALL, false);
  }

  private static SpanFilter not(SpanFilter f) {
    if (isAll(f)) {
      return NONE;
    }
    return isNone(f) ? SpanFilter.ALL : new SpanFilter.Not(f);
  }

  /** Combines both filters on one level. */
  static SpanFilter and(SpanFilter a, SpanFilter b) {
    if (isNone(a) || isNone(b)) {
      return NONE;
    }
    List<SpanFilter> all = new ArrayList<>();
    for (SpanFilter f : List.of(a, b)) {
      if (f instanceof SpanFilter.And n) {
        all.addAll(n.operands());
      } else {
        all.add(f);
      }
    }
    return all.size() == 1 ? all.getFirst() : new SpanFilter.And(all);
  }

  /** Disjunction of filters on one level. */
  static SpanFilter or(SpanFilter a, SpanFilter b) {
    if (isAll(a) || isAll(b)) {
      return SpanFilter.ALL;
    }
    List<SpanFilter> all = new ArrayList<>();
    for (SpanFilter f : List.of(a, b)) {
      if (f instanceof SpanFilter.Or n) {
        all.addAll(n.operands());
      } else {
        all.add(f);
      }
    }
    return all.size() == 1 ? all.getFirst() : new SpanFilter.Or(all);
  }

  private static Pushdown binary(FieldExpr.Binary b) {
    Operator op = b.operator();
    if (op.isLogical()) {
      // a chain of operators is flattened before it is translated, so that it takes linear time
      List<FieldExpr> operands = ConstantFolding.chain(op, b);
      List<SpanFilter> filters = new ArrayList<>();
      boolean exact = true;
      SpanFilter one = op == Operator.AND ? NONE : SpanFilter.ALL;
      for (FieldExpr e : operands) {
        Pushdown p = of(e);
        exact &= p.exact;
        if (p.filter.equals(one)) {
          return new Pushdown(one, p.exact);
        }
        if (op == Operator.AND && p.filter instanceof SpanFilter.And a) {
          filters.addAll(a.operands());
        } else if (op == Operator.OR && p.filter instanceof SpanFilter.Or o) {
          filters.addAll(o.operands());
        } else {
          filters.add(p.filter);
        }
      }
      SpanFilter f =
          filters.size() == 1
              ? filters.getFirst()
              : op == Operator.AND ? new SpanFilter.And(filters) : new SpanFilter.Or(filters);
      return new Pushdown(f, exact);
    }
    if (!op.isComparison()) {
      return constant(false);
    }
    if (b.right() instanceof FieldExpr.Static(TraceValue v)
        && ConstantFolding.isReference(b.left())) {
      return comparison(b.left(), op, v);
    }
    return new Pushdown(present(b), false);
  }

  /** Fields whose values are operands: a comparison of an absent value is false. */
  private static SpanFilter present(FieldExpr.Binary comparison) {
    List<SpanFilter> out = new ArrayList<>();
    addPresent(comparison.left(), out);
    addPresent(comparison.right(), out);
    return out.size() == 1 ? out.getFirst() : new SpanFilter.And(out);
  }

  private static void addPresent(FieldExpr e, List<SpanFilter> out) {
    switch (e) {
      case FieldExpr.Attribute a -> out.add(new SpanFilter.Present(a.field()));
      case FieldExpr.Binary b when b.operator().isArithmetic() -> {
        addPresent(b.left(), out);
        addPresent(b.right(), out);
      }
      case FieldExpr.Unary u when u.operator() == Operator.SUBTRACT -> addPresent(u.operand(), out);
      default -> {
        // intrinsic fields are mostly present, and logical operands are never absent
      }
    }
  }

  private static Pushdown comparison(FieldExpr reference, Operator op, TraceValue v) {
    if (reference instanceof FieldExpr.Field f && f.intrinsic().field() == null) {
      return ofTrace(f.intrinsic(), op, v);
    }
    SpanField field =
        reference instanceof FieldExpr.Attribute a
            ? a.field()
            : Objects.requireNonNull(((FieldExpr.Field) reference).intrinsic().field());
    if (v.type() == ValueType.NIL) {
      SpanFilter p = new SpanFilter.Present(field);
      return exact(op == Operator.EQUAL ? new SpanFilter.Not(p) : p);
    }
    if (op.isPattern()) {
      SpanFilter m = new SpanFilter.Matches(field, v.text());
      if (op == Operator.MATCHES) {
        return exact(m);
      }
      if (field.scope().isRepeated()) {
        return new Pushdown(new SpanFilter.Present(field), false);
      }
      SpanFilter text = compare(field, Operator.GREATER_OR_EQUAL, new SpanValue.Text(""));
      return exact(new SpanFilter.And(List.of(text, new SpanFilter.Not(m))));
    }
    SpanValue constant = constant(reference, v);
    if (constant == null) {
      return constant(false);
    }
    SpanFilter c = compare(field, op, constant);
    boolean several = field.scope().isAttribute() && !field.scope().isRepeated();
    if (op == Operator.NOT_EQUAL && several) {
      // of an array none may be equal
      SpanFilter equal = compare(field, Operator.EQUAL, constant);
      return exact(new SpanFilter.And(List.of(c, new SpanFilter.Not(equal))));
    }
    return exact(c);
  }

  private static SpanFilter compare(SpanField field, Operator op, SpanValue value) {
    return new SpanFilter.Compare(field, SpanFilter.Operator.valueOf(op.name()), value);
  }

  /** Returns the constant of the store; null if no value of the field has its type. */
  static @Nullable SpanValue constant(FieldExpr reference, TraceValue v) {
    boolean attribute = reference instanceof FieldExpr.Attribute;
    return switch (v) {
      case TraceValue.Text t -> new SpanValue.Text(t.value());
      case TraceValue.Int i -> new SpanValue.Int(i.value());
      case TraceValue.Real r -> new SpanValue.Real(r.value());
      case TraceValue.Bool b -> new SpanValue.Bool(b.value());
      case TraceValue.Duration d -> new SpanValue.Int(d.nanos());
      case TraceValue.Status s -> attribute ? null : new SpanValue.Int(s.code());
      case TraceValue.Kind k -> attribute ? null : new SpanValue.Int(k.code());
      case TraceValue.Nil _, TraceValue.Items _ -> null;
    };
  }

  /**
   * Returns the filter for a comparison of a trace-level field: only whether a span is a root can
   * be pushed down.
   */
  private static Pushdown ofTrace(Intrinsic i, Operator op, TraceValue v) {
    if (i == Intrinsic.NESTED_SET_PARENT && v.type().isNumeric()) {
      boolean root = op.holds(-1, v.number());
      boolean first = op.holds(0, v.number());
      boolean last = op.holds(Integer.MAX_VALUE, v.number());
      boolean between = v.number() > 0 && v.number() < Integer.MAX_VALUE;
      if (first == last && !between) {
        SpanFilter parent = new SpanFilter.Present(PARENT_ID);
        if (root == first) {
          return constant(root);
        }
        return exact(root ? new SpanFilter.Not(parent) : parent);
      }
    }
    return new Pushdown(SpanFilter.ALL, false);
  }
}
