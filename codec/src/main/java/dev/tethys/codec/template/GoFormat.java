package dev.tethys.codec.template;

import dev.tethys.model.GoFloat;
import dev.tethys.model.GoQuote;
import java.nio.charset.StandardCharsets;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** Prints values as Go's package fmt does: Sprint, Sprintln, Sprintf. */
final class GoFormat {
  /** Wider and more precise is an error in Go too. */
  private static final int MAX_WIDTH = 1_000_000;

  private final StringBuilder out = new StringBuilder();
  private final String format;
  private final @Nullable Object[] args;
  private int at;
  private int arg;
  private boolean reordered;
  private boolean badIndex;
  private int depth;

  // flags of the current verb
  private boolean minus;
  private boolean plus;
  private boolean sharp;
  private boolean space;
  private boolean zero;
  private int width = -1;
  private int precision = -1;

  private GoFormat(String format, @Nullable Object[] args) {
    this.format = format;
    this.args = args;
  }

  /** Go's name of a value's type. */
  static String typeName(@Nullable Object v) {
    return switch (v) {
      case null -> "<nil>";
      case Boolean b -> "bool";
      case Long l -> "int";
      case Double d -> "float64";
      case String s -> "string";
      case GoMap m -> m.typeName();
      case GoList l -> l.typeName();
      case GoStruct s -> s.typeName();
      default -> v.getClass().getSimpleName();
    };
  }

  /** A value as {@code %v} prints it. */
  static String print(@Nullable Object v) {
    return switch (v) {
      case null -> "<nil>";
      case String s -> s;
      default -> {
        StringBuilder sb = new StringBuilder();
        new GoFormat("", new Object[0]).plain(sb, v, 'v');
        yield sb.toString();
      }
    };
  }

  /** Formats like fmt.Sprint: a space between operands when neither is a string. */
  static String sprint(@Nullable Object... values) {
    StringBuilder sb = new StringBuilder();
    boolean previous = true;
    for (int i = 0; i < values.length; i++) {
      boolean isString = values[i] instanceof String;
      if (i > 0 && !isString && !previous) {
        sb.append(' ');
      }
      append(sb, print(values[i]));
      previous = isString;
    }
    return sb.toString();
  }

  private static void append(StringBuilder sb, String s) {
    TextLimit.check(sb.length() + (long) s.length());
    sb.append(s);
  }

  /** Formats like fmt.Sprintln. */
  static String sprintln(@Nullable Object... values) {
    StringBuilder sb = new StringBuilder();
    for (int i = 0; i < values.length; i++) {
      append(sb.append(i == 0 ? "" : " "), print(values[i]));
    }
    return sb.append('\n').toString();
  }

  /** Formats like fmt.Sprintf. */
  static String sprintf(String format, @Nullable Object... values) {
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
    }
    if (!reordered && arg < args.length) {
      out.append("%!(EXTRA ");
      for (int i = arg; i < args.length; i++) {
        out.append(i == arg ? "" : ", ");
        Object v = args[i];
        append(out, v == null ? "<nil>" : typeName(v) + "=" + print(v));
      }
      out.append(')');
    }
    return out.toString();
  }

  private void verb() {
    minus = false;
    plus = false;
    sharp = false;
    space = false;
    zero = false;
    width = -1;
    precision = -1;
    badIndex = false;
    flags();
    boolean afterIndex = index();
    if (at < format.length() && format.charAt(at) == '*') {
      at++;
      Integer w = star();
      if (w == null) {
        out.append("%!(BADWIDTH)");
      } else {
        width = Math.abs(w);
        minus |= w < 0;
      }
      afterIndex = false;
    } else {
      int before = at;
      width = number();
      if (afterIndex && at > before) {
        badIndex = true;
      }
    }
    if (at < format.length() && format.charAt(at) == '.') {
      at++;
      if (afterIndex) {
        badIndex = true;
      }
      afterIndex = index();
      if (at < format.length() && format.charAt(at) == '*') {
        at++;
        Integer p = star();
        if (p == null) {
          out.append("%!(BADPREC)");
        } else {
          precision = p < 0 ? -1 : p;
        }
        afterIndex = false;
      } else {
        precision = Math.max(number(), 0);
      }
    }
    if (!afterIndex) {
      index();
    }
    if (at >= format.length()) {
      out.append("%!(NOVERB)");
      return;
    }
    int verb = format.codePointAt(at);
    at += Character.charCount(verb);
    if (verb == '%') {
      out.append('%');
    } else if (badIndex) {
      out.append("%!").appendCodePoint(verb).append("(BADINDEX)");
    } else if (arg >= args.length) {
      out.append("%!").appendCodePoint(verb).append("(MISSING)");
    } else {
      formatted(out, args[arg++], verb);
    }
  }

  private void flags() {
    while (at < format.length()) {
      switch (format.charAt(at)) {
        case '-' -> minus = true;
        case '+' -> plus = true;
        case '#' -> sharp = true;
        case ' ' -> space = true;
        case '0' -> zero = true;
        default -> {
          return;
        }
      }
      at++;
    }
  }

  /** Reads {@code [n]}. */
  private boolean index() {
    if (at >= format.length() || format.charAt(at) != '[') {
      return false;
    }
    reordered = true;
    int close = format.indexOf(']', at);
    if (close < 0) {
      badIndex = true;
      at++;
      return false;
    }
    String n = format.substring(at + 1, close);
    at = close + 1;
    int i = n.matches("\\d{1,7}") ? Integer.parseInt(n) : 0;
    if (i < 1 || i > args.length) {
      badIndex = true;
      return true;
    }
    arg = i - 1;
    return true;
  }

  private @Nullable Integer star() {
    if (arg < args.length && args[arg] instanceof Long n && Math.abs(n) <= MAX_WIDTH) {
      arg++;
      return (int) (long) n;
    }
    arg = Math.min(arg + 1, args.length);
    return null;
  }

  private int number() {
    int start = at;
    long n = 0;
    while (at < format.length() && Character.digit(format.charAt(at), 10) >= 0) {
      n = n * 10 + Character.digit(format.charAt(at), 10);
      at++;
      if (n > MAX_WIDTH) {
        at = format.length(); // as in Go, the rest of the format is not read
        return -1;
      }
    }
    return at == start ? -1 : (int) n;
  }

  private void formatted(StringBuilder to, @Nullable Object v, int verb) {
    TextLimit.check(depth, to.length());
    depth++;
    if (verb == 'T') {
      pad(to, typeName(v));
    } else if (v == null) {
      if (verb == 'v') {
        pad(to, "<nil>");
      } else {
        bad(to, null, verb);
      }
    } else {
      plain(to, v, verb);
    }
    depth--;
  }

  private void plain(StringBuilder to, Object v, int verb) {
    switch (v) {
      case Boolean b when verb == 't' || verb == 'v' -> pad(to, b.toString());
      case Long n -> integer(to, n, verb);
      case Double d -> real(to, d, verb);
      case String s -> string(to, s, verb);
      case GoStruct s when s.text() != null && "vsqxX".indexOf(verb) >= 0 ->
          string(to, String.valueOf(s.text()), verb);
      case GoInteger n -> integer(to, n.number(), verb);
      case GoMap m when writesItself(m.method("String"), verb) ->
          itself(to, m.method("String"), verb);
      case GoList l when writesItself(l.method("String"), verb) ->
          itself(to, l.method("String"), verb);
      case GoMap m -> map(to, m.typeName(), m.entries(), verb);
      case GoList l -> list(to, l, verb);
      case GoStruct s -> struct(to, s, verb);
      default -> bad(to, v, verb);
    }
  }

  /** Whether the verb calls the method String(), as for Go types that have one. */
  private boolean writesItself(@Nullable TemplateFunction method, int verb) {
    return method != null && "vsqxX".indexOf(verb) >= 0 && !sharp;
  }

  private void itself(StringBuilder to, @Nullable TemplateFunction method, int verb) {
    if (method != null) {
      string(to, String.valueOf(method.code().call(new Object[0])), verb);
    }
  }

  private static void bad(StringBuilder to, @Nullable Object v, int verb) {
    to.append("%!").appendCodePoint(verb).append('(');
    to.append(v == null ? "<nil>" : typeName(v) + "=" + print(v)).append(')');
  }

  private void map(StringBuilder to, String type, Map<String, ?> m, int verb) {
    to.append(sharp && verb == 'v' ? type + "{" : "map[");
    String between = "";
    for (Map.Entry<String, ?> e : new TreeMap<String, Object>(m).entrySet()) {
      to.append(between);
      between = sharp && verb == 'v' ? ", " : " ";
      string(to, e.getKey(), verb);
      to.append(':');
      formatted(to, e.getValue(), verb);
    }
    to.append(sharp && verb == 'v' ? '}' : ']');
  }

  private void list(StringBuilder to, GoList l, int verb) {
    to.append(sharp && verb == 'v' ? l.typeName() + "{" : "[");
    Iterator<?> i = l.items().iterator();
    while (i.hasNext()) {
      formatted(to, i.next(), verb);
      if (i.hasNext()) {
        to.append(sharp && verb == 'v' ? ", " : " ");
      }
    }
    to.append(sharp && verb == 'v' ? '}' : ']');
  }

  private void struct(StringBuilder to, GoStruct s, int verb) {
    boolean go = sharp && verb == 'v';
    to.append(go ? s.typeName() : "").append('{');
    String between = "";
    for (Map.Entry<String, ?> e : s.fields().entrySet()) {
      to.append(between);
      between = go ? ", " : " ";
      if (verb == 'v' && (plus || sharp)) {
        to.append(e.getKey()).append(':');
      }
      formatted(to, e.getValue(), verb);
    }
    to.append('}');
  }

  private void pad(StringBuilder to, String s) {
    int missing = width - s.codePointCount(0, s.length());
    if (missing <= 0) {
      to.append(s);
    } else if (minus) {
      to.append(s).repeat(' ', missing);
    } else {
      to.repeat(zero ? '0' : ' ', missing).append(s);
    }
  }

  /** Zeros go between the sign and the digits. */
  private void padNumber(StringBuilder to, String s) {
    int missing = width - s.length();
    boolean signed = !s.isEmpty() && "+- ".indexOf(s.charAt(0)) >= 0;
    if (missing > 0 && zero && !minus) {
      to.append(signed ? s.substring(0, 1) : "").repeat('0', missing);
      to.append(signed ? s.substring(1) : s);
      return;
    }
    boolean z = zero;
    zero = false;
    pad(to, s);
    zero = z;
  }

  private String signed(boolean negative, String digits) {
    return (negative ? "-" : plus ? "+" : space ? " " : "") + digits;
  }

  private void integer(StringBuilder to, long n, int verb) {
    int radix =
        switch (verb) {
          case 'v', 'd' -> 10;
          case 'b' -> 2;
          case 'o', 'O' -> 8;
          case 'x', 'X' -> 16;
          default -> 0;
        };
    if (radix == 0) {
      switch (verb) {
        case 'c' -> pad(to, character(n));
        case 'q' -> pad(to, "'" + quotedCharacter(n) + "'");
        case 'U' -> {
          String u = String.format(Locale.ROOT, "U+%04X", n);
          pad(to, sharp ? u + " '" + character(n) + "'" : u);
        }
        default -> bad(to, n, verb);
      }
      return;
    }
    String digits = Long.toUnsignedString(Math.abs(n), radix);
    if (verb == 'X') {
      digits = digits.toUpperCase(Locale.ROOT);
    }
    if (precision >= 0) {
      digits =
          precision == 0 && n == 0
              ? ""
              : "0".repeat(Math.max(0, precision - digits.length())) + digits;
      zero = false;
    }
    String prefix =
        verb == 'O'
            ? "0o"
            : !sharp
                ? ""
                : switch (verb) {
                  case 'b' -> "0b";
                  case 'o' -> "0";
                  case 'x' -> "0x";
                  case 'X' -> "0X";
                  default -> "";
                };
    padNumber(to, signed(n < 0, prefix + digits));
  }

  private static String character(long n) {
    return Character.toString(
        Character.isValidCodePoint((int) n) && n == (int) n ? (int) n : 0xfffd);
  }

  private static String quotedCharacter(long n) {
    String c = character(n);
    if (c.equals("'")) {
      return "\\'";
    }
    String q = GoQuote.quote(c);
    return c.equals("\"") ? c : q.substring(1, q.length() - 1);
  }

  private void real(StringBuilder to, double d, int verb) {
    String s;
    switch (verb) {
      case 'v' -> s = GoFloat.format(d, 'g', precision);
      case 'e', 'E', 'f' -> s = GoFloat.format(d, (char) verb, precision < 0 ? 6 : precision);
      case 'F' -> s = GoFloat.format(d, 'f', precision < 0 ? 6 : precision);
      case 'g', 'G' -> s = GoFloat.format(d, (char) verb, precision);
      case 'x', 'X' -> s = hexadecimal(d, verb == 'X');
      case 'b' -> s = binary(d);
      default -> {
        bad(to, d, verb);
        return;
      }
    }
    boolean negative = s.startsWith("-");
    String digits = negative || s.startsWith("+") ? s.substring(1) : s;
    if (Double.isFinite(d)) {
      padNumber(to, signed(negative, digits));
      return;
    }
    // Infinities always print a sign with %v, and are never padded with zeros.
    boolean z = zero;
    zero = false;
    pad(
        to,
        Double.isNaN(d) ? (plus ? "+NaN" : space ? " NaN" : "NaN") : negative ? "-Inf" : "+Inf");
    zero = z;
  }

  private static String binary(double d) {
    if (!Double.isFinite(d)) {
      return GoFloat.g(d);
    }
    long bits = Double.doubleToRawLongBits(d);
    int exponent = (int) (bits >>> 52 & 0x7ff);
    long mantissa = bits & (1L << 52) - 1;
    int e = exponent == 0 ? -1074 : exponent - 1075;
    long m = exponent == 0 ? mantissa : mantissa | 1L << 52;
    return (bits < 0 ? "-" : "") + m + "p" + (e < 0 ? "-" : "+") + Math.abs(e);
  }

  private static String hexadecimal(double d, boolean upper) {
    if (!Double.isFinite(d)) {
      return GoFloat.g(d);
    }
    String s = d == 0 ? (1 / d < 0 ? "-0x0p0" : "0x0p0") : Double.toHexString(d);
    int p = s.indexOf('p');
    String mantissa = s.substring(0, p);
    if (mantissa.endsWith(".0")) {
      mantissa = mantissa.substring(0, mantissa.length() - 2);
    }
    int e = Integer.parseInt(s.substring(p + 1));
    String out = String.format(Locale.ROOT, "%sp%s%02d", mantissa, e < 0 ? "-" : "+", Math.abs(e));
    return upper ? out.toUpperCase(Locale.ROOT) : out;
  }

  private void string(StringBuilder to, String s, int verb) {
    switch (verb) {
      case 'v' -> pad(to, sharp ? GoQuote.quote(s) : cut(s));
      case 's' -> pad(to, cut(s));
      case 'q' ->
          pad(
              to,
              sharp && s.indexOf('`') < 0 && s.chars().noneMatch(c -> c < ' ' && c != '\t')
                  ? "`" + cut(s) + "`"
                  : GoQuote.quote(cut(s)));
      case 'x', 'X' -> pad(to, hexadecimal(s, verb == 'X'));
      default -> bad(to, s, verb);
    }
  }

  private String hexadecimal(String s, boolean upper) {
    byte[] bytes = s.getBytes(StandardCharsets.UTF_8);
    int n = precision >= 0 ? Math.min(precision, bytes.length) : bytes.length;
    StringBuilder sb = new StringBuilder();
    String prefix = sharp ? (upper ? "0X" : "0x") : "";
    sb.append(n > 0 ? prefix : "");
    for (int i = 0; i < n; i++) {
      sb.append(space && i > 0 ? " " + prefix : "");
      sb.append(Character.forDigit(bytes[i] >> 4 & 15, 16));
      sb.append(Character.forDigit(bytes[i] & 15, 16));
    }
    return upper ? sb.toString().toUpperCase(Locale.ROOT) : sb.toString();
  }

  private String cut(String s) {
    if (precision < 0 || s.codePointCount(0, s.length()) <= precision) {
      return s;
    }
    return s.substring(0, s.offsetByCodePoints(0, precision));
  }

  /** Values as one string: the argument of html, js, urlquery. */
  static String joined(List<@Nullable Object> values) {
    if (values.size() == 1 && values.getFirst() instanceof String s) {
      return s;
    }
    @Nullable Object[] shown = new Object[values.size()];
    for (int i = 0; i < shown.length; i++) {
      Object v = values.get(i);
      shown[i] = v == null ? "<no value>" : v;
    }
    return sprint(shown);
  }
}
