package dev.tethys.model;

import java.math.BigDecimal;
import java.math.MathContext;
import java.math.RoundingMode;

/**
 * Writes doubles as Go's {@code strconv.FormatFloat} does, because exposition formats, JSON answers
 * and PromQL that clients compare are written so.
 *
 * <p>Precision -1 means the fewest digits that read back as the same double. Java's own {@link
 * Double#toString(double)} finds those since JDK 19, with one exception: it never looks for fewer
 * than two digits, which matters only among the smallest subnormals.
 */
public final class GoFloat {
  /** Below this a single digit may stand for a double that Java writes with two. */
  private static final double ONE_DIGIT_SUSPECT = 1e-300;

  /** Longs up to here are exact doubles and are their own shortest digits. */
  private static final double MAX_PLAIN_INTEGER = 1e15;

  private GoFloat() {}

  /** Shortest, never with an exponent ('f', -1): JSON answers and PromQL results. */
  public static String f(double v) {
    return append(new StringBuilder(24), v, 'f', -1).toString();
  }

  /** Shortest, with an exponent below 1e-4 and from 1e6 on ('g', -1): exposition formats. */
  public static String g(double v) {
    return append(new StringBuilder(24), v, 'g', -1).toString();
  }

  /** Shortest, always with an exponent ('e', -1). */
  public static String e(double v) {
    return append(new StringBuilder(24), v, 'e', -1).toString();
  }

  /** As {@code strconv.FormatFloat(v, format, precision, 64)}. */
  public static String format(double v, char format, int precision) {
    return append(new StringBuilder(24), v, format, precision).toString();
  }

  /**
   * The form of OpenMetrics and of normalised {@code le} and {@code quantile} values: 'g' with
   * {@code .0} where it would look like an integer.
   */
  public static StringBuilder appendOpenMetrics(StringBuilder to, double v) {
    if (v == 0) {
      return to.append("0.0"); // also for -0: Prometheus knows only one zero here
    }
    int start = to.length();
    append(to, v, 'g', -1);
    if (!Double.isFinite(v)) {
      return to;
    }
    for (int i = start; i < to.length(); i++) {
      char c = to.charAt(i);
      if (c == '.' || c == 'e') {
        return to;
      }
    }
    return to.append(".0");
  }

  /** As {@link #appendOpenMetrics}, as a string of its own. */
  public static String openMetrics(double v) {
    return appendOpenMetrics(new StringBuilder(24), v).toString();
  }

  /**
   * Appends as {@code strconv.AppendFloat(to, v, format, precision, 64)}.
   *
   * @param format one of f, g, e, G, E
   * @param precision digits after the point (f, e) or significant ones (g); -1 for the fewest that
   *     read back the same
   */
  public static StringBuilder append(StringBuilder to, double v, char format, int precision) {
    if (Double.isNaN(v)) {
      return to.append("NaN");
    }
    if (Double.isInfinite(v)) {
      return to.append(v > 0 ? "+Inf" : "-Inf");
    }
    if (precision < 0 && format == 'f' && v == Math.rint(v) && Math.abs(v) < MAX_PLAIN_INTEGER) {
      return v == 0 && 1 / v < 0 ? to.append("-0") : to.append((long) v);
    }
    if (precision < 0 && format == 'g' && v == Math.rint(v) && Math.abs(v) < 1e6) {
      return v == 0 && 1 / v < 0 ? to.append("-0") : to.append((int) v);
    }
    boolean negative = Double.doubleToRawLongBits(v) < 0;
    if (negative) {
      to.append('-');
    }
    Digits d = precision < 0 ? shortest(Math.abs(v)) : rounded(Math.abs(v), format, precision);
    boolean upper = format == 'E' || format == 'G';
    switch (format) {
      case 'f', 'F' -> plain(to, d, precision < 0 ? Math.max(d.length() - d.point, 0) : precision);
      case 'e', 'E' -> scientific(to, d, precision < 0 ? d.length() - 1 : precision, upper);
      case 'g', 'G' -> general(to, d, precision, upper);
      default -> throw new IllegalArgumentException("unknown float format " + format);
    }
    return to;
  }

  private static void general(StringBuilder to, Digits d, int precision, boolean upper) {
    boolean shortest = precision < 0;
    int p = shortest ? d.length() : Math.max(precision, 1);
    int limit = p;
    if (limit > d.length() && d.length() >= d.point) {
      limit = d.length();
    }
    if (shortest) {
      limit = 6;
    }
    int exponent = d.point - 1;
    if (exponent < -4 || exponent >= limit) {
      scientific(to, d, Math.min(p, d.length()) - 1, upper);
      return;
    }
    plain(to, d, Math.max((p > d.point ? d.length() : p) - d.point, 0));
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
      for (int i = 0; i < decimals; i++) {
        to.append(d.digit(d.point + i));
      }
    }
  }

  private static void scientific(StringBuilder to, Digits d, int decimals, boolean upper) {
    to.append(d.digit(0));
    if (decimals > 0) {
      to.append('.');
      for (int i = 1; i <= decimals; i++) {
        to.append(d.digit(i));
      }
    }
    int exponent = d.zero() ? 0 : d.point - 1;
    to.append(upper ? 'E' : 'e').append(exponent < 0 ? '-' : '+');
    exponent = Math.abs(exponent);
    if (exponent < 10) {
      to.append('0');
    }
    to.append(exponent);
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

  private static Digits shortest(double v) {
    if (v == 0) {
      return Digits.ZERO;
    }
    String s = Double.toString(v);
    int exponent = 0;
    int e = s.indexOf('E');
    if (e >= 0) {
      exponent = Integer.parseInt(s, e + 1, s.length(), 10);
      s = s.substring(0, e);
    }
    int dot = s.indexOf('.');
    String digits = s.substring(0, dot) + s.substring(dot + 1);
    int lead = 0;
    while (digits.charAt(lead) == '0') {
      lead++;
    }
    Digits d = Digits.of(digits.substring(lead), dot - lead + exponent);
    return v < ONE_DIGIT_SUSPECT && d.length() == 2 ? oneDigit(v, d) : d;
  }

  private static Digits oneDigit(double v, Digits two) {
    int first = two.text.charAt(0) - '0';
    int nearest = two.text.charAt(1) >= '5' ? first + 1 : first;
    String text = Integer.toString(nearest); // may be 10: then the point moves
    if (Double.parseDouble("0." + text + "E" + (two.point + text.length() - 1)) == v) {
      return Digits.of(text, two.point + text.length() - 1);
    }
    return two;
  }

  private static Digits rounded(double v, char format, int precision) {
    if (v == 0) {
      return Digits.ZERO;
    }
    BigDecimal exact = new BigDecimal(v);
    BigDecimal r =
        switch (format) {
          case 'f', 'F' -> exact.setScale(precision, RoundingMode.HALF_EVEN);
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
