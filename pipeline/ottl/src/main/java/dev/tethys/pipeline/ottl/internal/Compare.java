package dev.tethys.pipeline.ottl.internal;

import dev.tethys.model.telemetry.ArrayValue;
import dev.tethys.model.telemetry.Attributes;
import dev.tethys.pipeline.ottl.syntax.OttlTree.CompareOperator;
import java.time.Duration;
import java.time.ZonedDateTime;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Comparison rules of OTTL: numbers of different types as doubles, strings by their bytes, false
 * before true, maps and lists only for equality. Values of incomparable types are unequal.
 */
public final class Compare {
  private Compare() {}

  public static boolean equal(@Nullable Object a, @Nullable Object b) {
    return test(CompareOperator.EQUAL, a, b);
  }

  public static boolean test(CompareOperator op, @Nullable Object a, @Nullable Object b) {
    if (a instanceof String x && b instanceof String y) {
      return switch (op) {
        case EQUAL -> x.equals(y);
        case NOT_EQUAL -> !x.equals(y);
        default -> holds(op, compareUtf8(x, y));
      };
    }
    if (a instanceof Long x) {
      return b instanceof Long y
          ? longs(op, x, y)
          : b instanceof Double d ? doubles(op, x, d) : op == CompareOperator.NOT_EQUAL;
    }
    if (a instanceof Double x) {
      return b instanceof Double y
          ? doubles(op, x, y)
          : b instanceof Long l ? doubles(op, x, l) : op == CompareOperator.NOT_EQUAL;
    }
    if (a == null && b == null) {
      return op == CompareOperator.EQUAL
          || op == CompareOperator.LESS_OR_EQUAL
          || op == CompareOperator.GREATER_OR_EQUAL;
    }
    if (a instanceof Boolean x && b instanceof Boolean y) {
      return holds(op, Boolean.compare(x, y));
    }
    if (a instanceof byte[] x && b instanceof byte[] y) {
      return holds(op, Arrays.compareUnsigned(x, y));
    }
    if (a instanceof ZonedDateTime x && b instanceof ZonedDateTime y) {
      return holds(op, x.toInstant().compareTo(y.toInstant()));
    }
    if (a instanceof Duration x && b instanceof Duration y) {
      return holds(op, x.compareTo(y));
    }
    boolean same =
        a != null
            && b != null
            && (a instanceof Attributes && b instanceof Attributes
                || a instanceof ArrayValue && b instanceof ArrayValue
                || a.getClass() == b.getClass()
                || a instanceof List && b instanceof List)
            && a.equals(b);
    return op == CompareOperator.EQUAL ? same : op == CompareOperator.NOT_EQUAL && !same;
  }

  public static boolean longs(CompareOperator op, long a, long b) {
    return switch (op) {
      case EQUAL -> a == b;
      case NOT_EQUAL -> a != b;
      case LESS -> a < b;
      case LESS_OR_EQUAL -> a <= b;
      case GREATER -> a > b;
      case GREATER_OR_EQUAL -> a >= b;
    };
  }

  private static boolean doubles(CompareOperator op, double a, double b) {
    return switch (op) {
      case EQUAL -> a == b;
      case NOT_EQUAL -> a != b;
      case LESS -> a < b;
      case LESS_OR_EQUAL -> a <= b;
      case GREATER -> a > b;
      case GREATER_OR_EQUAL -> a >= b;
    };
  }

  private static boolean holds(CompareOperator op, int order) {
    return longs(op, order, 0);
  }

  /**
   * Compares by UTF-8 bytes, i.e. by code points, which differs from Java's order for surrogates.
   */
  public static int compareUtf8(String a, String b) {
    int n = Math.min(a.length(), b.length());
    for (int i = 0; i < n; i++) {
      char x = a.charAt(i);
      char y = b.charAt(i);
      if (x != y) {
        boolean sx = Character.isSurrogate(x);
        boolean sy = Character.isSurrogate(y);
        return sx == sy ? Character.compare(x, y) : sx ? 1 : -1;
      }
    }
    return Integer.compare(a.length(), b.length());
  }
}
