package dev.tethys.pipeline.operators.expr;

import dev.tethys.model.regex.Regex;
import dev.tethys.model.regex.RegexSyntaxException;
import dev.tethys.model.telemetry.AnyValue;
import dev.tethys.model.telemetry.ArrayValue;
import dev.tethys.model.telemetry.Attributes;
import java.time.Duration;
import java.time.ZonedDateTime;
import java.util.function.BiPredicate;
import org.jspecify.annotations.Nullable;

/** Implementation of operators on values. Unsupported operands are an error, never a guess. */
final class Operators {
  private Operators() {}

  static String type(@Nullable Object v) {
    return switch (v) {
      case null -> "nil";
      case Boolean _ -> "bool";
      case Long _ -> "int";
      case Double _ -> "float";
      case String _ -> "string";
      case byte[] _ -> "[]uint8";
      case ArrayValue _ -> "array";
      case Attributes _ -> "map";
      case ZonedDateTime _ -> "time.Time";
      case Duration _ -> "time.Duration";
      default -> v.getClass().getSimpleName();
    };
  }

  private static ExpressionException cannot(String sign, @Nullable Object a, @Nullable Object b) {
    return new ExpressionException(
        "a value of type " + type(a) + " and one of type " + type(b) + " have no " + sign);
  }

  static boolean isTrue(@Nullable Object v) {
    if (v instanceof Boolean b) {
      return b;
    }
    throw new ExpressionException("a value of type " + type(v) + " is neither true nor false");
  }

  static ExprNode not(ExprNode n) {
    return f -> !isTrue(n.value(f));
  }

  static boolean equal(@Nullable Object a, @Nullable Object b) {
    if (a instanceof Number x && b instanceof Number y) {
      return a instanceof Long && b instanceof Long
          ? x.longValue() == y.longValue()
          : x.doubleValue() == y.doubleValue();
    }
    if (a instanceof ArrayValue x && b instanceof ArrayValue y) {
      if (x.size() != y.size()) {
        return false;
      }
      for (int i = 0; i < x.size(); i++) {
        if (!equal(x.get(i), y.get(i))) {
          return false;
        }
      }
      return true;
    }
    if (a instanceof ZonedDateTime x && b instanceof ZonedDateTime y) {
      return x.isEqual(y);
    }
    return a instanceof byte[] || b instanceof byte[]
        ? AnyValue.equal(a, b)
        : java.util.Objects.equals(a, b);
  }

  static int compare(@Nullable Object a, @Nullable Object b, String sign) {
    if (a instanceof Long x && b instanceof Long y) {
      return Long.compare(x, y);
    }
    if (a instanceof Number x && b instanceof Number y) {
      double p = x.doubleValue();
      double q = y.doubleValue();
      if (Double.isNaN(p) || Double.isNaN(q)) {
        throw new ExpressionException("NaN has no " + sign);
      }
      return Double.compare(p, q) == 0 || p == q ? 0 : p < q ? -1 : 1;
    }
    if (a instanceof String x && b instanceof String y) {
      return x.compareTo(y);
    }
    if (a instanceof ZonedDateTime x && b instanceof ZonedDateTime y) {
      return x.toInstant().compareTo(y.toInstant());
    }
    if (a instanceof Duration x && b instanceof Duration y) {
      return x.compareTo(y);
    }
    throw cannot(sign, a, b);
  }

  static boolean in(@Nullable Object a, @Nullable Object b) {
    switch (b) {
      case null -> {
        return false;
      }
      case ArrayValue l -> {
        for (int i = 0; i < l.size(); i++) {
          if (equal(a, l.get(i))) {
            return true;
          }
        }
        return false;
      }
      case Attributes m -> {
        if (a instanceof String k) {
          return m.contains(k);
        }
        throw cannot("in", a, b);
      }
      default -> throw cannot("in", a, b);
    }
  }

  static boolean texts(
      @Nullable Object a, @Nullable Object b, String sign, BiPredicate<String, String> test) {
    if (a == null || b == null) {
      return false;
    }
    if (a instanceof String x && b instanceof String y) {
      return test.test(x, y);
    }
    throw cannot(sign, a, b);
  }

  static boolean matches(@Nullable Object a, Regex p) {
    return switch (a) {
      case null -> false;
      case String s -> p.find(s);
      case byte[] b -> p.find(b, 0, b.length);
      default -> throw new ExpressionException("a value of type " + type(a) + " cannot be matched");
    };
  }

  static boolean matches(@Nullable Object a, @Nullable Object b) {
    if (a == null || b == null) {
      return false;
    }
    if (!(b instanceof String s)) {
      throw cannot("matches", a, b);
    }
    try {
      return matches(a, Regex.compile(s));
    } catch (RegexSyntaxException e) {
      throw new ExpressionException("not a regular expression: " + e.getMessage());
    }
  }

  static long whole(@Nullable Object v, String what) {
    return switch (v) {
      case Long l -> l;
      case Double d when d == Math.rint(d) && Math.abs(d) < 1e18 -> d.longValue();
      case null, default ->
          throw new ExpressionException(what + " requires an int, not a value of type " + type(v));
    };
  }

  static double number(@Nullable Object v, String what) {
    if (v instanceof Number n) {
      return n.doubleValue();
    }
    throw new ExpressionException(what + " requires a number, not a value of type " + type(v));
  }

  static Object numeric(@Nullable Object v, String what) {
    if (v instanceof Number) {
      return v;
    }
    throw new ExpressionException(what + " requires a number, not a value of type " + type(v));
  }

  static ArrayValue range(Frame f, @Nullable Object from, @Nullable Object to) {
    long a = whole(from, "..");
    long b = whole(to, "..");
    ArrayValue out = new ArrayValue();
    if (b < a) {
      return out;
    }
    f.make(b - a + 1 < 0 ? Long.MAX_VALUE : b - a + 1);
    for (long i = a; i <= b; i++) {
      out.add(i);
    }
    return out;
  }

  static Object plus(Frame f, @Nullable Object a, @Nullable Object b) {
    if (a instanceof Long x && b instanceof Long y) {
      return x + y;
    }
    if (a instanceof Number x && b instanceof Number y) {
      return x.doubleValue() + y.doubleValue();
    }
    if (a instanceof String x && b instanceof String y) {
      f.make((long) x.length() + y.length());
      return x + y;
    }
    if (a instanceof ZonedDateTime t && b instanceof Duration d) {
      return t.plus(d);
    }
    if (a instanceof Duration d && b instanceof ZonedDateTime t) {
      return t.plus(d);
    }
    if (a instanceof Duration x && b instanceof Duration y) {
      return x.plus(y);
    }
    throw cannot("+", a, b);
  }

  static Object minus(@Nullable Object a, @Nullable Object b) {
    if (a instanceof Long x && b instanceof Long y) {
      return x - y;
    }
    if (a instanceof Number x && b instanceof Number y) {
      return x.doubleValue() - y.doubleValue();
    }
    if (a instanceof ZonedDateTime x && b instanceof ZonedDateTime y) {
      return Duration.between(y, x);
    }
    if (a instanceof ZonedDateTime t && b instanceof Duration d) {
      return t.minus(d);
    }
    if (a instanceof Duration x && b instanceof Duration y) {
      return x.minus(y);
    }
    throw cannot("-", a, b);
  }

  static Object negated(@Nullable Object v) {
    return switch (v) {
      case Long l -> -l;
      case Double d -> -d;
      case null, default ->
          throw new ExpressionException("- requires a number, not a value of type " + type(v));
    };
  }

  static Object times(@Nullable Object a, @Nullable Object b) {
    if (a instanceof Long x && b instanceof Long y) {
      return x * y;
    }
    if (a instanceof Number x && b instanceof Number y) {
      return x.doubleValue() * y.doubleValue();
    }
    if (a instanceof Duration d && b instanceof Long n) {
      return d.multipliedBy(n);
    }
    if (a instanceof Long n && b instanceof Duration d) {
      return d.multipliedBy(n);
    }
    throw cannot("*", a, b);
  }

  /** Always with a fraction, also of two ints. */
  static double divided(@Nullable Object a, @Nullable Object b) {
    if (a instanceof Number x && b instanceof Number y) {
      return x.doubleValue() / y.doubleValue();
    }
    throw cannot("/", a, b);
  }

  static long modulo(@Nullable Object a, @Nullable Object b) {
    if (a instanceof Long x && b instanceof Long y) {
      if (y == 0) {
        throw new ExpressionException("integer division by zero");
      }
      return x % y;
    }
    throw cannot("%", a, b);
  }

  /** Returns a value after checking that it can be an element of a list or map. */
  static @Nullable Object element(@Nullable Object v) {
    if (v instanceof ZonedDateTime || v instanceof Duration) {
      throw new ExpressionException(
          "a value of type "
              + type(v)
              + " cannot be an element of a list or a map; convert it to a string");
    }
    return v;
  }

  static @Nullable Object member(@Nullable Object of, String key, boolean optional) {
    if (of instanceof Attributes a) {
      return a.get(key);
    }
    if (of == null && optional) {
      return null;
    }
    throw new ExpressionException("a value of type " + type(of) + " has no " + key);
  }

  static @Nullable Object at(@Nullable Object of, @Nullable Object index, boolean optional) {
    switch (of) {
      case Attributes a -> {
        if (index instanceof String k) {
          return a.get(k);
        }
        throw new ExpressionException("a map key must be a string, not of type " + type(index));
      }
      case ArrayValue a -> {
        long i = whole(index, "the index of a list");
        long from = i < 0 ? a.size() + i : i;
        if (from < 0 || from >= a.size()) {
          throw new ExpressionException("a list of " + a.size() + " has no index " + i);
        }
        return a.get((int) from);
      }
      case String s -> {
        long i = whole(index, "the index of a string");
        long from = i < 0 ? s.length() + i : i;
        if (from < 0 || from >= s.length()) {
          throw new ExpressionException("a string of " + s.length() + " has no index " + i);
        }
        return s.substring((int) from, (int) from + 1);
      }
      case null -> {
        if (optional) {
          return null;
        }
        throw new ExpressionException("nil has no element " + index);
      }
      default -> throw new ExpressionException("a value of type " + type(of) + " has no elements");
    }
  }

  static Object slice(@Nullable Object of, @Nullable Object from, @Nullable Object to) {
    int size =
        switch (of) {
          case String s -> s.length();
          case ArrayValue a -> a.size();
          case null, default ->
              throw new ExpressionException("a value of type " + type(of) + " cannot be sliced");
        };
    int b = bound(from, 0, size);
    int e = Math.max(b, bound(to, size, size));
    if (of instanceof String s) {
      return s.substring(b, e);
    }
    ArrayValue a = (ArrayValue) java.util.Objects.requireNonNull(of);
    ArrayValue out = new ArrayValue();
    for (int i = b; i < e; i++) {
      out.add(a.get(i));
    }
    return out;
  }

  private static int bound(@Nullable Object v, int otherwise, int size) {
    if (v == null) {
      return otherwise;
    }
    long i = whole(v, "the bound of a slice");
    return (int) Math.clamp(i < 0 ? size + i : i, 0, size);
  }
}
