package dev.tethys.collect.exporter.blackbox.cel;

import dev.tethys.model.telemetry.ArrayValue;
import dev.tethys.model.telemetry.Attributes;
import java.math.BigInteger;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Values and the results of operators. A value is a {@code Long}, {@link Unsigned}, {@code Double},
 * {@code Boolean}, {@code String}, {@link Bytes}, {@code List}, {@code Map}, {@link Duration},
 * {@link Instant}, {@link Type} or {@link #NULL}. Numbers of different types are compared by value,
 * as in cel-go; sums require both sides of one type. Source: cel-spec's langdef.
 */
final class CelValues {
  private CelValues() {}

  private enum Null {
    NULL;

    @Override
    public String toString() {
      return "null";
    }
  }

  static final Object NULL = Null.NULL;

  /** A number of 64 bits without sign. */
  record Unsigned(long bits) {
    @Override
    public String toString() {
      return Long.toUnsignedString(bits);
    }
  }

  /** Bytes that are equal when they are the same. */
  static final class Bytes {
    final byte[] all;

    Bytes(byte[] all) {
      this.all = all;
    }

    @Override
    public boolean equals(Object o) {
      return o instanceof Bytes b && Arrays.equals(all, b.all);
    }

    @Override
    public int hashCode() {
      return Arrays.hashCode(all);
    }
  }

  /** A type as a value. */
  record Type(String name) {}

  static final Set<String> TYPES =
      Set.of(
          "int", "uint", "double", "bool", "string", "bytes", "list", "map", "null_type", "type");

  static Type type(Object v) {
    return new Type(
        switch (v) {
          case Long _ -> "int";
          case Unsigned _ -> "uint";
          case Double _ -> "double";
          case Boolean _ -> "bool";
          case String _ -> "string";
          case Bytes _ -> "bytes";
          case List<?> _ -> "list";
          case Map<?, ?> _ -> "map";
          case Duration _ -> "google.protobuf.Duration";
          case Instant _ -> "google.protobuf.Timestamp";
          case Type _ -> "type";
          default -> "null_type";
        });
  }

  private static CelException no(String operator, Object a, Object b) {
    return new CelException("there is no " + type(a).name + " " + operator + " " + type(b).name);
  }

  private static boolean isNumber(Object v) {
    return v instanceof Long || v instanceof Unsigned || v instanceof Double;
  }

  private static BigInteger exact(Object v) {
    return v instanceof Unsigned u ? new BigInteger(u.toString()) : BigInteger.valueOf((Long) v);
  }

  private static Double real(Object v) {
    return v instanceof Double d ? d : exact(v).doubleValue();
  }

  /** Of numbers of any type; NaN is neither more nor less. */
  private static int compareNumbers(Object a, Object b) {
    if (a instanceof Long x && b instanceof Long y) {
      return Long.compare(x, y);
    }
    if (a instanceof Double x && b instanceof Double y) {
      return x < y ? -1 : x > y ? 1 : 0;
    }
    if (a instanceof Double || b instanceof Double) {
      return compareNumbers(real(a), real(b)); // as in cel-go, although large ones lose precision
    }
    return exact(a).compareTo(exact(b));
  }

  private static boolean isNan(Object v) {
    return v instanceof Double d && d.isNaN();
  }

  static boolean equal(Object a, Object b) {
    if (isNumber(a) && isNumber(b)) {
      return !isNan(a) && !isNan(b) && compareNumbers(a, b) == 0;
    }
    if (a instanceof List<?> x && b instanceof List<?> y) {
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
    if (a instanceof Map<?, ?> x && b instanceof Map<?, ?> y) {
      if (x.size() != y.size()) {
        return false;
      }
      for (Map.Entry<?, ?> e : x.entrySet()) {
        Object other = y.get(e.getKey());
        if (other == null || !equal(e.getValue(), other)) {
          return false;
        }
      }
      return true;
    }
    return a.equals(b);
  }

  /** Normalizes a map key: whole numbers of any type are one key. */
  static Object key(Object v) {
    return switch (v) {
      case Unsigned u when u.bits >= 0 -> u.bits;
      case Double d when d == Math.rint(d) && Math.abs(d) < 0x1p63 -> d.longValue();
      default -> v;
    };
  }

  static Object binary(String operator, Object a, Object b) {
    return switch (operator) {
      case "==" -> equal(a, b);
      case "!=" -> !equal(a, b);
      case "in" -> in(a, b);
      case "+" -> plus(a, b);
      case "-" -> minus(a, b);
      case "*", "/", "%" -> times(operator, a, b);
      default -> {
        if (isNan(a) || isNan(b)) {
          compare(operator, a, b);
          yield false;
        }
        int c = compare(operator, a, b);
        yield switch (operator) {
          case "<" -> c < 0;
          case "<=" -> c <= 0;
          case ">" -> c > 0;
          default -> c >= 0;
        };
      }
    };
  }

  private static boolean in(Object a, Object b) {
    return switch (b) {
      case List<?> l -> l.stream().anyMatch(x -> equal(a, x));
      case Map<?, ?> m -> m.containsKey(key(a));
      default -> throw no("in", a, b);
    };
  }

  private static int compare(String operator, Object a, Object b) {
    if (isNumber(a) && isNumber(b)) {
      return isNan(a) || isNan(b) ? 1 : compareNumbers(a, b);
    }
    return switch (a) {
      case Boolean x when b instanceof Boolean y -> Boolean.compare(x, y);
      case String x when b instanceof String y ->
          Arrays.compare(x.codePoints().toArray(), y.codePoints().toArray());
      case Bytes x when b instanceof Bytes y -> Arrays.compareUnsigned(x.all, y.all);
      case Duration x when b instanceof Duration y -> x.compareTo(y);
      case Instant x when b instanceof Instant y -> x.compareTo(y);
      default -> throw no(operator, a, b);
    };
  }

  private static Object plus(Object a, Object b) {
    try {
      return switch (a) {
        case Long x when b instanceof Long y -> Math.addExact(x, y);
        case Unsigned x when b instanceof Unsigned y -> {
          long sum = x.bits + y.bits;
          if (Long.compareUnsigned(sum, x.bits) < 0) {
            throw new ArithmeticException();
          }
          yield new Unsigned(sum);
        }
        case Double x when b instanceof Double y -> x + y;
        case String x when b instanceof String y -> x + y;
        case Bytes x when b instanceof Bytes y -> {
          byte[] both = Arrays.copyOf(x.all, x.all.length + y.all.length);
          System.arraycopy(y.all, 0, both, x.all.length, y.all.length);
          yield new Bytes(both);
        }
        case List<?> x when b instanceof List<?> y -> {
          List<Object> both = new ArrayList<>(x);
          both.addAll(y);
          yield both;
        }
        case Duration x when b instanceof Duration y -> x.plus(y);
        case Instant x when b instanceof Duration y -> x.plus(y);
        case Duration x when b instanceof Instant y -> y.plus(x);
        default -> throw no("+", a, b);
      };
    } catch (ArithmeticException | DateTimeException e) {
      throw new CelException("a sum is too large");
    }
  }

  private static Object minus(Object a, Object b) {
    try {
      return switch (a) {
        case Long x when b instanceof Long y -> Math.subtractExact(x, y);
        case Unsigned x when b instanceof Unsigned y -> {
          if (Long.compareUnsigned(x.bits, y.bits) < 0) {
            throw new ArithmeticException();
          }
          yield new Unsigned(x.bits - y.bits);
        }
        case Double x when b instanceof Double y -> x - y;
        case Duration x when b instanceof Duration y -> x.minus(y);
        case Instant x when b instanceof Duration y -> x.minus(y);
        case Instant x when b instanceof Instant y -> Duration.between(y, x);
        default -> throw no("-", a, b);
      };
    } catch (ArithmeticException | DateTimeException e) {
      throw new CelException("a difference is too large");
    }
  }

  private static Object times(String operator, Object a, Object b) {
    try {
      if (a instanceof Long x && b instanceof Long y) {
        return switch (operator) {
          case "*" -> Math.multiplyExact(x, y);
          case "/" -> Math.divideExact(x, y);
          default -> x % y;
        };
      }
      if (a instanceof Unsigned x && b instanceof Unsigned y) {
        return new Unsigned(
            switch (operator) {
              case "*" -> {
                if (Math.unsignedMultiplyHigh(x.bits, y.bits) != 0) {
                  throw new ArithmeticException();
                }
                yield x.bits * y.bits;
              }
              case "/" -> Long.divideUnsigned(x.bits, y.bits);
              default -> Long.remainderUnsigned(x.bits, y.bits);
            });
      }
    } catch (ArithmeticException e) {
      throw new CelException("a product is too large, or it is divided by zero");
    }
    if (a instanceof Double x && b instanceof Double y && !operator.equals("%")) {
      return operator.equals("*") ? x * y : x / y;
    }
    throw no(operator, a, b);
  }

  static Object negated(Object v) {
    try {
      return switch (v) {
        case Long l -> Math.negateExact(l);
        case Double d -> -d;
        default -> throw new CelException("there is no - " + type(v).name);
      };
    } catch (ArithmeticException e) {
      throw new CelException("a number is too large to be negated");
    }
  }

  static Object element(Object of, Object index) {
    switch (of) {
      case Map<?, ?> m -> {
        Object v = m.get(key(index));
        if (v == null) {
          throw new CelException("no such key: " + index);
        }
        return v;
      }
      case List<?> l -> {
        if (!(key(index) instanceof Long i) || i < 0 || i >= l.size()) {
          throw new CelException("index out of bounds: " + index);
        }
        return l.get(i.intValue());
      }
      default -> throw new CelException(type(of).name + " has no elements");
    }
  }

  /** Adds an entry of a map in an expression. */
  static void put(Map<Object, Object> to, Object key, Object value) {
    if (!(key instanceof String
        || key instanceof Long
        || key instanceof Unsigned
        || key instanceof Boolean)) {
      throw new CelException(type(key).name + " is not a valid key type");
    }
    if (to.put(key(key), value) != null) {
      throw new CelException("a map with the key " + key + " twice");
    }
  }

  /** JSON's value, whose numbers are all doubles, as Go reads them. */
  static Object ofJson(@Nullable Object v) {
    return switch (v) {
      case null -> NULL;
      case Number n -> n.doubleValue();
      case Attributes a -> {
        Map<Object, Object> out = new HashMap<>();
        a.forEach((k, x) -> out.put(k, ofJson(x)));
        yield out;
      }
      case ArrayValue a -> {
        List<Object> out = new ArrayList<>();
        for (int i = 0; i < a.size(); i++) {
          out.add(ofJson(a.get(i)));
        }
        yield out;
      }
      default -> v;
    };
  }
}
