package dev.tethys.query.logql.pipeline;

/** Plain decimal numbers in bytes, read without an object. */
final class Numbers {
  private static final double[] POWERS = {
    1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15
  };

  private Numbers() {}

  /** Parses up to fifteen digits with a sign and a point; NaN for any other text. */
  static double parse(byte[] b, int from, int length) {
    int i = from;
    int to = from + length;
    boolean negative = i < to && b[i] == '-';
    if (negative) {
      i++;
    }
    long v = 0;
    int digits = 0;
    int decimals = -1;
    for (; i < to; i++) {
      byte c = b[i];
      if (c == '.' && decimals < 0) {
        decimals = 0;
      } else if (c >= '0' && c <= '9') {
        v = 10 * v + (c - '0');
        digits++;
        decimals += decimals >= 0 ? 1 : 0;
      } else {
        return Double.NaN;
      }
    }
    if (digits == 0 || digits > 15) {
      return Double.NaN;
    }
    // both operands are exact, so that the quotient is the nearest double
    double d = decimals > 0 ? v / POWERS[decimals] : v;
    return negative ? -d : d;
  }
}
