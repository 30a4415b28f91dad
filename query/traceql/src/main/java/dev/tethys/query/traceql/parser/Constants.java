package dev.tethys.query.traceql.parser;

import dev.tethys.query.traceql.ast.Operator;
import dev.tethys.query.traceql.ast.Scalar;
import dev.tethys.query.traceql.ast.TraceValue;
import dev.tethys.query.traceql.ast.ValueType;

/** Arithmetic on literals. Integers remain integers, and a duration with a number is a duration. */
public final class Constants {
  private Constants() {}

  /** Returns the result of an operator; {@link TraceValue#NIL} if an operand is not a number. */
  public static TraceValue arithmetic(Operator op, TraceValue a, TraceValue b) {
    if (!a.type().isNumeric() || !b.type().isNumeric()) {
      return TraceValue.NIL;
    }
    boolean whole = a.type() != ValueType.FLOAT && b.type() != ValueType.FLOAT;
    boolean duration = a.type() == ValueType.DURATION || b.type() == ValueType.DURATION;
    // the quotient of a duration has a fraction, that of integers has none
    if (whole && op != Operator.POWER && !(duration && op == Operator.DIVIDE)) {
      long x = whole(a);
      long y = whole(b);
      if (y == 0 && (op == Operator.DIVIDE || op == Operator.MODULO)) {
        return new TraceValue.Real(op == Operator.DIVIDE ? a.number() / b.number() : Double.NaN);
      }
      long v =
          switch (op) {
            case ADD -> x + y;
            case SUBTRACT -> x - y;
            case MULTIPLY -> x * y;
            case DIVIDE -> x / y;
            case MODULO -> x % y;
            default -> throw new IllegalArgumentException(op.text());
          };
      return duration ? new TraceValue.Duration(v) : new TraceValue.Int(v);
    }
    double v = real(op, a.number(), b.number());
    if (whole && v == Math.rint(v) && Math.abs(v) < 0x1p53) {
      return duration ? new TraceValue.Duration((long) v) : new TraceValue.Int((long) v);
    }
    return new TraceValue.Real(v);
  }

  /** True for literals and arithmetic of literals. */
  static boolean isConstant(Scalar s) {
    return switch (s) {
      case Scalar.Static _ -> true;
      case Scalar.Arithmetic a -> isConstant(a.left()) && isConstant(a.right());
      default -> false;
    };
  }

  /** Returns the value of a scalar without aggregates; {@link TraceValue#NIL} if it has one. */
  public static TraceValue value(Scalar s) {
    return switch (s) {
      case Scalar.Static c -> c.value();
      case Scalar.Arithmetic a -> arithmetic(a.operator(), value(a.left()), value(a.right()));
      default -> TraceValue.NIL;
    };
  }

  private static long whole(TraceValue v) {
    return v instanceof TraceValue.Duration d ? d.nanos() : ((TraceValue.Int) v).value();
  }

  /** Returns the result of an operator on floating-point numbers. */
  public static double real(Operator op, double a, double b) {
    return switch (op) {
      case ADD -> a + b;
      case SUBTRACT -> a - b;
      case MULTIPLY -> a * b;
      case DIVIDE -> a / b;
      case MODULO -> a % b;
      case POWER -> Math.pow(a, b);
      default -> throw new IllegalArgumentException(op.text());
    };
  }
}
