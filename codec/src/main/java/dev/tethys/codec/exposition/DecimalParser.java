package dev.tethys.codec.exposition;

import dev.tethys.model.PowersOfTen;
import dev.tethys.model.Samples;
import java.nio.charset.StandardCharsets;

/**
 * Reads the floats of expositions: decimal notation, {@code NaN} and {@code Inf}; hexadecimal
 * digits and underscores are rejected as in Prometheus, and so are numbers that round to infinity.
 *
 * <p>Three ways, each exact. Up to 2^53 and powers of ten up to 22 one correctly rounded
 * multiplication or division does (Clinger 1990). Other numbers of at most 19 digits are multiplied
 * by a 128-bit power of ten (Eisel and Lemire, "Number Parsing at a Gigabyte per Second", 2021),
 * which either proves its rounding or fails. The rest is left to {@link Double#parseDouble}.
 */
public final class DecimalParser {
  /** Bits of the result for text that is not a number. No parsed number has them. */
  static final long SYNTAX_BITS = 0x7ffc_0000_0000_0001L;

  /** Bits of the response for numbers beyond the largest double. */
  static final long RANGE_BITS = 0x7ffc_0000_0000_0002L;

  private static final double SYNTAX = Double.longBitsToDouble(SYNTAX_BITS);
  private static final double RANGE = Double.longBitsToDouble(RANGE_BITS);

  private static final int MAX_DIGITS = 19;

  /** Exponent limit; larger ones give 0 or infinity for any number of digits. */
  private static final int EXPONENT_CUT = 100_000;

  private static final double[] EXACT_POWERS = {
    1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16,
    1e17, 1e18, 1e19, 1e20, 1e21, 1e22
  };

  private DecimalParser() {}

  /** Whether {@link #parse} failed. */
  public static boolean failed(double parsed) {
    long bits = Double.doubleToRawLongBits(parsed);
    return bits == SYNTAX_BITS || bits == RANGE_BITS;
  }

  /** Parses the number in {@code buf[from, to)}; for invalid numbers {@link #failed} is true. */
  public static double parse(byte[] buf, int from, int to) {
    int p = from;
    boolean negative = false;
    if (p < to && (buf[p] == '-' || buf[p] == '+')) {
      negative = buf[p] == '-';
      p++;
    }
    int first = p;
    long mantissa = 0;
    int digits = 0; // significant ones
    int exponent = 0;
    int d;
    while (p < to && (d = buf[p] - '0') >= 0 && d <= 9) {
      if (digits > 0 || d != 0) {
        digits++;
        mantissa = mantissa * 10 + d;
      }
      p++;
    }
    int seen = p - first;
    if (p < to && buf[p] == '.') {
      int point = ++p;
      while (p < to && (d = buf[p] - '0') >= 0 && d <= 9) {
        if (digits > 0 || d != 0) {
          digits++;
          mantissa = mantissa * 10 + d;
        }
        p++;
      }
      exponent = point - p;
      seen += p - point;
    }
    if (seen == 0) {
      return p == first ? special(buf, from, to) : SYNTAX;
    }
    if (p < to && (buf[p] | 0x20) == 'e') {
      p++;
      boolean negativeExponent = false;
      if (p < to && (buf[p] == '-' || buf[p] == '+')) {
        negativeExponent = buf[p] == '-';
        p++;
      }
      int e = 0;
      int begun = p;
      while (p < to && (d = buf[p] - '0') >= 0 && d <= 9) {
        e = Math.min(e * 10 + d, EXPONENT_CUT);
        p++;
      }
      if (p == begun) {
        return SYNTAX;
      }
      exponent += negativeExponent ? -e : e;
    }
    if (p != to) {
      return SYNTAX;
    }
    if (digits == 0) {
      return negative ? -0.0 : 0.0;
    }
    if (digits > MAX_DIGITS) {
      return slow(buf, from, to);
    }
    if (mantissa >= 0 && mantissa <= 1L << 53) {
      if (exponent == 0) {
        return negative ? -(double) mantissa : (double) mantissa;
      }
      if (exponent > 0 && exponent <= 22) {
        double v = mantissa * EXACT_POWERS[exponent];
        return negative ? -v : v;
      }
      if (exponent < 0 && exponent >= -22) {
        double v = mantissa / EXACT_POWERS[-exponent];
        return negative ? -v : v;
      }
    }
    double v = multiply(mantissa, exponent);
    return Double.isNaN(v) ? slow(buf, from, to) : negative ? -v : v;
  }

  /** mantissa × 10^exponent, correctly rounded, or NaN when 128 bits do not decide. */
  private static double multiply(long mantissa, int exponent) {
    if (exponent < PowersOfTen.MIN || exponent > PowersOfTen.MAX) {
      return Double.NaN;
    }
    int zeros = Long.numberOfLeadingZeros(mantissa);
    long m = mantissa << zeros;
    // 217706 / 2^16 is log2(10) closely enough for these exponents.
    long binary = (217706L * exponent >> 16) + 64 + 1023 - zeros;
    long powerHigh = PowersOfTen.high(exponent);
    long high = Math.unsignedMultiplyHigh(m, powerHigh);
    long low = m * powerHigh;
    if ((high & 0x1ff) == 0x1ff && Long.compareUnsigned(low + m, m) < 0) {
      // The bits that decide may change by a carry from the lower half of the power.
      long powerLow = PowersOfTen.low(exponent);
      long carry = Math.unsignedMultiplyHigh(m, powerLow);
      long lowest = m * powerLow;
      long mergedLow = low + carry;
      long mergedHigh = high + (Long.compareUnsigned(mergedLow, low) < 0 ? 1 : 0);
      if ((mergedHigh & 0x1ff) == 0x1ff
          && mergedLow + 1 == 0
          && Long.compareUnsigned(lowest + m, m) < 0) {
        return Double.NaN;
      }
      high = mergedHigh;
      low = mergedLow;
    }
    int top = (int) (high >>> 63);
    long rounded = high >>> (top + 9);
    binary -= 1 ^ top;
    if (low == 0 && (high & 0x1ff) == 0 && (rounded & 3) == 1) {
      return Double.NaN; // half way, or so close that it looks like it
    }
    rounded += rounded & 1;
    rounded >>>= 1;
    if (rounded >>> 53 > 0) {
      rounded >>>= 1;
      binary++;
    }
    if (binary < 1 || binary >= 0x7ff) {
      return Double.NaN; // subnormal or too large
    }
    return Double.longBitsToDouble(binary << 52 | rounded & 0x000f_ffff_ffff_ffffL);
  }

  private static double slow(byte[] buf, int from, int to) {
    double v = Double.parseDouble(new String(buf, from, to - from, StandardCharsets.ISO_8859_1));
    return Double.isInfinite(v) ? RANGE : v;
  }

  private static double special(byte[] buf, int from, int to) {
    int n = to - from;
    if (n == 3 && matches(buf, from, "nan")) {
      return Samples.NORMAL_NAN; // Go takes no sign before it
    }
    boolean signed = n > 0 && (buf[from] == '-' || buf[from] == '+');
    int p = signed ? from + 1 : from;
    n = to - p;
    if (n == 3 && matches(buf, p, "inf") || n == 8 && matches(buf, p, "infinity")) {
      return signed && buf[from] == '-' ? Double.NEGATIVE_INFINITY : Double.POSITIVE_INFINITY;
    }
    return SYNTAX;
  }

  private static boolean matches(byte[] buf, int p, String lower) {
    for (int i = 0; i < lower.length(); i++) {
      if ((buf[p + i] | 0x20) != lower.charAt(i)) {
        return false;
      }
    }
    return true;
  }
}
