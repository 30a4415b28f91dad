package dev.tethys.pipeline.operators.expr;

import dev.tethys.codec.CodecException;
import dev.tethys.codec.json.JsonValues;
import dev.tethys.config.GoDurations;
import dev.tethys.model.GoCase;
import dev.tethys.model.GoFloat;
import dev.tethys.model.GoFloatReader;
import dev.tethys.model.telemetry.ArrayValue;
import dev.tethys.model.telemetry.Attributes;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.ZonedDateTime;
import java.util.Base64;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import java.util.function.LongBinaryOperator;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/** The functions of the language, and {@code env} of operators. */
final class ExprFunctions {
  /** Implementation of a function that evaluates its own arguments. */
  @FunctionalInterface
  interface Body {
    @Nullable Object value(Frame f, ExprNode[] arguments);
  }

  /**
   * A function.
   *
   * @param predicate whether its second argument is a predicate of elements
   */
  record Function(int least, int most, boolean predicate, Body body) {
    /** Returns the number of arguments, for messages. */
    String arity() {
      if (least == most) {
        return String.valueOf(least);
      }
      return most == Integer.MAX_VALUE ? least + " or more" : least + " to " + most;
    }
  }

  /** Of values. */
  @FunctionalInterface
  interface Simple {
    @Nullable Object value(@Nullable Object[] arguments);
  }

  private static final Map<String, Function> ALL = new HashMap<>();

  static {
    strings();
    numbers();
    conversions();
    ListFunctions.addTo(ALL);
    maps();
    simple("now", 0, 0, a -> ZonedDateTime.now());
    simple("duration", 1, 1, a -> duration(string(a[0], "duration")));
    simple("timezone", 1, 1, a -> Times.zone(string(a[0], "timezone")).getId());
    simple(
        "date",
        1,
        3,
        a ->
            Times.date(
                string(a[0], "date"),
                a.length > 1 ? string(a[1], "date") : null,
                Times.zone(a.length > 2 ? string(a[2], "date") : "UTC")));
    simple(
        "env",
        1,
        1,
        a -> java.util.Objects.requireNonNullElse(System.getenv(string(a[0], "env")), ""));
    ALL.put("os_env_func", java.util.Objects.requireNonNull(ALL.get("env")));
  }

  private ExprFunctions() {}

  static @Nullable Function of(String name) {
    return ALL.get(name);
  }

  /** Whether it reads the process, which a remote expression must not do. */
  static boolean readsEnvironment(String name) {
    return name.equals("env") || name.equals("os_env_func");
  }

  static Collection<String> names() {
    return ALL.keySet();
  }

  private static void simple(String name, int least, int most, Simple body) {
    ALL.put(
        name,
        new Function(
            least,
            most,
            false,
            (f, arguments) -> {
              @Nullable Object[] values = new @Nullable Object[arguments.length];
              for (int i = 0; i < arguments.length; i++) {
                values[i] = arguments[i].value(f);
              }
              Object v = body.value(values);
              f.make(v instanceof String s ? s.length() : v instanceof ArrayValue a ? a.size() : 0);
              return v;
            }));
  }

  static String string(@Nullable Object v, String what) {
    if (v instanceof String s) {
      return s;
    }
    throw new ExpressionException(
        what + " requires a string, not a value of type " + Operators.type(v));
  }

  private static Duration duration(String s) {
    try {
      return GoDurations.parse(s);
    } catch (IllegalArgumentException e) {
      throw new ExpressionException(String.valueOf(e.getMessage()));
    }
  }

  private static void text(String name, UnaryOperator<String> f) {
    simple(name, 1, 1, a -> f.apply(string(a[0], name)));
  }

  private static void strings() {
    simple(
        "trim",
        1,
        2,
        a -> {
          String s = string(a[0], "trim");
          return a.length == 1 ? s.strip() : trimmed(s, string(a[1], "trim"));
        });
    simple(
        "trimPrefix",
        1,
        2,
        a -> {
          String s = string(a[0], "trimPrefix");
          String p = a.length == 1 ? " " : string(a[1], "trimPrefix");
          return s.startsWith(p) ? s.substring(p.length()) : s;
        });
    simple(
        "trimSuffix",
        1,
        2,
        a -> {
          String s = string(a[0], "trimSuffix");
          String p = a.length == 1 ? " " : string(a[1], "trimSuffix");
          return s.endsWith(p) ? s.substring(0, s.length() - p.length()) : s;
        });
    text("upper", GoCase::upper);
    text("lower", GoCase::lower);
    simple("split", 2, 3, a -> split(a, false));
    simple("splitAfter", 2, 3, a -> split(a, true));
    simple(
        "replace",
        3,
        4,
        a -> {
          String s = string(a[0], "replace");
          String from = string(a[1], "replace");
          String to = string(a[2], "replace");
          return replaced(s, from, to, a.length == 3 ? -1 : Operators.whole(a[3], "replace"));
        });
    simple(
        "repeat",
        2,
        2,
        a -> {
          String s = string(a[0], "repeat");
          long n = Operators.whole(a[1], "repeat");
          if (n < 0 || n * s.length() > Frame.MAX_MADE || n > Frame.MAX_MADE) {
            throw new ExpressionException("repeat creates too long a string");
          }
          return s.repeat((int) n);
        });
    simple("indexOf", 2, 2, a -> (long) string(a[0], "indexOf").indexOf(string(a[1], "indexOf")));
    simple(
        "lastIndexOf",
        2,
        2,
        a -> (long) string(a[0], "lastIndexOf").lastIndexOf(string(a[1], "lastIndexOf")));
    simple("hasPrefix", 2, 2, a -> string(a[0], "hasPrefix").startsWith(string(a[1], "hasPrefix")));
    simple("hasSuffix", 2, 2, a -> string(a[0], "hasSuffix").endsWith(string(a[1], "hasSuffix")));
  }

  private static String trimmed(String s, String chars) {
    int from = 0;
    int to = s.length();
    while (from < to && chars.indexOf(s.charAt(from)) >= 0) {
      from++;
    }
    while (to > from && chars.indexOf(s.charAt(to - 1)) >= 0) {
      to--;
    }
    return s.substring(from, to);
  }

  private static ArrayValue split(@Nullable Object[] a, boolean after) {
    String s = string(a[0], "split");
    String by = string(a[1], "split");
    long most = a.length > 2 ? Operators.whole(a[2], "split") : -1;
    ArrayValue out = new ArrayValue();
    if (most == 0) {
      return out;
    }
    int from = 0;
    while (most < 0 || out.size() < most - 1) {
      int at = by.isEmpty() ? (from + 1 < s.length() ? from + 1 : -1) : s.indexOf(by, from);
      if (at < 0) {
        break;
      }
      out.add(s.substring(from, after ? at + by.length() : at));
      from = at + by.length();
    }
    out.add(s.substring(from));
    return out;
  }

  private static String replaced(String s, String from, String to, long most) {
    if (most < 0) {
      return s.replace(from, to);
    }
    StringBuilder sb = new StringBuilder();
    int at = 0;
    for (long i = 0; i < most; i++) {
      int next = s.indexOf(from, at);
      if (next < 0 || from.isEmpty()) {
        break;
      }
      sb.append(s, at, next).append(to);
      at = next + from.length();
    }
    return sb.append(s, at, s.length()).toString();
  }

  private static void bits(String name, LongBinaryOperator op) {
    simple(
        name, 2, 2, a -> op.applyAsLong(Operators.whole(a[0], name), Operators.whole(a[1], name)));
  }

  private static void numbers() {
    simple(
        "abs",
        1,
        1,
        a -> a[0] instanceof Long l ? Math.abs(l) : Math.abs(Operators.number(a[0], "abs")));
    simple("ceil", 1, 1, a -> Math.ceil(Operators.number(a[0], "ceil")));
    simple("floor", 1, 1, a -> Math.floor(Operators.number(a[0], "floor")));
    simple(
        "round",
        1,
        1,
        a -> {
          double d = Operators.number(a[0], "round");
          return Math.copySign(Math.floor(Math.abs(d) + 0.5), d);
        });
    bits("bitand", (a, b) -> a & b);
    bits("bitor", (a, b) -> a | b);
    bits("bitxor", (a, b) -> a ^ b);
    bits("bitnand", (a, b) -> a & ~b);
    bits("bitshl", (a, b) -> shifted(b) ? a << b : 0);
    bits("bitshr", (a, b) -> shifted(b) ? a >> b : a < 0 ? -1 : 0);
    bits("bitushr", (a, b) -> shifted(b) ? a >>> b : 0);
    simple("bitnot", 1, 1, a -> ~Operators.whole(a[0], "bitnot"));
  }

  private static boolean shifted(long by) {
    if (by < 0) {
      throw new ExpressionException("the shift count must not be negative");
    }
    return by < 64;
  }

  private static void conversions() {
    simple("type", 1, 1, a -> Operators.type(a[0]));
    simple("int", 1, 1, a -> whole(a[0]));
    simple("float", 1, 1, a -> fractional(a[0]));
    simple("string", 1, 1, a -> text(a[0]));
    simple(
        "toJSON",
        1,
        1,
        a -> {
          try {
            return JsonValues.write(
                a[0] instanceof ZonedDateTime || a[0] instanceof Duration
                    ? Times.text(a[0])
                    : a[0]);
          } catch (CodecException e) {
            throw new ExpressionException(String.valueOf(e.getMessage()));
          }
        });
    simple(
        "fromJSON",
        1,
        1,
        a -> {
          try {
            return JsonValues.read(string(a[0], "fromJSON"));
          } catch (CodecException e) {
            throw new ExpressionException(String.valueOf(e.getMessage()));
          }
        });
    simple(
        "toBase64",
        1,
        1,
        a ->
            Base64.getEncoder()
                .encodeToString(string(a[0], "toBase64").getBytes(StandardCharsets.UTF_8)));
    simple(
        "fromBase64",
        1,
        1,
        a -> {
          try {
            return new String(
                Base64.getDecoder().decode(string(a[0], "fromBase64")), StandardCharsets.UTF_8);
          } catch (IllegalArgumentException e) {
            throw new ExpressionException("not Base64: " + e.getMessage());
          }
        });
  }

  private static long whole(@Nullable Object v) {
    try {
      return switch (v) {
        case Long l -> l;
        case Double d -> d.longValue();
        case String s -> Long.parseLong(s);
        case null, default ->
            throw new ExpressionException(
                "cannot convert to int a value of type " + Operators.type(v));
      };
    } catch (NumberFormatException e) {
      throw new ExpressionException("\"" + v + "\" is not an int");
    }
  }

  private static double fractional(@Nullable Object v) {
    try {
      return switch (v) {
        case Number n -> n.doubleValue();
        case String s -> {
          Double d = GoFloatReader.read(s);
          if (d == null) {
            throw new NumberFormatException(s);
          }
          yield d;
        }
        case null, default ->
            throw new ExpressionException(
                "cannot convert to float a value of type " + Operators.type(v));
      };
    } catch (NumberFormatException e) {
      throw new ExpressionException("\"" + v + "\" is not a float");
    }
  }

  private static String text(@Nullable Object v) {
    return switch (v) {
      case null -> "<nil>";
      case String s -> s;
      case byte[] b -> new String(b, StandardCharsets.UTF_8);
      case Double d -> GoFloat.format(d, 'g', -1);
      case ZonedDateTime _, Duration _ -> Times.text(v);
      case ArrayValue _, Attributes _ -> JsonValues.write(v);
      default -> v.toString();
    };
  }

  private static void maps() {
    simple(
        "keys",
        1,
        1,
        a -> {
          ArrayValue out = new ArrayValue();
          map(a[0], "keys").forEach((k, _) -> out.add(k));
          return out;
        });
    simple(
        "values",
        1,
        1,
        a -> {
          ArrayValue out = new ArrayValue();
          map(a[0], "values").forEach((_, v) -> out.add(v));
          return out;
        });
    simple(
        "toPairs",
        1,
        1,
        a -> {
          ArrayValue out = new ArrayValue();
          map(a[0], "toPairs").forEach((k, v) -> out.add(ArrayValue.of(k, v)));
          return out;
        });
    simple(
        "fromPairs",
        1,
        1,
        a -> {
          Attributes out = new Attributes();
          ArrayValue l = ListFunctions.list(a[0], "fromPairs");
          for (int i = 0; i < l.size(); i++) {
            if (!(l.get(i) instanceof ArrayValue p)
                || p.size() != 2
                || !(p.get(0) instanceof String k)) {
              throw new ExpressionException("fromPairs requires pairs of a string and a value");
            }
            out.put(k, p.get(1));
          }
          return out;
        });
    simple(
        "len",
        1,
        1,
        a ->
            switch (a[0]) {
              case String s -> (long) s.codePointCount(0, s.length());
              case ArrayValue l -> (long) l.size();
              case Attributes m -> (long) m.size();
              case byte[] b -> (long) b.length;
              case null, default ->
                  throw new ExpressionException(
                      "a value of type " + Operators.type(a[0]) + " has no length");
            });
    simple(
        "get",
        2,
        2,
        a -> {
          if (a[0] instanceof Attributes m) {
            return a[1] instanceof String k ? m.get(k) : null;
          }
          if (a[0] instanceof ArrayValue l && a[1] instanceof Long i) {
            long at = i < 0 ? l.size() + i : i;
            return at >= 0 && at < l.size() ? l.get((int) at) : null;
          }
          return null;
        });
  }

  private static Attributes map(@Nullable Object v, String what) {
    if (v instanceof Attributes a) {
      return a;
    }
    throw new ExpressionException(
        what + " requires a map, not a value of type " + Operators.type(v));
  }
}
