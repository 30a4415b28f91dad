package dev.tethys.pipeline.stages.jmespath;

import java.math.BigDecimal;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Comparison of values. */
final class JmesPathValues {
  private JmesPathValues() {}

  static boolean truth(@Nullable Object v) {
    return switch (v) {
      case null -> false;
      case Boolean b -> b;
      case String s -> !s.isEmpty();
      case List<?> l -> !l.isEmpty();
      case Map<?, ?> m -> !m.isEmpty();
      default -> true;
    };
  }

  static String type(@Nullable Object v) {
    return switch (v) {
      case null -> "null";
      case Boolean b -> "boolean";
      case String s -> "string";
      case List<?> l -> "array";
      case Map<?, ?> m -> "object";
      case Number n -> "number";
      default -> "expression";
    };
  }

  /** The answer of a comparison; null where values cannot be ordered. */
  static @Nullable Boolean compare(
      JmesPathToken.Kind operator, @Nullable Object a, @Nullable Object b) {
    if (operator == JmesPathToken.Kind.EQ || operator == JmesPathToken.Kind.NE) {
      return equal(a, b) == (operator == JmesPathToken.Kind.EQ);
    }
    if (!(a instanceof Number x) || !(b instanceof Number y)) {
      return null;
    }
    int c = order(x, y);
    return switch (operator) {
      case LT -> c < 0;
      case LE -> c <= 0;
      case GT -> c > 0;
      default -> c >= 0;
    };
  }

  static int order(Number a, Number b) {
    if (a instanceof Long x && b instanceof Long y) {
      return Long.compare(x, y);
    }
    return new BigDecimal(a.toString()).compareTo(new BigDecimal(b.toString()));
  }

  static boolean equal(@Nullable Object a, @Nullable Object b) {
    if (a instanceof Number x && b instanceof Number y) {
      return order(x, y) == 0;
    }
    if (a instanceof List<?> x && b instanceof List<?> y) {
      if (x.size() != y.size()) {
        return false;
      }
      Iterator<?> other = y.iterator();
      for (Object i : x) {
        if (!equal(i, other.next())) {
          return false;
        }
      }
      return true;
    }
    if (a instanceof Map<?, ?> x && b instanceof Map<?, ?> y) {
      if (!x.keySet().equals(y.keySet())) {
        return false;
      }
      for (Map.Entry<?, ?> e : x.entrySet()) {
        if (!equal(e.getValue(), y.get(e.getKey()))) {
          return false;
        }
      }
      return true;
    }
    return Objects.equals(a, b);
  }
}
