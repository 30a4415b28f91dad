package dev.tethys.insight.objectives;

import java.math.BigDecimal;

/**
 * Regular expressions of labels {@code le} of classic histograms. The count of the smallest bucket
 * whose bound is at least a threshold is then the minimum over the matching buckets, whichever
 * bounds a histogram has.
 */
public final class BucketBounds {
  /** Least threshold: smaller bounds are written with an exponent. */
  public static final BigDecimal MIN = new BigDecimal("0.0001");

  /** Bound of thresholds: larger bounds are written with an exponent. */
  public static final BigDecimal MAX = new BigDecimal("1000000");

  private BucketBounds() {}

  /**
   * Expression of the bounds that are at least a threshold.
   *
   * @throws IllegalArgumentException if the threshold is not from {@link #MIN} to below {@link
   *     #MAX}
   */
  public static String atLeast(BigDecimal threshold) {
    if (threshold.compareTo(MIN) < 0 || threshold.compareTo(MAX) >= 0) {
      throw new IllegalArgumentException(
          "threshold is "
              + threshold.toPlainString()
              + "; it must be from 0.0001 to below 1000000");
    }
    String text = threshold.stripTrailingZeros().toPlainString();
    int point = text.indexOf('.');
    String whole = point < 0 ? text : text.substring(0, point);
    String fraction = point < 0 ? "" : text.substring(point + 1);
    StringBuilder out = new StringBuilder("\\+Inf|[1-9](\\.[0-9]+)?e\\+[0-9]+");
    greaterWhole(whole, out);
    out.append('|').append(whole);
    if (fraction.isEmpty()) {
      return out.append("(\\.[0-9]+)?").toString();
    }
    out.append("\\.(");
    for (int i = 0; i < fraction.length(); i++) {
      char c = fraction.charAt(i);
      if (c < '9') {
        out.append(fraction, 0, i).append(digits(c)).append("[0-9]*|");
      }
    }
    return out.append(fraction).append("[0-9]*)").toString();
  }

  /** Appends a pattern for numbers with a greater integer part. */
  private static void greaterWhole(String whole, StringBuilder out) {
    String fraction = "(\\.[0-9]+)?";
    out.append("|[1-9][0-9]{").append(whole.length()).append(",}").append(fraction);
    for (int i = 0; i < whole.length(); i++) {
      char c = whole.charAt(i);
      if (c < '9') {
        out.append('|').append(whole, 0, i).append(digits(c));
        int rest = whole.length() - i - 1;
        if (rest > 0) {
          out.append("[0-9]{").append(rest).append('}');
        }
        out.append(fraction);
      }
    }
  }

  /** Digits above another one. */
  private static String digits(char below) {
    return below == '8' ? "9" : "[" + (char) (below + 1) + "-9]";
  }
}
