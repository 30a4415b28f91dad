package dev.tethys.pipeline.ottl.function;

import dev.tethys.model.GoFloat;
import dev.tethys.model.GoQuote;
import dev.tethys.pipeline.ottl.EvaluationException;
import dev.tethys.pipeline.ottl.internal.Text;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Go's {@code Sprintf} for OTTL's values: verbs v d s q x X o b c U e E f F g G t T, flags, width
 * and precision. Mismatches are written as in Go, {@code %!d(string=a)}.
 */
final class GoFormat {
  /** Maximum width to which a value is padded. */
  static final int MAX_WIDTH = 10_000;

  private final StringBuilder out = new StringBuilder();
  private final String format;
  private final List<@Nullable Object> values;
  private int at;
  private int next;

  private boolean minus;
  private boolean plus;
  private boolean sharp;
  private boolean space;
  private boolean zero;
  private int width;
  private int precision;

  private GoFormat(String format, List<@Nullable Object> values) {
    this.format = format;
    this.values = values;
  }

  static String format(String format, List<@Nullable Object> values) {
    return new GoFormat(format, values).run();
  }

  private String run() {
    while (at < format.length()) {
      int percent = format.indexOf('%', at);
      if (percent < 0) {
        out.append(format, at, format.length());
        break;
      }
      out.append(format, at, percent);
      at = percent + 1;
      verb();
      Text.checkLength(out.length());
    }
    if (next < values.size()) {
      out.append("%!(EXTRA ");
      for (int i = next; i < values.size(); i++) {
        out.append(i == next ? "" : ", ").append(typed(values.get(i)));
      }
      out.append(')');
    }
    return out.toString();
  }

  private void verb() {
    flags();
    width = number(-1);
    if (width < -1) {
      minus = true;
      zero = false;
      width = -width;
    }
    precision = -1;
    if (at < format.length() && format.charAt(at) == '.') {
      at++;
      precision = number(0);
    }
    if (at >= format.length()) {
      out.append("%!(NOVERB)");
      return;
    }
    int verb = format.codePointAt(at);
    at += Character.charCount(verb);
    if (verb == '%') {
      out.append('%');
      return;
    }
    if (next >= values.size()) {
      out.append("%!").appendCodePoint(verb).append("(MISSING)");
      return;
    }
    Object value = values.get(next++);
    String text = text(verb, value);
    if (text == null) {
      out.append("%!").appendCodePoint(verb).append('(').append(typed(value)).append(')');
    } else {
      pad(text, value instanceof Number);
    }
  }

  private void flags() {
    minus = plus = sharp = space = zero = false;
    while (at < format.length()) {
      switch (format.charAt(at)) {
        case '-' -> {
          minus = true;
          zero = false;
        }
        case '+' -> plus = true;
        case '#' -> sharp = true;
        case ' ' -> space = true;
        case '0' -> zero = !minus;
        default -> {
          return;
        }
      }
      at++;
    }
  }

  private int number(int otherwise) {
    if (at < format.length() && format.charAt(at) == '*') {
      at++;
      if (next < values.size()
          && values.get(next++) instanceof Long l
          && Math.abs(l) <= MAX_WIDTH) {
        return (int) (long) l;
      }
      out.append("%!(BADWIDTH)");
      return otherwise;
    }
    int v = otherwise;
    while (at < format.length() && Character.isDigit(format.charAt(at))) {
      v = 10 * Math.max(0, v) + format.charAt(at++) - '0';
      if (v > MAX_WIDTH) {
        throw new EvaluationException("a width or precision must be at most " + MAX_WIDTH);
      }
    }
    return v;
  }

  /** Formats a value for a verb; null if they do not fit. */
  private @Nullable String text(int verb, @Nullable Object value) {
    if (verb == 'T') {
      return type(value);
    }
    return switch (value) {
      case null -> verb == 'v' ? "<nil>" : null;
      case Boolean b -> verb == 't' || verb == 'v' ? Boolean.toString(b) : null;
      case Long l -> integer(verb, l);
      case Double d -> real(verb, d);
      case String s -> string(verb, s);
      case byte[] b ->
          verb == 'v' || verb == 'd'
              ? list(b)
              : bytes(verb, new String(b, StandardCharsets.UTF_8), b);
      default -> string(verb, String.valueOf(Text.of(value)));
    };
  }

  private static String list(byte[] b) {
    StringBuilder sb = new StringBuilder("[");
    for (int i = 0; i < b.length; i++) {
      sb.append(i == 0 ? "" : " ").append(b[i] & 0xff);
    }
    return sb.append(']').toString();
  }

  private String signed(String digits, boolean negative) {
    return negative ? "-" + digits : plus ? "+" + digits : space ? " " + digits : digits;
  }

  private @Nullable String integer(int verb, long l) {
    String abs =
        switch (verb) {
          case 'v', 'd' -> Long.toString(l);
          case 'b' -> Long.toString(l, 2);
          case 'o', 'O' -> Long.toString(l, 8);
          case 'x' -> Long.toString(l, 16);
          case 'X' -> Long.toString(l, 16).toUpperCase(Locale.ROOT);
          case 'c' -> {
            zero = false;
            yield Character.isValidCodePoint((int) l) && l == (int) l
                ? Character.toString((int) l)
                : "\uFFFD";
          }
          case 'q' -> {
            zero = false;
            int c = Character.isValidCodePoint((int) l) && l == (int) l ? (int) l : 0xFFFD;
            yield "'" + Character.toString(c) + "'";
          }
          case 'U' -> "U+" + String.format(Locale.ROOT, "%04X", l);
          default -> null;
        };
    if (abs == null || verb == 'c' || verb == 'q' || verb == 'U') {
      return abs;
    }
    boolean negative = abs.startsWith("-");
    StringBuilder digits = new StringBuilder(negative ? abs.substring(1) : abs);
    int least = precision;
    if (precision < 0 && zero && width > 0) {
      least = width - (negative || plus || space ? 1 : 0);
    }
    while (digits.length() < least) {
      digits.insert(0, '0');
    }
    if (sharp) {
      digits.insert(
          0, verb == 'x' ? "0x" : verb == 'X' ? "0X" : verb == 'b' ? "0b" : verb == 'o' ? "0" : "");
    }
    if (verb == 'O') {
      digits.insert(0, "0o");
    }
    zero = false;
    return signed(digits.toString(), negative);
  }

  private @Nullable String real(int verb, double d) {
    String s =
        switch (verb) {
          case 'v' -> general(d, 'g', precision);
          case 'e', 'E', 'f', 'g', 'G' ->
              general(d, (char) verb, precision < 0 && verb != 'g' && verb != 'G' ? 6 : precision);
          case 'F' -> general(d, 'f', precision < 0 ? 6 : precision);
          default -> null;
        };
    if (s == null) {
      return null;
    }
    boolean negative = s.startsWith("-");
    String digits = negative || s.startsWith("+") ? s.substring(1) : s;
    if (Double.isNaN(d) || Double.isInfinite(d)) {
      zero = false;
      return Double.isInfinite(d) && !negative && plus ? "+" + digits : negative ? "-" + digits : s;
    }
    StringBuilder padded = new StringBuilder(digits);
    if (zero) {
      while (padded.length() < width - (negative || plus || space ? 1 : 0)) {
        padded.insert(0, '0');
      }
      zero = false;
    }
    return signed(padded.toString(), negative);
  }

  private static String general(double d, char verb, int precision) {
    if (Double.isNaN(d)) {
      return "NaN";
    }
    if (Double.isInfinite(d)) {
      return d > 0 ? "+Inf" : "-Inf";
    }
    return GoFloat.format(d, verb, precision);
  }

  private @Nullable String string(int verb, String s) {
    return bytes(verb, s, s.getBytes(StandardCharsets.UTF_8));
  }

  private @Nullable String bytes(int verb, String s, byte[] utf8) {
    String cut = s;
    if (precision >= 0 && precision < s.codePointCount(0, s.length())) {
      cut = s.substring(0, s.offsetByCodePoints(0, precision));
    }
    return switch (verb) {
      case 's', 'v' -> cut;
      case 'q' -> GoQuote.quote(cut);
      case 'x' -> HexFormat.of().formatHex(utf8);
      case 'X' -> HexFormat.of().withUpperCase().formatHex(utf8);
      default -> null;
    };
  }

  private void pad(String text, boolean number) {
    int missing = width - text.codePointCount(0, text.length());
    char with = zero && number ? '0' : ' ';
    if (minus) {
      out.append(text);
      out.repeat(' ', Math.max(0, missing));
    } else {
      out.repeat(with, Math.max(0, missing));
      out.append(text);
    }
  }

  private static String type(@Nullable Object value) {
    return switch (value) {
      case null -> "<nil>";
      case Long _ -> "int64";
      case Double _ -> "float64";
      case Boolean _ -> "bool";
      case String _ -> "string";
      case byte[] _ -> "[]uint8";
      case dev.tethys.model.telemetry.Attributes _ -> "pcommon.Map";
      case dev.tethys.model.telemetry.ArrayValue _ -> "pcommon.Slice";
      case java.time.ZonedDateTime _ -> "time.Time";
      case java.time.Duration _ -> "time.Duration";
      default -> "any";
    };
  }

  private static String typed(@Nullable Object value) {
    if (value == null) {
      return "<nil>";
    }
    String text =
        value instanceof Double d
            ? general(d, 'g', -1)
            : value instanceof byte[] b ? list(b) : String.valueOf(Text.of(value));
    return type(value) + "=" + text;
  }
}
