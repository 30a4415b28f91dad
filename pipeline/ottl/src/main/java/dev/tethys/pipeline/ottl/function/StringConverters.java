package dev.tethys.pipeline.ottl.function;

import dev.tethys.model.GoCase;
import dev.tethys.model.telemetry.ArrayValue;
import dev.tethys.model.telemetry.Attributes;
import dev.tethys.pipeline.ottl.Arguments;
import dev.tethys.pipeline.ottl.EvaluationException;
import dev.tethys.pipeline.ottl.OttlExpr;
import dev.tethys.pipeline.ottl.OttlFunction;
import dev.tethys.pipeline.ottl.ParameterKind;
import dev.tethys.pipeline.ottl.Type;
import dev.tethys.pipeline.ottl.internal.Compare;
import dev.tethys.pipeline.ottl.internal.Text;
import dev.tethys.pipeline.ottl.internal.ValueSize;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** String converters. */
final class StringConverters {
  private StringConverters() {}

  static List<OttlFunction> all() {
    return List.of(
        OttlFunction.converter("Concat", Type.STRING)
            .takesListOf("values", ParameterKind.ANY)
            .or("vals")
            .takes("delimiter", ParameterKind.STRING)
            .made(StringConverters::concat),
        OttlFunction.converter("ConvertCase", Type.STRING)
            .takes("target", ParameterKind.STRING)
            .takes("to_case", ParameterKind.LITERAL_STRING)
            .made(StringConverters::convertCase),
        text("ToLowerCase", GoCase::lower),
        text("ToUpperCase", GoCase::upper),
        text("ToSnakeCase", Cases::snake),
        text("ToCamelCase", Cases::camel),
        OttlFunction.converter("Format", Type.STRING)
            .takes("format_string", ParameterKind.STRING)
            .or("format")
            .takesList("format_arguments", ParameterKind.ANY)
            .or("vals")
            .made(
                a -> {
                  OttlExpr format = a.expr(0);
                  List<OttlExpr> values = a.list(1);
                  return at -> {
                    List<@Nullable Object> v = new ArrayList<>(values.size());
                    for (OttlExpr e : values) {
                      v.add(e.get(at));
                    }
                    return GoFormat.format(string(format.get(at)), v);
                  };
                }),
        OttlFunction.converter("HasPrefix", Type.BOOL)
            .takes("value", ParameterKind.STRING)
            .takes("prefix", ParameterKind.STRING)
            .made(a -> two(a, (s, p) -> s.startsWith(p))),
        OttlFunction.converter("HasSuffix", Type.BOOL)
            .takes("value", ParameterKind.STRING)
            .takes("suffix", ParameterKind.STRING)
            .made(a -> two(a, (s, p) -> s.endsWith(p))),
        OttlFunction.converter("TrimPrefix", Type.STRING)
            .takes("value", ParameterKind.STRING)
            .takes("prefix", ParameterKind.STRING)
            .made(a -> two(a, (s, p) -> s.startsWith(p) ? s.substring(p.length()) : s)),
        OttlFunction.converter("TrimSuffix", Type.STRING)
            .takes("value", ParameterKind.STRING)
            .takes("suffix", ParameterKind.STRING)
            .made(
                a -> two(a, (s, p) -> s.endsWith(p) ? s.substring(0, s.length() - p.length()) : s)),
        OttlFunction.converter("Trim", Type.STRING)
            .takes("target", ParameterKind.STRING)
            .mayTake("replacement", ParameterKind.STRING)
            .made(
                a -> {
                  OttlExpr target = a.expr(0);
                  OttlExpr set = a.expr(1, " ");
                  return at -> trim(string(target.get(at)), string(set.get(at)));
                }),
        OttlFunction.converter("Split", Type.LIST)
            .takes("target", ParameterKind.STRING)
            .takes("delimiter", ParameterKind.STRING)
            .made(a -> two(a, StringConverters::split)),
        OttlFunction.converter("Substring", Type.STRING)
            .takes("target", ParameterKind.STRING)
            .takes("start", ParameterKind.INT)
            .takes("length", ParameterKind.INT)
            .mayTake("utf8_safe", ParameterKind.BOOL)
            .made(StringConverters::substring),
        OttlFunction.converter("IsMatch", Type.BOOL)
            .takes("target", ParameterKind.STRING_LIKE)
            .takes("pattern", ParameterKind.STRING)
            .made(
                a -> {
                  OttlExpr target = a.expr(0);
                  Regex.Source pattern = Regex.argument(a, 1);
                  return at -> target.get(at) instanceof String s && pattern.at(at).find(s);
                }),
        OttlFunction.converter("IsValidLuhn", Type.BOOL)
            .takes("value", ParameterKind.STRING_LIKE)
            .made(a -> TypeConverters.one(a, StringConverters::isLuhn)),
        OttlFunction.converter("ToKeyValueString", Type.STRING)
            .takes("target", ParameterKind.MAP)
            .mayTake("delimiter", ParameterKind.LITERAL_STRING)
            .mayTake("pair_delimiter", ParameterKind.LITERAL_STRING)
            .mayTake("sort_output", ParameterKind.LITERAL_BOOL)
            .made(StringConverters::toKeyValues));
  }

  static String string(@Nullable Object value) {
    return (String) MapEditors.require(value);
  }

  private interface OfText {
    String of(String s);
  }

  private static OttlFunction text(String name, OfText f) {
    return OttlFunction.converter(name, Type.STRING)
        .takes("target", ParameterKind.STRING)
        .made(a -> TypeConverters.one(a, v -> f.of(string(v))));
  }

  private interface OfTwo {
    Object of(String a, String b);
  }

  private static OttlExpr.Getter two(Arguments a, OfTwo f) {
    OttlExpr first = a.expr(0);
    OttlExpr second = a.expr(1);
    return at -> f.of(string(first.get(at)), string(second.get(at)));
  }

  private static OttlExpr.Getter concat(Arguments a) {
    OttlExpr delimiter = a.expr(1);
    OttlExpr list = a.optional(0);
    if (list != null) {
      return at -> {
        String by = string(delimiter.get(at));
        StringBuilder sb = new StringBuilder();
        switch (list.get(at)) {
          case null -> {}
          case ArrayValue values -> {
            for (int i = 0; i < values.size(); i++) {
              append(sb, i == 0 ? "" : by, values.get(i));
            }
          }
          case Object v ->
              throw new EvaluationException(
                  "values is a value of type " + Type.of(v).text() + ", not a list");
        }
        return sb.toString();
      };
    }
    OttlExpr[] values = a.list(0).toArray(OttlExpr[]::new);
    return at -> {
      String by = string(delimiter.get(at));
      StringBuilder sb = new StringBuilder();
      for (int i = 0; i < values.length; i++) {
        append(sb, i == 0 ? "" : by, values[i].get(at));
      }
      return sb.toString();
    };
  }

  private static void append(StringBuilder sb, String delimiter, @Nullable Object value) {
    sb.append(delimiter).append(value == null ? "<nil>" : Text.of(value));
    Text.checkLength(sb.length());
  }

  private static OttlExpr.Getter convertCase(Arguments a) {
    OfText f =
        switch (a.string(1)) {
          case "lower" -> GoCase::lower;
          case "upper" -> GoCase::upper;
          case "snake" -> Cases::snake;
          case "camel" -> Cases::camel;
          default ->
              throw a.error(
                  1, "the case must be lower, upper, snake or camel, not \"" + a.string(1) + "\"");
        };
    return TypeConverters.one(a, v -> f.of(string(v)));
  }

  private static String trim(String s, String set) {
    int from = 0;
    int to = s.length();
    while (from < to && set.indexOf(s.codePointAt(from)) >= 0) {
      from += Character.charCount(s.codePointAt(from));
    }
    while (to > from && set.indexOf(s.codePointBefore(to)) >= 0) {
      to -= Character.charCount(s.codePointBefore(to));
    }
    return s.substring(from, to);
  }

  private static ArrayValue split(String s, String by) {
    ArrayValue parts = new ArrayValue();
    ValueSize size = new ValueSize();
    if (by.isEmpty()) {
      s.codePoints().forEach(c -> add(parts, Character.toString(c), size));
      return parts;
    }
    int from = 0;
    for (int i = s.indexOf(by); i >= 0; i = s.indexOf(by, from)) {
      add(parts, s.substring(from, i), size);
      from = i + by.length();
    }
    add(parts, s.substring(from), size);
    return parts;
  }

  private static void add(ArrayValue to, String part, ValueSize size) {
    size.add(part);
    to.add(part);
  }

  private static OttlExpr.Getter substring(Arguments a) {
    OttlExpr target = a.expr(0);
    OttlExpr start = a.expr(1);
    OttlExpr length = a.expr(2);
    OttlExpr whole = a.expr(3, false);
    return at -> {
      String s = string(target.get(at));
      long from = (Long) MapEditors.require(start.get(at));
      long n = (Long) MapEditors.require(length.get(at));
      if (from < 0 || n <= 0) {
        throw new EvaluationException("start cannot be negative, and length must be at least 1");
      }
      boolean characters = Boolean.TRUE.equals(whole.get(at));
      int size = characters ? s.codePointCount(0, s.length()) : Bytes.length(s);
      if (from > size || n > size - from) {
        throw new EvaluationException(
            from
                + " and "
                + n
                + (characters ? " characters" : " bytes")
                + " more are outside of the string, which has "
                + size);
      }
      if (size == s.length()) {
        return s.substring((int) from, (int) (from + n));
      }
      if (characters) {
        int first = s.offsetByCodePoints(0, (int) from);
        return s.substring(first, s.offsetByCodePoints(first, (int) n));
      }
      return Bytes.cut(s, (int) from, (int) (from + n));
    };
  }

  private static boolean isLuhn(@Nullable Object value) {
    if (!(value instanceof String spaced)) {
      throw new EvaluationException("the value is neither a string nor a number");
    }
    String s = spaced.replace(" ", "");
    int sum = 0;
    for (int i = 0; i < s.length(); i++) {
      char c = s.charAt(s.length() - 1 - i);
      if (c < '0' || c > '9') {
        throw new EvaluationException("the value contains a character that is not a digit");
      }
      int d = (c - '0') * (i % 2 + 1);
      sum += d > 9 ? d - 9 : d;
    }
    return !s.isEmpty() && sum % 10 == 0;
  }

  private static OttlExpr.Getter toKeyValues(Arguments a) {
    String delimiter = a.string(1, "=");
    String pairs = a.string(2, " ");
    boolean sort = a.truth(3, false);
    if (delimiter.isEmpty() || pairs.isEmpty()) {
      throw a.error(delimiter.isEmpty() ? 1 : 2, "a delimiter cannot be empty");
    }
    if (delimiter.equals(pairs)) {
      throw a.error(2, "the two delimiters cannot be equal");
    }
    OttlExpr target = a.expr(0);
    return at -> {
      Attributes m = (Attributes) MapEditors.require(target.get(at));
      List<Integer> order = new ArrayList<>();
      for (int i = 0; i < m.size(); i++) {
        order.add(i);
      }
      if (sort) {
        order.sort((x, y) -> Compare.compareUtf8(m.key(x), m.key(y)));
      }
      StringBuilder sb = new StringBuilder();
      for (int i : order) {
        sb.append(sb.isEmpty() ? "" : pairs);
        quoted(sb, m.key(i), delimiter, pairs);
        sb.append(delimiter);
        quoted(sb, Text.attribute(m.value(i)), delimiter, pairs);
        Text.checkLength(sb.length());
      }
      return sb.toString();
    };
  }

  private static void quoted(StringBuilder sb, String s, String delimiter, String pairs) {
    String escaped = s.replace("\"", "\\\"");
    if (escaped.contains(delimiter) || escaped.contains(pairs)) {
      sb.append('"').append(escaped).append('"');
    } else {
      sb.append(escaped);
    }
  }
}
