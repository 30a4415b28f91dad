package dev.tethys.query.promql.parser;

import dev.tethys.model.GoQuote;
import dev.tethys.model.Samples;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Locale;

/**
 * Values of literals, as parsed by Go's {@code strconv} and Prometheus's duration parser. Errors
 * are messages of an {@link IllegalArgumentException}.
 */
public final class Literals {
  private static final long NANOS_PER_MILLI = 1_000_000L;
  private static final String[] UNITS = {"y", "w", "d", "h", "m", "s", "ms"};
  private static final long[] UNIT_MILLIS = {
    31_536_000_000L, 604_800_000L, 86_400_000L, 3_600_000L, 60_000L, 1000L, 1L
  };

  private Literals() {}

  /** Parses a number: an integer of any base, as in Go's source code, or a float. */
  static double number(String text) {
    String s = text.toLowerCase(Locale.ROOT);
    switch (s) {
      case "inf" -> {
        return Double.POSITIVE_INFINITY;
      }
      case "nan" -> {
        return Samples.NORMAL_NAN;
      }
      default -> {
        // read as a number below
      }
    }
    boolean underscores = s.indexOf('_') >= 0;
    if (underscores && !underscoresFit(s)) {
      throw new IllegalArgumentException(invalid(text));
    }
    String digits = underscores ? s.replace("_", "") : s;
    boolean hex = digits.startsWith("0x");
    int radix = hex ? 16 : digits.length() > 1 && digits.startsWith("0") ? 8 : 10;
    String integer = hex ? digits.substring(2) : digits;
    if (mayBeInteger(integer, radix)) {
      try {
        return Long.parseLong(integer, radix);
      } catch (NumberFormatException e) {
        // none, or one too large
      }
    }
    if (hex) {
      throw new IllegalArgumentException(invalid(text)); // a hexadecimal float needs its p
    }
    double v;
    try {
      v = Double.parseDouble(digits);
    } catch (NumberFormatException e) {
      throw new IllegalArgumentException(invalid(text), e);
    }
    if (Double.isInfinite(v)) {
      throw new IllegalArgumentException(
          "strconv.ParseFloat: parsing " + GoQuote.quote(text) + ": value out of range");
    }
    return v;
  }

  /**
   * Whether a literal may be an integer: most floats are recognised by their first characters; an
   * exception costs as much as a small query.
   */
  private static boolean mayBeInteger(String s, int radix) {
    for (int i = 0; i < s.length(); i++) {
      char c = s.charAt(i);
      if (Character.digit(c, radix) < 0 && c != '-' && c != '+') {
        return false;
      }
    }
    return true;
  }

  private static String invalid(String text) {
    return "strconv.ParseFloat: parsing " + GoQuote.quote(text) + ": invalid syntax";
  }

  /** Whether every underscore is between digits, or between a base prefix and a digit. */
  private static boolean underscoresFit(String s) {
    boolean hex = s.startsWith("0x");
    boolean digitBefore = hex;
    for (int i = hex ? 2 : 0; i < s.length(); i++) {
      char c = s.charAt(i);
      if (c == '_') {
        boolean digitAfter = i + 1 < s.length() && Character.digit(s.charAt(i + 1), 16) >= 0;
        if (!digitBefore || !digitAfter) {
          return false;
        }
        digitBefore = false;
      } else {
        digitBefore = Character.digit(c, hex ? 16 : 10) >= 0;
      }
    }
    return true;
  }

  /**
   * Parses a duration such as {@code 1h30m}: integers with units, largest first, each unit once.
   *
   * @return milliseconds
   */
  public static long durationMillis(String text) {
    if (text.equals("0")) {
      return 0;
    }
    if (text.isEmpty()) {
      throw new IllegalArgumentException("empty duration string");
    }
    long maxMillis = Long.MAX_VALUE / NANOS_PER_MILLI;
    long total = 0;
    int lastUnit = -1;
    for (int i = 0; i < text.length(); ) {
      int from = i;
      while (i < text.length() && isDigit(text.charAt(i))) {
        i++;
      }
      int unitAt = i;
      while (i < text.length() && !isDigit(text.charAt(i))) {
        i++;
      }
      if (unitAt == from || i == unitAt) {
        throw notADuration(text);
      }
      String unit = text.substring(unitAt, i);
      int u = Arrays.asList(UNITS).indexOf(unit);
      if (u < 0) {
        throw new IllegalArgumentException(
            "unknown unit " + GoQuote.quote(unit) + " in duration " + GoQuote.quote(text));
      }
      long v;
      try {
        v = Long.parseUnsignedLong(text, from, unitAt, 10);
      } catch (NumberFormatException e) {
        throw notADuration(text);
      }
      if (u <= lastUnit) {
        throw notADuration(text);
      }
      lastUnit = u;
      if (v < 0 || v > maxMillis / UNIT_MILLIS[u]) {
        throw new IllegalArgumentException("duration out of range");
      }
      total += v * UNIT_MILLIS[u];
      if (total > maxMillis) {
        throw new IllegalArgumentException("duration out of range");
      }
    }
    return total;
  }

  private static IllegalArgumentException notADuration(String text) {
    return new IllegalArgumentException("not a valid duration string: " + GoQuote.quote(text));
  }

  private static boolean isDigit(char c) {
    return c >= '0' && c <= '9';
  }

  /** Seconds to whole milliseconds the way the reference does: nanoseconds rounded, then cut. */
  static long secondsToMillis(double seconds) {
    return (long) roundHalfAway(seconds * 1e9) / NANOS_PER_MILLI;
  }

  /** Rounds half away from zero, as Go's {@code math.Round}. */
  static double roundHalfAway(double v) {
    double t = v < 0 ? Math.ceil(v) : Math.floor(v);
    return Math.abs(v - t) >= 0.5 ? t + Math.copySign(1, v) : t;
  }

  /**
   * Returns the content of a quoted string. Escapes of single bytes ({@code \xff}) are combined
   * into UTF-8; a byte {@code b} that is not valid UTF-8 becomes the lone surrogate {@code U+DC00 +
   * b}, so that messages can show it and label names with it can be rejected.
   *
   * @param quoted checked by the lexer, quotes included
   */
  static String unquote(String quoted) {
    String body = quoted.substring(1, quoted.length() - 1);
    if (quoted.charAt(0) == '`' || body.indexOf('\\') < 0) {
      return body;
    }
    ByteArrayOutputStream out = new ByteArrayOutputStream(body.length());
    for (int i = 0; i < body.length(); ) {
      int c = body.codePointAt(i);
      i += Character.charCount(c);
      if (c != '\\') {
        out.writeBytes(Character.toString(c).getBytes(StandardCharsets.UTF_8));
        continue;
      }
      char e = body.charAt(i++);
      switch (e) {
        case 'a' -> out.write(7);
        case 'b' -> out.write('\b');
        case 'f' -> out.write('\f');
        case 'n' -> out.write('\n');
        case 'r' -> out.write('\r');
        case 't' -> out.write('\t');
        case 'v' -> out.write(11);
        case 'x' -> {
          out.write(Integer.parseInt(body, i, i + 2, 16));
          i += 2;
        }
        case '0', '1', '2', '3', '4', '5', '6', '7' -> {
          out.write(Integer.parseInt(body, i - 1, i + 2, 8));
          i += 2;
        }
        case 'u', 'U' -> {
          int n = e == 'u' ? 4 : 8;
          int rune = Integer.parseInt(body, i, i + n, 16);
          out.writeBytes(Character.toString(rune).getBytes(StandardCharsets.UTF_8));
          i += n;
        }
        default -> out.write(e); // the quote or the backslash itself
      }
    }
    return decode(out.toByteArray());
  }

  private static String decode(byte[] utf8) {
    String s = new String(utf8, StandardCharsets.UTF_8);
    if (s.indexOf('\ufffd') < 0) {
      return s;
    }
    StringBuilder sb = new StringBuilder();
    for (int i = 0; i < utf8.length; ) {
      int n = Math.min(4, utf8.length - i);
      while (n > 0 && !isOneCharacter(utf8, i, n)) {
        n--;
      }
      if (n == 0) {
        sb.append((char) (0xdc00 + (utf8[i++] & 0xff)));
      } else {
        sb.append(new String(utf8, i, n, StandardCharsets.UTF_8));
        i += n;
      }
    }
    return sb.toString();
  }

  private static boolean isOneCharacter(byte[] utf8, int from, int length) {
    String s = new String(utf8, from, length, StandardCharsets.UTF_8);
    return s.codePointCount(0, s.length()) == 1
        && Arrays.equals(
            s.getBytes(StandardCharsets.UTF_8), Arrays.copyOfRange(utf8, from, from + length));
  }
}
