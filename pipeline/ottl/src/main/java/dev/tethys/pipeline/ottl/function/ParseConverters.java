package dev.tethys.pipeline.ottl.function;

import dev.tethys.model.telemetry.ArrayValue;
import dev.tethys.model.telemetry.Attributes;
import dev.tethys.pipeline.ottl.Arguments;
import dev.tethys.pipeline.ottl.EvaluationException;
import dev.tethys.pipeline.ottl.OttlExpr;
import dev.tethys.pipeline.ottl.OttlFunction;
import dev.tethys.pipeline.ottl.ParameterKind;
import dev.tethys.pipeline.ottl.Type;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Values from text: JSON, CSV, key-value pairs, numbers, severities. */
final class ParseConverters {
  private ParseConverters() {}

  static List<OttlFunction> all() {
    return List.of(
        OttlFunction.converter("ParseJSON", Type.ANY)
            .takes("target", ParameterKind.STRING)
            .made(a -> TypeConverters.one(a, v -> OttlJson.parse(StringConverters.string(v)))),
        OttlFunction.converter("ParseCSV", Type.MAP)
            .takes("target", ParameterKind.STRING)
            .takes("headers", ParameterKind.STRING)
            .or("header")
            .mayTake("delimiter", ParameterKind.LITERAL_STRING)
            .mayTake("header_delimiter", ParameterKind.LITERAL_STRING)
            .mayTake("mode", ParameterKind.LITERAL_STRING)
            .made(ParseConverters::csv),
        OttlFunction.converter("ParseKeyValue", Type.MAP)
            .takes("target", ParameterKind.STRING)
            .mayTake("delimiter", ParameterKind.LITERAL_STRING)
            .mayTake("pair_delimiter", ParameterKind.LITERAL_STRING)
            .made(ParseConverters::keyValue),
        OttlFunction.converter("ParseInt", Type.INT)
            .takes("target", ParameterKind.STRING)
            .takes("base", ParameterKind.INT)
            .made(
                a -> {
                  OttlExpr target = a.expr(0);
                  OttlExpr base = a.expr(1);
                  return at ->
                      parseInt(
                          StringConverters.string(target.get(at)),
                          (Long) MapEditors.require(base.get(at)));
                }),
        OttlFunction.converter("ParseSeverity", Type.STRING)
            .takes("target", ParameterKind.ANY)
            .takes("severity_mapping", ParameterKind.MAP)
            .or("mapping")
            .made(
                a -> {
                  OttlExpr target = a.expr(0);
                  OttlExpr mapping = a.expr(1);
                  return at ->
                      severity(target.get(at), (Attributes) MapEditors.require(mapping.get(at)));
                }));
  }

  private static OttlExpr.Getter csv(Arguments a) {
    String delimiter = a.string(2, ",");
    String headerDelimiter = a.string(3, delimiter);
    String mode = a.string(4, "strict");
    if (delimiter.codePointCount(0, delimiter.length()) != 1) {
      throw a.error(2, "the delimiter must be one character");
    }
    if (headerDelimiter.codePointCount(0, headerDelimiter.length()) != 1) {
      throw a.error(3, "the delimiter must be one character");
    }
    if (!List.of("strict", "lazyQuotes", "ignoreQuotes").contains(mode)) {
      throw a.error(4, "the mode must be strict, lazyQuotes or ignoreQuotes");
    }
    OttlExpr target = a.expr(0);
    OttlExpr headers = a.expr(1);
    return at -> {
      String row = StringConverters.string(target.get(at));
      String header = StringConverters.string(headers.get(at));
      if (header.isEmpty()) {
        throw new EvaluationException("the headers are empty");
      }
      List<String> names =
          List.of(header.split(java.util.regex.Pattern.quote(headerDelimiter), -1));
      List<String> values =
          mode.equals("ignoreQuotes")
              ? List.of(strip(row).split(java.util.regex.Pattern.quote(delimiter), -1))
              : Csv.row(strip(row), delimiter, mode.equals("lazyQuotes"));
      if (names.size() != values.size()) {
        throw new EvaluationException(
            "there are " + values.size() + " fields and " + names.size() + " headers");
      }
      MapBuilder m = new MapBuilder();
      for (int i = 0; i < names.size(); i++) {
        m.put(names.get(i), values.get(i));
      }
      return m.build();
    };
  }

  private static String strip(String row) {
    int from = 0;
    int to = row.length();
    while (from < to && (row.charAt(from) == '\n' || row.charAt(from) == '\r')) {
      from++;
    }
    while (to > from && (row.charAt(to - 1) == '\n' || row.charAt(to - 1) == '\r')) {
      to--;
    }
    if (from == to) {
      throw new EvaluationException("the row is empty");
    }
    return row.substring(from, to);
  }

  private static OttlExpr.Getter keyValue(Arguments a) {
    String delimiter = a.string(1, "").isEmpty() ? "=" : a.string(1);
    String pairs = a.string(2, "").isEmpty() ? " " : a.string(2);
    if (delimiter.equals(pairs)) {
      throw a.error(2, "the two delimiters cannot be equal");
    }
    return TypeConverters.one(
        a,
        v -> {
          String text = StringConverters.string(v);
          if (text.isEmpty()) {
            throw new EvaluationException("the text is empty");
          }
          MapBuilder m = new MapBuilder();
          for (String pair : splitQuoted(text, pairs)) {
            int i = pair.indexOf(delimiter);
            if (i < 0) {
              throw new EvaluationException("\"" + shown(pair) + "\" has no \"" + delimiter + "\"");
            }
            m.put(pair.substring(0, i).strip(), pair.substring(i + delimiter.length()).strip());
          }
          return m.build();
        });
  }

  static String shown(String s) {
    return s.length() > 60 ? s.substring(0, 60) + "…" : s;
  }

  /** Splits at delimiters outside quotes, removing quotes and empty parts. */
  private static List<String> splitQuoted(String text, String by) {
    List<String> parts = new ArrayList<>();
    StringBuilder part = new StringBuilder();
    char quote = 0;
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (quote == 0 && text.startsWith(by, i)) {
        if (!part.isEmpty()) {
          parts.add(part.toString());
          part.setLength(0);
        }
        i += by.length() - 1;
      } else if (quote == 0 && (c == '"' || c == '\'')) {
        quote = c;
      } else if (quote != 0 && c == quote) {
        quote = 0;
      } else {
        part.append(c);
      }
    }
    if (quote != 0) {
      throw new EvaluationException("a quote is not closed");
    }
    if (!part.isEmpty()) {
      parts.add(part.toString());
    }
    return parts;
  }

  private static long parseInt(String text, long base) {
    if (base < 0 || base == 1 || base > 36) {
      throw new EvaluationException("the base must be 0, or 2 to 36");
    }
    if (text.isEmpty() || text.length() > 200) {
      throw new EvaluationException("not a number: \"" + shown(text) + "\"");
    }
    boolean negative = text.startsWith("-");
    String digits = negative || text.startsWith("+") ? text.substring(1) : text;
    int radix = (int) base;
    if (base == 0) {
      String lower = digits.toLowerCase(Locale.ROOT);
      radix = 10;
      if (lower.startsWith("0x")) {
        radix = 16;
        digits = digits.substring(2);
      } else if (lower.startsWith("0b")) {
        radix = 2;
        digits = digits.substring(2);
      } else if (lower.startsWith("0o")) {
        radix = 8;
        digits = digits.substring(2);
      } else if (lower.startsWith("0") && lower.length() > 1) {
        radix = 8;
        digits = digits.substring(1);
      }
      if (digits.startsWith("_") && digits.length() > 1 && radix != 10) {
        digits = digits.substring(1);
      }
      if (digits.startsWith("_") || digits.endsWith("_") || digits.contains("__")) {
        throw new EvaluationException("not a number: \"" + text + "\"");
      }
      digits = digits.replace("_", "");
    }
    try {
      if (digits.startsWith("-") || digits.startsWith("+")) {
        throw new NumberFormatException();
      }
      BigInteger n = new BigInteger(digits, radix);
      return (negative ? n.negate() : n).longValueExact();
    } catch (NumberFormatException e) {
      throw new EvaluationException("not a number of base " + radix + ": \"" + text + "\"");
    } catch (ArithmeticException e) {
      throw new EvaluationException("the number does not fit into 64 bits: " + text);
    }
  }

  private static String severity(@Nullable Object value, Attributes mapping) {
    if (!(value instanceof String) && !(value instanceof Long)) {
      throw new EvaluationException(
          "a severity is found for a string or an int, not for a value of type "
              + Type.of(value).text());
    }
    for (int i = 0; i < mapping.size(); i++) {
      if (!(mapping.value(i) instanceof ArrayValue criteria)) {
        throw new EvaluationException(
            "the mapping of " + mapping.key(i) + " is not a list of equals and range");
      }
      for (int j = 0; j < criteria.size(); j++) {
        if (!(criteria.get(j) instanceof Attributes criterion)) {
          throw new EvaluationException(
              "the mapping of " + mapping.key(i) + " is not a list of equals and range");
        }
        if (matches(value, criterion)) {
          return mapping.key(i);
        }
      }
    }
    throw new EvaluationException("no severity is mapped from " + value);
  }

  private static boolean matches(Object value, Attributes criterion) {
    if (criterion.get("equals") instanceof ArrayValue equal && value instanceof String) {
      for (int i = 0; i < equal.size(); i++) {
        if (value.equals(equal.get(i))) {
          return true;
        }
      }
    }
    if (value instanceof Long n) {
      switch (criterion.get("range")) {
        case Attributes range -> {
          if (range.get("min") instanceof Long min && range.get("max") instanceof Long max) {
            return min <= n && n <= max;
          }
          throw new EvaluationException("a range must have an int min and max");
        }
        case String s -> {
          if (s.length() == 3 && s.endsWith("xx") && s.charAt(0) >= '2' && s.charAt(0) <= '5') {
            return n / 100 == s.charAt(0) - '0';
          }
          throw new EvaluationException(
              "a range must be 2xx, 3xx, 4xx or 5xx, or have a min and a max");
        }
        case null, default -> {
          // equals only
        }
      }
    }
    return false;
  }
}
