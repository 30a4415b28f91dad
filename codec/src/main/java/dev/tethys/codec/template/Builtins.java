package dev.tethys.codec.template;

import static dev.tethys.codec.template.TemplateFunction.Parameter.ANY;
import static dev.tethys.codec.template.TemplateFunction.Parameter.STRING;

import dev.tethys.codec.template.TemplateFunction.Failure;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Functions available in every template. {@code and} and {@code or} are part of the language. */
final class Builtins {
  static final Map<String, TemplateFunction> ALL =
      Map.ofEntries(
          Map.entry("and", TemplateFunction.variadic(a -> a[0], ANY, ANY)),
          Map.entry("or", TemplateFunction.variadic(a -> a[0], ANY, ANY)),
          Map.entry("call", TemplateFunction.variadic(Builtins::call, ANY, ANY)),
          Map.entry("html", TemplateFunction.variadic(a -> html(joined(a)), ANY)),
          Map.entry("js", TemplateFunction.variadic(a -> js(joined(a)), ANY)),
          Map.entry("urlquery", TemplateFunction.variadic(a -> queryEscape(joined(a)), ANY)),
          Map.entry("index", TemplateFunction.variadic(Builtins::index, ANY, ANY)),
          Map.entry("slice", TemplateFunction.variadic(Builtins::slice, ANY, ANY)),
          Map.entry("len", TemplateFunction.of(a -> length(a[0]), ANY)),
          Map.entry("not", TemplateFunction.of(a -> !truth(a[0]), ANY)),
          Map.entry("print", TemplateFunction.variadic(GoFormat::sprint, ANY)),
          Map.entry("println", TemplateFunction.variadic(GoFormat::sprintln, ANY)),
          Map.entry("printf", TemplateFunction.variadic(Builtins::printf, STRING, ANY)),
          Map.entry("eq", TemplateFunction.variadic(Builtins::equal, ANY, ANY)),
          Map.entry("ne", TemplateFunction.of(a -> !same(a[0], a[1]), ANY, ANY)),
          Map.entry("lt", TemplateFunction.of(a -> less(a[0], a[1]), ANY, ANY)),
          Map.entry("le", TemplateFunction.of(a -> less(a[0], a[1]) || same(a[0], a[1]), ANY, ANY)),
          Map.entry(
              "gt", TemplateFunction.of(a -> !(less(a[0], a[1]) || same(a[0], a[1])), ANY, ANY)),
          Map.entry("ge", TemplateFunction.of(a -> !less(a[0], a[1]), ANY, ANY)));

  private Builtins() {}

  /** Whether a value counts as true: not nil, zero or empty. */
  static boolean truth(@Nullable Object v) {
    return switch (v) {
      case null -> false;
      case Boolean b -> b;
      case Long n -> n != 0;
      case Double d -> d != 0;
      case String s -> !s.isEmpty();
      case GoMap m -> !m.entries().isEmpty();
      case GoList l -> !l.items().isEmpty();
      case GoStruct s -> s.truth();
      default -> true;
    };
  }

  private static String joined(@Nullable Object[] args) {
    return GoFormat.joined(Arrays.asList(args));
  }

  private static Object printf(@Nullable Object[] args) {
    return GoFormat.sprintf(String.valueOf(args[0]), Arrays.copyOfRange(args, 1, args.length));
  }

  private static Object call(@Nullable Object[] args) {
    throw new Failure(
        args[0] == null ? "call of nil" : "non-function of type " + GoFormat.typeName(args[0]));
  }

  private static Object length(@Nullable Object v) {
    return switch (v) {
      case null -> throw new Failure("len of nil pointer");
      case String s -> (long) s.getBytes(StandardCharsets.UTF_8).length;
      case GoMap m -> (long) m.entries().size();
      case GoList l -> (long) l.items().size();
      default -> throw new Failure("len of type " + GoFormat.typeName(v));
    };
  }

  private static @Nullable Object index(@Nullable Object[] args) {
    if (args[0] == null) {
      throw new Failure("index of untyped nil");
    }
    Object item = args[0];
    for (int i = 1; i < args.length; i++) {
      Object at = args[i];
      switch (item) {
        case null -> throw new Failure("index of nil pointer");
        case GoMap m -> {
          if (at == null) {
            throw new Failure("value is nil; should be of type string");
          }
          if (!(at instanceof String key)) {
            throw new Failure("value has type " + GoFormat.typeName(at) + "; should be string");
          }
          item = m.entries().containsKey(key) ? m.entries().get(key) : m.zero();
        }
        case GoList l -> {
          int p = position(at, l.items().size());
          if (p == l.items().size()) {
            throw new Failure("reflect: slice index out of range");
          }
          item = l.items().get(p);
        }
        case String s -> {
          byte[] b = s.getBytes(StandardCharsets.UTF_8);
          int p = position(at, b.length);
          if (p == b.length) {
            throw new Failure("reflect: string index out of range");
          }
          item = (long) (b[p] & 0xff);
        }
        default -> throw new Failure("can't index item of type " + GoFormat.typeName(item));
      }
    }
    return item;
  }

  private static int position(@Nullable Object at, int cap) {
    if (at == null) {
      throw new Failure("cannot index slice/array with nil");
    }
    if (!(GoInteger.plain(at) instanceof Long n)) {
      throw new Failure("cannot index slice/array with type " + GoFormat.typeName(at));
    }
    if (n < 0 || n > cap) {
      throw new Failure("index out of range: " + n);
    }
    return (int) (long) n;
  }

  private static Object slice(@Nullable Object[] args) {
    Object item = args[0];
    if (item == null) {
      throw new Failure("slice of untyped nil");
    }
    if (args.length > 4) {
      throw new Failure("too many slice indexes: " + (args.length - 1));
    }
    byte[] bytes = {};
    int size;
    switch (item) {
      case String s -> {
        if (args.length == 4) {
          throw new Failure("cannot 3-index slice a string");
        }
        bytes = s.getBytes(StandardCharsets.UTF_8);
        size = bytes.length;
      }
      case GoList l -> size = l.items().size();
      default -> throw new Failure("can't slice item of type " + GoFormat.typeName(item));
    }
    int[] at = {0, size, size};
    for (int i = 1; i < args.length; i++) {
      at[i - 1] = position(args[i], size);
    }
    if (at[0] > at[1]) {
      throw new Failure("invalid slice index: " + at[0] + " > " + at[1]);
    }
    if (args.length == 4 && at[1] > at[2]) {
      throw new Failure("invalid slice index: " + at[1] + " > " + at[2]);
    }
    return item instanceof GoList l
        ? l.with(l.items().subList(at[0], at[1]))
        : new String(bytes, at[0], at[1] - at[0], StandardCharsets.UTF_8);
  }

  private static Object equal(@Nullable Object[] args) {
    if (args.length == 1) {
      throw new Failure("missing argument for comparison");
    }
    for (int i = 1; i < args.length; i++) {
      if (same(args[0], args[i])) {
        return true;
      }
    }
    return false;
  }

  private static boolean same(@Nullable Object left, @Nullable Object right) {
    Object a = GoInteger.plain(left);
    Object b = GoInteger.plain(right);
    checkComparable(a);
    checkComparable(b);
    if (a == null || b == null) {
      return a == b;
    }
    if (a instanceof Double x && b instanceof Double y) {
      return x.doubleValue() == y.doubleValue();
    }
    if (a.getClass() != b.getClass() && (isBasic(a) || isBasic(b))) {
      throw new Failure("incompatible types for comparison");
    }
    return Objects.equals(a, b);
  }

  private static void checkComparable(@Nullable Object v) {
    if (v instanceof GoMap || v instanceof GoList) {
      throw new Failure("non-comparable type " + GoFormat.print(v) + ": " + GoFormat.typeName(v));
    }
  }

  private static boolean isBasic(Object v) {
    return v instanceof Boolean || v instanceof Long || v instanceof Double || v instanceof String;
  }

  private static boolean less(@Nullable Object left, @Nullable Object right) {
    Object a = GoInteger.plain(left);
    Object b = GoInteger.plain(right);
    if (a == null || b == null || !isBasic(a) || !isBasic(b)) {
      throw new Failure("invalid type for comparison");
    }
    if (a.getClass() != b.getClass()) {
      throw new Failure("incompatible types for comparison");
    }
    return switch (a) {
      case Long n -> n < (Long) b;
      case Double d -> d < (Double) b;
      case String s ->
          Arrays.compareUnsigned(
                  s.getBytes(StandardCharsets.UTF_8), ((String) b).getBytes(StandardCharsets.UTF_8))
              < 0;
      default -> throw new Failure("invalid type for comparison");
    };
  }

  /** Escapes like Go's template.HTMLEscapeString. */
  static String html(String s) {
    StringBuilder sb = new StringBuilder(s.length() + 16);
    for (int i = 0; i < s.length(); i++) {
      char c = s.charAt(i);
      switch (c) {
        case 0 -> sb.append('\ufffd');
        case '"' -> sb.append("&#34;");
        case '\'' -> sb.append("&#39;");
        case '&' -> sb.append("&amp;");
        case '<' -> sb.append("&lt;");
        case '>' -> sb.append("&gt;");
        default -> sb.append(c);
      }
    }
    return sb.toString();
  }

  /** Escapes like Go's template.JSEscapeString. */
  static String js(String s) {
    StringBuilder sb = new StringBuilder(s.length() + 16);
    for (int i = 0; i < s.length(); i++) {
      char c = s.charAt(i);
      switch (c) {
        case '\\' -> sb.append("\\\\");
        case '\'' -> sb.append("\\'");
        case '"' -> sb.append("\\\"");
        case '<', '>', '&', '=' -> sb.append(String.format(Locale.ROOT, "\\u%04X", (int) c));
        default -> {
          if (c < ' ' || c == 0x7f || c == 0x2028 || c == 0x2029) {
            sb.append(String.format(Locale.ROOT, "\\u%04X", (int) c));
          } else {
            sb.append(c);
          }
        }
      }
    }
    return sb.toString();
  }

  /** Escapes like Go's url.QueryEscape. */
  static String queryEscape(String s) {
    return URLEncoder.encode(s, StandardCharsets.UTF_8).replace("*", "%2A").replace("%7E", "~");
  }
}
