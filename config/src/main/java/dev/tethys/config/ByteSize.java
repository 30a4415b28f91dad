package dev.tethys.config;

import java.math.BigDecimal;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A number of bytes, written with a unit: B, KB, MB, GB, TB, PB, EB, or KiB and so on; all are
 * powers of 1024, as in Prometheus.
 */
public record ByteSize(long bytes) {
  /** Zero bytes; as a limit, it means no limit. */
  public static final ByteSize ZERO = new ByteSize(0);

  private static final String LETTERS = "KMGTPE";
  private static final Pattern PART = Pattern.compile("(\\d*\\.?\\d*)([a-zA-Z]*)");

  /**
   * Reads a size such as {@code 512MB} or {@code 1GB512MB}; a bare {@code 0} needs no unit.
   *
   * @throws IllegalArgumentException with the problem
   */
  public static ByteSize parse(String s) {
    String rest = s;
    boolean negative = rest.startsWith("-");
    if (negative || rest.startsWith("+")) {
      rest = rest.substring(1);
    }
    if (rest.equals("0")) {
      return ZERO;
    }
    if (rest.isEmpty()) {
      throw new IllegalArgumentException("units: invalid " + s + "; write a size like 512MB");
    }
    BigDecimal total = BigDecimal.ZERO;
    Matcher m = PART.matcher(rest);
    int at = 0;
    while (at < rest.length()) {
      m.region(at, rest.length());
      if (!m.lookingAt() || m.group(1).isEmpty() || m.group(1).equals(".")) {
        throw new IllegalArgumentException("units: invalid " + s + "; write a size like 512MB");
      }
      total =
          total.add(new BigDecimal(m.group(1)).multiply(BigDecimal.valueOf(unit(m.group(2), s))));
      at = m.end();
    }
    if (total.compareTo(BigDecimal.valueOf(Long.MAX_VALUE)) > 0) {
      throw new IllegalArgumentException("size out of range: " + s);
    }
    long n = total.longValue();
    return new ByteSize(negative ? -n : n);
  }

  private static long unit(String unit, String whole) {
    if (unit.equals("B")) {
      return 1;
    }
    int i = unit.isEmpty() ? -1 : LETTERS.indexOf(unit.charAt(0));
    if (i < 0 || !(unit.substring(1).equals("B") || unit.substring(1).equals("iB"))) {
      throw new IllegalArgumentException(
          "units: unknown unit "
              + unit
              + " in "
              + whole
              + "; write a size like 512MB (units are B, KB, MB, GB, TB, PB, EB)");
    }
    return 1L << (10 * (i + 1));
  }

  /** Formats the size like Prometheus, largest unit first: {@code 15MiB}, {@code 1GiB512MiB}. */
  @Override
  public String toString() {
    if (bytes == 0) {
      return "0B";
    }
    StringBuilder sb = new StringBuilder(bytes < 0 ? "-" : "");
    long remaining = Math.abs(bytes);
    for (int i = LETTERS.length() - 1; i >= 0; i--) {
      long unit = 1L << (10 * (i + 1));
      if (remaining >= unit) {
        sb.append(remaining / unit).append(LETTERS.charAt(i)).append("iB");
        remaining %= unit;
      }
    }
    return (remaining > 0 ? sb.append(remaining).append('B') : sb).toString();
  }
}
