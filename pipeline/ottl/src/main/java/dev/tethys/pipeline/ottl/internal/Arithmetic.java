package dev.tethys.pipeline.ottl.internal;

import dev.tethys.pipeline.ottl.EvaluationException;
import dev.tethys.pipeline.ottl.Type;
import dev.tethys.pipeline.ottl.syntax.OttlTree.MathOperator;
import java.time.Duration;
import java.time.ZonedDateTime;
import org.jspecify.annotations.Nullable;

/** OTTL's calculations: integers wrap and divide as in Go; an int and a double are two doubles. */
public final class Arithmetic {
  private Arithmetic() {}

  public static Object apply(MathOperator op, @Nullable Object a, @Nullable Object b) {
    if (a instanceof Long x && b instanceof Long y) {
      return longs(op, x, y);
    }
    if (a instanceof Number m && b instanceof Number n) {
      double x = m.doubleValue(); // of an int and a double, as of two doubles
      double y = n.doubleValue();
      if (op == MathOperator.DIVIDE && y == 0) {
        throw new EvaluationException("division by zero");
      }
      return switch (op) {
        case ADD -> x + y;
        case SUBTRACT -> x - y;
        case MULTIPLY -> x * y;
        case DIVIDE -> x / y;
      };
    }
    try {
      if (a instanceof ZonedDateTime x) {
        if (b instanceof Duration d && op == MathOperator.ADD) {
          return x.plus(d);
        }
        if (b instanceof Duration d && op == MathOperator.SUBTRACT) {
          return x.minus(d);
        }
        if (b instanceof ZonedDateTime y && op == MathOperator.SUBTRACT) {
          return Duration.between(y, x);
        }
      }
      if (a instanceof Duration x) {
        if (b instanceof ZonedDateTime y && op == MathOperator.ADD) {
          return y.plus(x);
        }
        if (b instanceof Duration y && op == MathOperator.ADD) {
          return x.plus(y);
        }
        if (b instanceof Duration y && op == MathOperator.SUBTRACT) {
          return x.minus(y);
        }
      }
    } catch (ArithmeticException | java.time.DateTimeException e) {
      throw new EvaluationException("the result is out of range");
    }
    throw new EvaluationException(refusal(op, Type.of(a), Type.of(b)));
  }

  private static long longs(MathOperator op, long x, long y) {
    if (op == MathOperator.DIVIDE && y == 0) {
      throw new EvaluationException("division by zero");
    }
    return switch (op) {
      case ADD -> x + y;
      case SUBTRACT -> x - y;
      case MULTIPLY -> x * y;
      case DIVIDE -> x / y;
    };
  }

  /** Type of the result; {@link Type#NIL} if there is none. */
  public static Type result(MathOperator op, Type a, Type b) {
    if (a == Type.ANY || b == Type.ANY) {
      Type known = a == Type.ANY ? b : a;
      return switch (known) {
        case INT -> Type.ANY; // the other operand may be a double
        case DOUBLE -> known;
        case TIME, DURATION ->
            op == MathOperator.ADD || op == MathOperator.SUBTRACT ? Type.ANY : Type.NIL;
        case ANY -> Type.ANY;
        default -> Type.NIL;
      };
    }
    if (isNumber(a) && isNumber(b)) {
      return a == Type.INT && b == Type.INT ? Type.INT : Type.DOUBLE;
    }
    if (op == MathOperator.ADD) {
      if (a == Type.DURATION && b == Type.DURATION) {
        return Type.DURATION;
      }
      if (a == Type.TIME && b == Type.DURATION || a == Type.DURATION && b == Type.TIME) {
        return Type.TIME;
      }
    }
    if (op == MathOperator.SUBTRACT) {
      if (a == b && (a == Type.TIME || a == Type.DURATION)) {
        return Type.DURATION;
      }
      if (a == Type.TIME && b == Type.DURATION) {
        return Type.TIME;
      }
    }
    return Type.NIL;
  }

  private static boolean isNumber(Type t) {
    return t == Type.INT || t == Type.DOUBLE;
  }

  /** Why not. */
  public static String refusal(MathOperator op, Type a, Type b) {
    return "there is no " + a.text() + " " + op.text() + " " + b.text();
  }
}
