package dev.tethys.pipeline.stages.jmespath;

import dev.tethys.codec.json.tree.JsonReader;
import dev.tethys.codec.json.tree.JsonWriter;
import dev.tethys.codec.json.tree.MalformedJsonException;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.math.MathContext;
import java.math.RoundingMode;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** The functions of the language. */
final class JmesPathFunctions {
  private interface Code {
    @Nullable Object call(Arguments a) throws JmesPathException;
  }

  /**
   * A function.
   *
   * @param most -1 for any number
   */
  private record Function(int least, int most, Code code) {}

  private static final Map<String, Function> ALL =
      Map.ofEntries(
          Map.entry("abs", one(a -> number(a.decimal(0).abs()))),
          Map.entry("avg", one(JmesPathFunctions::average)),
          Map.entry("ceil", one(a -> number(a.decimal(0).setScale(0, RoundingMode.CEILING)))),
          Map.entry("contains", two(JmesPathFunctions::contains)),
          Map.entry("ends_with", two(a -> a.string(0).endsWith(a.string(1)))),
          Map.entry("floor", one(a -> number(a.decimal(0).setScale(0, RoundingMode.FLOOR)))),
          Map.entry("join", two(a -> String.join(a.string(0), a.strings(1)))),
          Map.entry("keys", one(a -> new ArrayList<>(a.object(0).keySet()))),
          Map.entry("length", one(JmesPathFunctions::length)),
          Map.entry("map", two(JmesPathFunctions::map)),
          Map.entry("max", one(a -> extreme(a.list(0), 1))),
          Map.entry("max_by", two(a -> extremeBy(a, 1))),
          Map.entry("merge", new Function(0, -1, JmesPathFunctions::merge)),
          Map.entry("min", one(a -> extreme(a.list(0), -1))),
          Map.entry("min_by", two(a -> extremeBy(a, -1))),
          Map.entry("not_null", new Function(1, -1, JmesPathFunctions::notNull)),
          Map.entry("reverse", one(JmesPathFunctions::reverse)),
          Map.entry("sort", one(a -> sorted(a.list(0), a.list(0)))),
          Map.entry("sort_by", two(a -> sorted(a.list(0), keys(a)))),
          Map.entry("starts_with", two(a -> a.string(0).startsWith(a.string(1)))),
          Map.entry("sum", one(a -> number(sum(a)))),
          Map.entry("to_array", one(JmesPathFunctions::toArray)),
          Map.entry("to_number", one(JmesPathFunctions::toNumber)),
          Map.entry(
              "to_string",
              one(a -> a.get(0) instanceof String s ? s : JsonWriter.write(a.value(0)))),
          Map.entry("type", one(a -> JmesPathValues.type(a.value(0)))),
          Map.entry("values", one(a -> new ArrayList<>(a.object(0).values()))));

  private JmesPathFunctions() {}

  private static Function one(Code code) {
    return new Function(1, 1, code);
  }

  private static Function two(Code code) {
    return new Function(2, 2, code);
  }

  /** Checks that the function exists and takes this number of arguments. */
  static void check(String name, int arguments) throws JmesPathException {
    Function f = ALL.get(name);
    if (f == null) {
      throw new JmesPathException("unknown function " + name);
    }
    if (arguments < f.least || f.most >= 0 && arguments > f.most) {
      throw new JmesPathException(
          name
              + " takes "
              + (f.most < 0 ? "at least " : "")
              + f.least
              + (f.least == 1 ? " argument" : " arguments")
              + ", not "
              + arguments);
    }
  }

  static @Nullable Object call(String name, List<@Nullable Object> arguments)
      throws JmesPathException {
    Function f = ALL.get(name);
    if (f == null) {
      throw new JmesPathException("unknown function " + name);
    }
    return f.code.call(new Arguments(name, arguments));
  }

  /** Arguments of a call, checked against the types of the function. */
  private record Arguments(String function, List<@Nullable Object> all) {
    @Nullable Object get(int i) {
      return all.get(i);
    }

    JmesPathException refused(@Nullable Object v, String wanted) {
      return new JmesPathException(
          function + " requires " + wanted + ", not " + JmesPathValues.type(v));
    }

    /** Any value, but no expression. */
    @Nullable Object value(int i) throws JmesPathException {
      if (get(i) instanceof JmesPathTree) {
        throw refused(get(i), "a value");
      }
      return get(i);
    }

    String string(int i) throws JmesPathException {
      if (get(i) instanceof String s) {
        return s;
      }
      throw refused(get(i), "a string");
    }

    BigDecimal decimal(int i) throws JmesPathException {
      return decimal(get(i));
    }

    BigDecimal decimal(@Nullable Object v) throws JmesPathException {
      if (v instanceof Number n) {
        return new BigDecimal(n.toString());
      }
      throw refused(v, "a number");
    }

    List<?> list(int i) throws JmesPathException {
      if (get(i) instanceof List<?> l) {
        return l;
      }
      throw refused(get(i), "an array");
    }

    List<String> strings(int i) throws JmesPathException {
      List<String> out = new ArrayList<>();
      for (Object o : list(i)) {
        if (!(o instanceof String s)) {
          throw refused(o, "an array of strings");
        }
        out.add(s);
      }
      return out;
    }

    Map<?, ?> object(int i) throws JmesPathException {
      if (get(i) instanceof Map<?, ?> m) {
        return m;
      }
      throw refused(get(i), "an object");
    }

    JmesPathTree expression(int i) throws JmesPathException {
      if (get(i) instanceof JmesPathTree.Reference r) {
        return r.of();
      }
      throw refused(get(i), "an expression");
    }
  }

  private static Number number(BigDecimal d) {
    try {
      BigInteger whole = d.toBigIntegerExact();
      return whole.bitLength() < 64 ? (Number) whole.longValue() : whole;
    } catch (ArithmeticException e) {
      return d.doubleValue();
    }
  }

  private static BigDecimal sum(Arguments a) throws JmesPathException {
    BigDecimal sum = BigDecimal.ZERO;
    for (Object o : a.list(0)) {
      sum = sum.add(a.decimal(o));
    }
    return sum;
  }

  private static @Nullable Object average(Arguments a) throws JmesPathException {
    int n = a.list(0).size();
    BigDecimal sum = sum(a);
    return n == 0 ? null : (Object) number(sum.divide(BigDecimal.valueOf(n), MATH));
  }

  private static final MathContext MATH = MathContext.DECIMAL64;

  private static Object contains(Arguments a) throws JmesPathException {
    if (a.get(0) instanceof String s) {
      return a.get(1) instanceof String t && s.contains(t);
    }
    if (!(a.get(0) instanceof List<?> l)) {
      throw a.refused(a.get(0), "an array or a string");
    }
    for (Object o : l) {
      if (JmesPathValues.equal(o, a.get(1))) {
        return true;
      }
    }
    return false;
  }

  private static Object length(Arguments a) throws JmesPathException {
    return switch (a.get(0)) {
      case String s -> (long) s.codePointCount(0, s.length());
      case List<?> l -> (long) l.size();
      case Map<?, ?> m -> (long) m.size();
      case null, default -> throw a.refused(a.get(0), "a string, an array or an object");
    };
  }

  private static Object map(Arguments a) throws JmesPathException {
    List<@Nullable Object> out = new ArrayList<>();
    JmesPathTree t = a.expression(0);
    for (Object o : a.list(1)) {
      out.add(JmesPath.evaluate(t, o));
    }
    return out;
  }

  private static Object merge(Arguments a) throws JmesPathException {
    Map<Object, @Nullable Object> out = new LinkedHashMap<>();
    for (int i = 0; i < a.all.size(); i++) {
      out.putAll(a.object(i));
    }
    return out;
  }

  private static @Nullable Object notNull(Arguments a) {
    for (Object o : a.all) {
      if (o != null) {
        return o;
      }
    }
    return null;
  }

  private static Object reverse(Arguments a) throws JmesPathException {
    if (a.get(0) instanceof String s) {
      return new StringBuilder(s).reverse().toString();
    }
    List<@Nullable Object> out = new ArrayList<>(a.list(0));
    Collections.reverse(out);
    return out;
  }

  private static @Nullable Object toArray(Arguments a) throws JmesPathException {
    Object v = a.value(0);
    return v instanceof List<?> ? v : Collections.singletonList(v);
  }

  private static @Nullable Object toNumber(Arguments a) {
    if (a.get(0) instanceof Number n) {
      return n;
    }
    try {
      return a.get(0) instanceof String s && JsonReader.read(s) instanceof Number n ? n : null;
    } catch (MalformedJsonException e) {
      return null;
    }
  }

  private static List<@Nullable Object> keys(Arguments a) throws JmesPathException {
    List<@Nullable Object> keys = new ArrayList<>();
    JmesPathTree t = a.expression(1);
    for (Object o : a.list(0)) {
      keys.add(JmesPath.evaluate(t, o));
    }
    return keys;
  }

  /** Compares two keys, which must both be numbers or both be strings. */
  private static int order(@Nullable Object a, @Nullable Object b) throws JmesPathException {
    if (a instanceof Number x && b instanceof Number y) {
      return JmesPathValues.order(x, y);
    }
    if (a instanceof String x && b instanceof String y) {
      return x.compareTo(y);
    }
    throw new JmesPathException(
        "numbers or strings can be ordered, not "
            + JmesPathValues.type(a)
            + " and "
            + JmesPathValues.type(b));
  }

  private static @Nullable Object extreme(List<?> items, int sign) throws JmesPathException {
    int best = best(items, sign);
    return best < 0 ? null : items.get(best);
  }

  private static @Nullable Object extremeBy(Arguments a, int sign) throws JmesPathException {
    int best = best(keys(a), sign);
    return best < 0 ? null : a.list(0).get(best);
  }

  private static int best(List<?> keys, int sign) throws JmesPathException {
    int best = -1;
    for (int i = 0; i < keys.size(); i++) {
      Object key = keys.get(i);
      int c = best < 0 ? order(key, key) : order(key, keys.get(best));
      if (best < 0 || c * sign > 0) {
        best = i;
      }
    }
    return best;
  }

  /** Sorts items stably by their keys. */
  private static Object sorted(List<?> items, List<?> keys) throws JmesPathException {
    for (Object k : keys) {
      order(k, keys.getFirst());
    }
    List<Integer> positions = new ArrayList<>();
    for (int i = 0; i < items.size(); i++) {
      positions.add(i);
    }
    positions.sort(
        (x, y) -> {
          Object a = keys.get(x);
          Object b = keys.get(y);
          return a instanceof Number m && b instanceof Number n
              ? JmesPathValues.order(m, n)
              : String.valueOf(a).compareTo(String.valueOf(b));
        });
    return positions.stream().map(items::get).collect(Collectors.toCollection(ArrayList::new));
  }
}
