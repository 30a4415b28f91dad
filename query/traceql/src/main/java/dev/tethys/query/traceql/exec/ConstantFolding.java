package dev.tethys.query.traceql.exec;

import dev.tethys.model.traces.SpanField;
import dev.tethys.query.traceql.ast.FieldExpr;
import dev.tethys.query.traceql.ast.Operator;
import dev.tethys.query.traceql.ast.TraceValue;
import dev.tethys.query.traceql.ast.ValueType;
import dev.tethys.query.traceql.parser.Constants;
import java.util.ArrayList;
import java.util.List;

/** Expressions with their constant parts computed and literals on the right of comparisons. */
final class ConstantFolding {
  private ConstantFolding() {}

  static FieldExpr fold(FieldExpr e) {
    return switch (e) {
      case FieldExpr.Static s -> s;
      case FieldExpr.Attribute a -> a;
      case FieldExpr.Field f -> f;
      case FieldExpr.Unary u -> unary(u.operator(), fold(u.operand()));
      case FieldExpr.Binary b -> binary(b.operator(), fold(b.left()), fold(b.right()));
    };
  }

  /** Operands of a chain of one operator. */
  static List<FieldExpr> chain(Operator op, FieldExpr e) {
    FieldExpr left = e;
    List<FieldExpr> out = new ArrayList<>();
    while (left instanceof FieldExpr.Binary b && b.operator() == op) {
      out.add(b.right());
      left = b.left();
    }
    out.add(left);
    return out.reversed();
  }

  private static FieldExpr unary(Operator op, FieldExpr e) {
    if (e instanceof FieldExpr.Static(TraceValue v)) {
      if (op == Operator.NOT) {
        return constant(v instanceof TraceValue.Bool b && !b.value());
      }
      return new FieldExpr.Static(
          Constants.arithmetic(Operator.MULTIPLY, v, new TraceValue.Int(-1)));
    }
    if (op == Operator.NOT
        && e instanceof FieldExpr.Unary(Operator o, FieldExpr inner)
        && o == Operator.NOT
        && !isReference(inner)) {
      return inner;
    }
    return new FieldExpr.Unary(op, e);
  }

  static boolean isReference(FieldExpr e) {
    return e instanceof FieldExpr.Attribute || e instanceof FieldExpr.Field;
  }

  private static FieldExpr binary(Operator op, FieldExpr l, FieldExpr r) {
    if (l instanceof FieldExpr.Static(TraceValue a)
        && r instanceof FieldExpr.Static(TraceValue b)) {
      return op.isArithmetic()
          ? new FieldExpr.Static(Constants.arithmetic(op, a, b))
          : constant(compares(op, a, b));
    }
    if (op.isLogical()) {
      for (boolean left : new boolean[] {true, false}) {
        if ((left ? l : r) instanceof FieldExpr.Static(TraceValue v)) {
          boolean holds = v instanceof TraceValue.Bool x && x.value();
          // true && x is x, false || x is x; otherwise the constant decides
          return holds == (op == Operator.AND) ? truth(left ? r : l) : constant(holds);
        }
      }
    }
    if (op.isComparison() && !op.isPattern() && l instanceof FieldExpr.Static) {
      return new FieldExpr.Binary(op.flipped(), r, l);
    }
    if (op.isComparison() && isReference(l) && r instanceof FieldExpr.Static(TraceValue.Text t)) {
      return new FieldExpr.Binary(op, l, new FieldExpr.Static(id(op, l, t)));
    }
    return new FieldExpr.Binary(op, l, r);
  }

  /** Normalizes an ID: leading zeros and lower case, as in the store. */
  private static TraceValue id(Operator op, FieldExpr field, TraceValue.Text text) {
    int digits =
        !(field instanceof FieldExpr.Field f) || op.isPattern()
            ? 0
            : switch (f.intrinsic()) {
              case TRACE_ID, LINK_TRACE_ID -> 32;
              case SPAN_ID, PARENT_ID, LINK_SPAN_ID -> 16;
              default -> 0;
            };
    String s = text.value();
    if (digits == 0 || s.isEmpty() || s.length() > digits) {
      return text;
    }
    return new TraceValue.Text(
        "0".repeat(digits - s.length()) + s.toLowerCase(java.util.Locale.ROOT));
  }

  /** Operand of only a logical operator: an attribute that is absent is false, not absent. */
  private static FieldExpr truth(FieldExpr e) {
    return isReference(e) ? new FieldExpr.Binary(Operator.EQUAL, e, FieldExpr.TRUE) : e;
  }

  private static FieldExpr constant(boolean value) {
    return new FieldExpr.Static(value ? TraceValue.TRUE : TraceValue.FALSE);
  }

  private static boolean compares(Operator op, TraceValue a, TraceValue b) {
    if (op.isLogical()) {
      boolean x = a instanceof TraceValue.Bool v && v.value();
      boolean y = b instanceof TraceValue.Bool v && v.value();
      return op == Operator.AND ? x && y : x || y;
    }
    if (a.type() == ValueType.NIL || !a.type().fits(b.type()) || !op.takes(a.type())) {
      return false;
    }
    if (op.isPattern()) {
      return dev.tethys.model.regex.Regex.whole(b.text()).matches(a.text())
          == (op == Operator.MATCHES);
    }
    return switch (a) {
      case TraceValue.Text t -> op.holds(Values.compare(t.value(), b.text()));
      case TraceValue.Int i when b instanceof TraceValue.Int j ->
          op.holds(Long.compare(i.value(), j.value()));
      case TraceValue.Bool _, TraceValue.Status _, TraceValue.Kind _ ->
          a.equals(b) == (op == Operator.EQUAL);
      default -> op.holds(a.number(), b.number());
    };
  }

  /** Whether a field has one value per event or link, each tested separately. */
  static boolean isRepeated(FieldExpr e) {
    SpanField f =
        switch (e) {
          case FieldExpr.Attribute a -> a.field();
          case FieldExpr.Field i -> i.intrinsic().field();
          default -> null;
        };
    return f != null && f.scope().isRepeated();
  }
}
