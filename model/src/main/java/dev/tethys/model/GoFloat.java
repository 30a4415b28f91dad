package dev.tethys.model;

import java.math.BigDecimal;
import java.math.MathContext;
import java.math.RoundingMode;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * Writes doubles as Go's {@code strconv.FormatFloat} does, because exposition formats, JSON
 * responses and PromQL that clients compare are written so.
 *
 * <p>Precision -1 means the fewest digits that read back as the same double. Those forms are
 * written directly into bytes, without garbage, because responses contain millions of them; numbers
 * with a given precision are rare and go through {@link BigDecimal}.
 */
public final class GoFloat {
  /**
   * Maximum number of bytes {@link #writeF} may touch from its start position: the longest output
   * has 327, and digits are stored before unneeded ones are discarded.
   */
  public static final int ROOM_F = 352;

  /** Like {@link #ROOM_F}, for the formats with an exponent. */
  public static final int ROOM_G = 32;

  /** Integers up to here (2^53) are their own shortest digits. */
  private static final double MAX_WHOLE = 0x1p53;

  private static final long TEN_TO_15 = 1_000_000_000_000_000L;
  private static final long TEN_TO_16 = 10 * TEN_TO_15;

  /** {@code 0.000000}, the first character in the lowest byte. */
  private static final long ZERO_POINT = 0x3030_3030_3030_2e30L;

  private GoFloat() {}

  /** Shortest, never with an exponent ('f', -1): JSON responses and PromQL results. */
  public static String f(double v) {
    byte[] b = new byte[roomF(v)];
    return text(b, writeF(b, 0, v));
  }

  /** Shortest, with an exponent below 1e-4 and from 1e6 on ('g', -1): exposition formats. */
  public static String g(double v) {
    byte[] b = new byte[ROOM_G];
    return text(b, writeG(b, 0, v));
  }

  /** Shortest, always with an exponent ('e', -1). */
  public static String e(double v) {
    byte[] b = new byte[ROOM_G];
    return text(b, writeE(b, 0, v));
  }

  /**
   * The form of OpenMetrics and of normalized {@code le} and {@code quantile} values: 'g', with
   * {@code .0} appended to integers.
   */
  public static String openMetrics(double v) {
    byte[] b = new byte[ROOM_G];
    return text(b, writeOpenMetrics(b, 0, v));
  }

  private static String text(byte[] ascii, int length) {
    return new String(ascii, 0, length, StandardCharsets.ISO_8859_1);
  }

  private static int roomF(double v) {
    double abs = Math.abs(v);
    return abs >= 1e-5 && abs < 1e21 ? ROOM_G : ROOM_F;
  }

  /** Writes the form of {@link #f} into {@link #ROOM_F} bytes and returns the end position. */
  public static int writeF(byte[] to, int at, double v) {
    long whole = (long) v;
    if (whole == v && Math.abs(v) <= MAX_WHOLE && (whole != 0 || 1 / v > 0)) {
      return DecimalDigits.write(to, at, whole);
    }
    return write(to, at, v, 'f');
  }

  /** Writes the form of {@link #g} into {@link #ROOM_G} bytes and returns the end position. */
  public static int writeG(byte[] to, int at, double v) {
    int whole = (int) v;
    if (whole == v && Math.abs(v) < 1e6 && (whole != 0 || 1 / v > 0)) {
      return DecimalDigits.write(to, at, whole);
    }
    return write(to, at, v, 'g');
  }

  /** Writes the form of {@link #e} into {@link #ROOM_G} bytes and returns the end position. */
  public static int writeE(byte[] to, int at, double v) {
    return write(to, at, v, 'e');
  }

  /** Writes {@link #openMetrics} into {@link #ROOM_G} bytes and returns the end position. */
  public static int writeOpenMetrics(byte[] to, int at, double v) {
    int end = writeG(to, at, v == 0 ? 0.0 : v); // Prometheus knows only one zero here
    if (Double.isFinite(v) && v == Math.rint(v) && Math.abs(v) < 1e6) {
      to[end++] = '.';
      to[end++] = '0';
    } // others have a point or an exponent
    return end;
  }

  private static int write(byte[] to, int at, double v, char format) {
    if (v == 0 || !Double.isFinite(v)) {
      return special(to, at, v, format);
    }
    long bits = Double.doubleToRawLongBits(v);
    if (bits < 0) {
      to[at++] = '-';
      bits &= Long.MAX_VALUE;
    }
    long d = ShortestDecimal.digits(bits);
    int point = ShortestDecimal.exponent(bits) + 17;
    while (d < TEN_TO_15) { // subnormals only
      d *= 10;
      point--;
    }
    // Whether there are 16 digits or 17, and how many of them are zeros at the end, is as good as
    // random: so there is no jump.
    long sixteen = d - TEN_TO_16 >> 63;
    d += 9 * d & sixteen;
    point += (int) sixteen;
    // the value is 0.d × 10^point with d of 17 digits: 1, 8 and 8
    long upper = d / 100_000_000;
    int first = (int) (upper / 100_000_000);
    long middle = DecimalDigits.eight(upper - first * 100_000_000L);
    long last = DecimalDigits.eight(d - upper * 100_000_000);
    int zeros = Long.numberOfLeadingZeros(last) >> 3; // eight when there is nothing else
    int n = 17 - zeros - (Long.numberOfLeadingZeros(middle) >> 3 & -(zeros >> 3));
    middle |= DecimalDigits.ASCII_ZEROS;
    last |= DecimalDigits.ASCII_ZEROS;

    if (format != 'f' && (format == 'e' || point < -3 || point > 6)) {
      storeWithPoint(to, at, 1, first, middle, last);
      return exponent(to, n == 1 ? at + 1 : at + 1 + n, point - 1);
    }
    if (point > 0 && point < n) {
      storeWithPoint(to, at, point, first, middle, last);
      return at + n + 1;
    }
    int start = at;
    if (point <= 0) {
      start += 2 - point;
      DecimalDigits.store(to, at, ZERO_POINT);
      if (point < -6) {
        Arrays.fill(to, at + 8, start, (byte) '0');
      }
    }
    to[start] = (byte) ('0' + first);
    DecimalDigits.store(to, start + 1, middle);
    DecimalDigits.store(to, start + 9, last);
    if (point > 17) {
      Arrays.fill(to, at + 17, at + point, (byte) '0');
    }
    return point <= 0 ? start + n : at + point;
  }

  /** Writes seventeen digits with a point after the first to the sixteenth. */
  private static void storeWithPoint(
      byte[] to, int at, int point, int first, long middle, long last) {
    to[at] = (byte) ('0' + first);
    DecimalDigits.store(to, at + 1, middle);
    if (point <= 8) { // a gap is left by storing the middle on both sides of it
      DecimalDigits.store(to, at + point + 1, middle >>> (point - 1 << 3));
      DecimalDigits.store(to, at + 10, last);
    } else {
      DecimalDigits.store(to, at + 9, last);
      DecimalDigits.store(to, at + point + 1, last >>> (point - 9 << 3));
    }
    to[at + point] = '.';
  }

  private static int exponent(byte[] to, int at, int exponent) {
    to[at++] = 'e';
    to[at++] = (byte) (exponent < 0 ? '-' : '+');
    int abs = Math.abs(exponent);
    if (abs < 10) {
      to[at++] = '0';
    }
    return DecimalDigits.write(to, at, abs);
  }

  private static int special(byte[] to, int at, double v, char format) {
    String text = v == 0 ? (1 / v < 0 ? "-0" : "0") : name(v);
    if (v == 0 && format == 'e') {
      text += "e+00";
    }
    for (int i = 0; i < text.length(); i++) {
      to[at++] = (byte) text.charAt(i);
    }
    return at;
  }

  private static String name(double v) {
    return Double.isNaN(v) ? "NaN" : v > 0 ? "+Inf" : "-Inf";
  }

  /** Formats like {@code strconv.FormatFloat(v, format, precision, 64)}. */
  public static String format(double v, char format, int precision) {
    return append(new StringBuilder(24), v, format, precision).toString();
  }

  /**
   * Appends as {@code strconv.AppendFloat(to, v, format, precision, 64)}.
   *
   * @param format one of f, g, e, G, E
   * @param precision digits after the point (f, e) or significant ones (g); -1 for the fewest that
   *     read back as the same value
   */
  public static StringBuilder append(StringBuilder to, double v, char format, int precision) {
    if (!Double.isFinite(v)) {
      return to.append(name(v));
    }
    if (precision < 0) {
      return shortest(to, v, format);
    }
    boolean negative = Double.doubleToRawLongBits(v) < 0;
    if (negative) {
      to.append('-');
    }
    Digits d = rounded(Math.abs(v), format, precision);
    boolean upper = format == 'E' || format == 'G';
    switch (format) {
      case 'f', 'F' -> plain(to, d, precision);
      case 'e', 'E' -> scientific(to, d, precision, upper);
      case 'g', 'G' -> general(to, d, Math.max(precision, 1), upper);
      default -> throw new IllegalArgumentException("unknown float format " + format);
    }
    return to;
  }

  private static StringBuilder shortest(StringBuilder to, double v, char format) {
    int start = to.length();
    switch (format) {
      case 'f', 'F' -> to.append(f(v));
      case 'e', 'E' -> to.append(e(v));
      case 'g', 'G' -> to.append(g(v));
      default -> throw new IllegalArgumentException("unknown float format " + format);
    }
    int e = format == 'E' || format == 'G' ? to.indexOf("e", start) : -1;
    if (e >= 0) {
      to.setCharAt(e, 'E');
    }
    return to;
  }

  private static void general(StringBuilder to, Digits d, int precision, boolean upper) {
    int limit = precision;
    if (limit > d.length() && d.length() >= d.point) {
      limit = d.length();
    }
    int exponent = d.point - 1;
    if (exponent < -4 || exponent >= limit) {
      scientific(to, d, Math.min(precision, d.length()) - 1, upper);
      return;
    }
    plain(to, d, Math.max((precision > d.point ? d.length() : precision) - d.point, 0));
  }

  private static void plain(StringBuilder to, Digits d, int decimals) {
    if (d.point > 0) {
      int whole = Math.min(d.length(), d.point);
      to.append(d.text, 0, whole).repeat('0', d.point - whole);
    } else {
      to.append('0');
    }
    if (decimals > 0) {
      to.append('.');
      digits(to, d, d.point, decimals);
    }
  }

  private static void scientific(StringBuilder to, Digits d, int decimals, boolean upper) {
    to.append(d.digit(0));
    if (decimals > 0) {
      to.append('.');
      digits(to, d, 1, decimals);
    }
    int exponent = d.zero() ? 0 : d.point - 1;
    to.append(upper ? 'E' : 'e').append(exponent < 0 ? '-' : '+');
    exponent = Math.abs(exponent);
    if (exponent < 10) {
      to.append('0');
    }
    to.append(exponent);
  }

  /** Appends digits; there are zeros before the first and after the last one. */
  private static void digits(StringBuilder to, Digits d, int from, int count) {
    int zeros = Math.clamp(-(long) from, 0, count);
    int start = Math.clamp(from, 0, d.length());
    int written = Math.min(count - zeros, d.length() - start);
    to.repeat('0', zeros).append(d.text, start, start + written);
    to.repeat('0', count - zeros - written);
  }

  /** Significant digits without zeros at either end; the value is 0.text × 10^point. */
  private record Digits(String text, int point) {
    static final Digits ZERO = new Digits("", 0);

    int length() {
      return text.length();
    }

    boolean zero() {
      return text.isEmpty();
    }

    char digit(int i) {
      return i >= 0 && i < text.length() ? text.charAt(i) : '0';
    }

    static Digits of(String unscaled, int point) {
      int n = unscaled.length();
      while (n > 0 && unscaled.charAt(n - 1) == '0') {
        n--;
      }
      return n == 0 ? ZERO : new Digits(unscaled.substring(0, n), point);
    }
  }

  private static Digits rounded(double v, char format, int precision) {
    if (v == 0) {
      return Digits.ZERO;
    }
    BigDecimal exact = new BigDecimal(v);
    BigDecimal r =
        switch (format) {
          // More decimals than the value has are zeros, which cost no arithmetic.
          case 'f', 'F' ->
              precision >= exact.scale()
                  ? exact
                  : exact.setScale(precision, RoundingMode.HALF_EVEN);
          case 'e', 'E' -> exact.round(new MathContext(precision + 1, RoundingMode.HALF_EVEN));
          default -> exact.round(new MathContext(Math.max(precision, 1), RoundingMode.HALF_EVEN));
        };
    if (r.signum() == 0) {
      return Digits.ZERO;
    }
    String unscaled = r.unscaledValue().toString();
    return Digits.of(unscaled, unscaled.length() - r.scale());
  }
}
