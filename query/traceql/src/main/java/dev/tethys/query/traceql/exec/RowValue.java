package dev.tethys.query.traceql.exec;

import dev.tethys.query.traceql.ast.FieldExpr;
import dev.tethys.query.traceql.ast.Operator;
import dev.tethys.query.traceql.ast.TraceValue;
import dev.tethys.query.traceql.ast.ValueType;
import dev.tethys.query.traceql.parser.Constants;

/** Value of an expression for single rows. */
interface RowValue {
  /** Sets the value of a row. */
  void value(Frame f, int row, Cell out);

  /** Compiles a folded expression to an evaluator. */
  static RowValue of(FieldExpr e, ExecutionColumns slots) {
    return switch (e) {
      case FieldExpr.Static s -> (f, row, out) -> out.set(s.value());
      case FieldExpr.Attribute _, FieldExpr.Field _ -> {
        ExecutionColumns.Slot slot = slots.slot(e);
        ValueType integers = Frame.integers(e);
        yield (f, row, out) -> out.set(f.columns[slot.index()], row, integers);
      }
      case FieldExpr.Unary u -> unary(u, slots);
      case FieldExpr.Binary b -> binary(b, slots);
    };
  }

  private static RowValue unary(FieldExpr.Unary u, ExecutionColumns slots) {
    RowValue operand = of(u.operand(), slots);
    return (f, row, out) -> {
      operand.value(f, row, out);
      if (u.operator() == Operator.NOT) {
        if (out.type == ValueType.BOOL) {
          out.bits = 1 - out.bits;
        } else {
          out.nil();
        }
      } else if (out.type == ValueType.FLOAT) {
        out.real(-out.number());
      } else if (out.type.isNumeric()) {
        out.bits = -out.bits;
      } else {
        out.nil();
      }
    };
  }

  private static RowValue binary(FieldExpr.Binary b, ExecutionColumns slots) {
    Operator op = b.operator();
    RowValue left = of(b.left(), slots);
    RowValue right = of(b.right(), slots);
    if (op.isPattern()) {
      dev.tethys.model.regex.Regex regex =
          dev.tethys.model.regex.Regex.whole(
              b.right() instanceof FieldExpr.Static(TraceValue v) ? v.text() : "");
      return (f, row, out) -> {
        left.value(f, row, out);
        out.bool(
            out.type == ValueType.STRING && regex.matches(out.text) == (op == Operator.MATCHES));
      };
    }
    boolean toNil =
        b.right() instanceof FieldExpr.Static(TraceValue v) && v.type() == ValueType.NIL;
    Cell r = new Cell();
    return (f, row, out) -> {
      left.value(f, row, out);
      if (toNil) {
        out.bool((out.type == ValueType.NIL) == (op == Operator.EQUAL));
        return;
      }
      right.value(f, row, r);
      if (op.isLogical()) {
        boolean x = out.type == ValueType.BOOL && out.bits != 0;
        boolean y = r.type == ValueType.BOOL && r.bits != 0;
        out.bool(op == Operator.AND ? x && y : x || y);
      } else if (op.isComparison()) {
        out.bool(compares(op, out, r));
      } else {
        arithmetic(op, out, r);
      }
    };
  }

  private static boolean compares(Operator op, Cell a, Cell b) {
    if (a.type == ValueType.NIL || !a.type.fits(b.type) || !op.takes(a.type)) {
      return false;
    }
    return switch (a.type) {
      case STRING -> op.holds(Values.compare(a.text, b.text));
      case INT, DURATION, FLOAT ->
          a.type == ValueType.FLOAT || b.type == ValueType.FLOAT
              ? op.holds(a.number(), b.number())
              : op.holds(Long.compare(a.bits, b.bits));
      default -> op.holds(Long.compare(a.bits, b.bits));
    };
  }

  private static void arithmetic(Operator op, Cell a, Cell b) {
    if (!a.type.isNumeric() || !b.type.isNumeric()) {
      a.nil();
      return;
    }
    boolean whole = a.type != ValueType.FLOAT && b.type != ValueType.FLOAT;
    ValueType type = b.type == ValueType.DURATION ? ValueType.DURATION : a.type;
    if (!whole || op == Operator.POWER || op == Operator.DIVIDE || op == Operator.MODULO) {
      a.set(Constants.arithmetic(op, a.value(), b.value()));
      return;
    }
    a.bits =
        switch (op) {
          case ADD -> a.bits + b.bits;
          case SUBTRACT -> a.bits - b.bits;
          default -> a.bits * b.bits;
        };
    a.type = type;
  }
}
