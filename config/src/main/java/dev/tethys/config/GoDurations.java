package dev.tethys.config;

import java.math.BigDecimal;
import java.time.Duration;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Durations in the format of Go's {@code time.ParseDuration}, used by configurations of the
 * Collector. A duration is decimal numbers with the units ns, us, ms, s, m, h, in any order ({@code
 * 1h30m}, {@code 1.5s}), or a bare {@code 0}. Within the range of 64-bit nanoseconds.
 */
public final class GoDurations {
  /** Non-negative duration. */
  public static final Type<Duration> TYPE =
      Type.of("duration", Duration.ZERO, n -> n.parse(GoDurations::notNegative));

  private static final Pattern PART =
      Pattern.compile("(\\d+\\.?\\d*|\\.\\d+)(ns|us|µs|μs|ms|s|m|h)");
  private static final BigDecimal MAX = BigDecimal.valueOf(Long.MAX_VALUE);

  private GoDurations() {}

  /**
   * Reads a duration.
   *
   * @throws IllegalArgumentException with the problem
   */
  public static Duration parse(String s) {
    boolean negative = s.startsWith("-");
    String rest = negative || s.startsWith("+") ? s.substring(1) : s;
    if (rest.equals("0")) {
      return Duration.ZERO;
    }
    Matcher m = PART.matcher(rest);
    BigDecimal nanos = BigDecimal.ZERO;
    int at = 0;
    while (at < rest.length() && rest.length() <= 100 && m.region(at, rest.length()).lookingAt()) {
      nanos = nanos.add(new BigDecimal(digits(m.group(1))).multiply(unit(m.group(2))));
      at = m.end();
    }
    if (rest.isEmpty() || at < rest.length()) {
      throw new IllegalArgumentException(
          "not a valid duration: \""
              + s
              + "\" (write it like 200ms, 1.5s or 1h30m; units are ns, us, ms, s, m, h)");
    }
    if (nanos.compareTo(MAX) > 0) {
      throw new IllegalArgumentException("duration out of range: \"" + s + "\"");
    }
    return Duration.ofNanos(negative ? -nanos.longValue() : nanos.longValue());
  }

  private static Duration notNegative(String s) {
    Duration d = parse(s);
    if (d.isNegative()) {
      throw new IllegalArgumentException("a duration may not be negative here: \"" + s + "\"");
    }
    return d;
  }

  private static String digits(String s) {
    return s.endsWith(".") ? s + "0" : s;
  }

  private static BigDecimal unit(String unit) {
    return BigDecimal.valueOf(
        switch (unit) {
          case "ns" -> 1L;
          case "ms" -> 1_000_000L;
          case "s" -> 1_000_000_000L;
          case "m" -> 60_000_000_000L;
          case "h" -> 3_600_000_000_000L;
          default -> 1000L; // us, with either letter that looks like a mu
        });
  }
}
