package dev.tethys.config;

import java.time.Duration;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Durations as Prometheus writes them: integers with the units y, w, d, h, m, s, ms, largest first,
 * each at most once ({@code 1h30m}), or a bare {@code 0}. A year has 365 days. At most about 292
 * years, the range of 64-bit nanoseconds.
 */
public final class Durations {
  private static final Pattern FORM =
      Pattern.compile(
          "(?:(\\d+)y)?(?:(\\d+)w)?(?:(\\d+)d)?(?:(\\d+)h)?(?:(\\d+)m)?(?:(\\d+)s)?(?:(\\d+)ms)?");
  private static final String[] UNITS = {"y", "w", "d", "h", "m", "s", "ms"};
  private static final long[] MILLIS = {
    31_536_000_000L, 604_800_000L, 86_400_000L, 3_600_000L, 60_000L, 1000L, 1L
  };
  private static final long MAX_MILLIS = Long.MAX_VALUE / 1_000_000;

  private Durations() {}

  /**
   * Reads a duration.
   *
   * @throws IllegalArgumentException with Prometheus's message
   */
  public static Duration parse(String s) {
    if (s.isEmpty()) {
      throw new IllegalArgumentException("empty duration string");
    }
    if (s.equals("0")) {
      return Duration.ZERO;
    }
    Matcher m = FORM.matcher(s);
    if (!m.matches()) {
      throw new IllegalArgumentException(
          "not a valid duration string: \""
              + s
              + "\" (write it like 30s, 5m or 1h30m; units are y, w, d, h, m, s, ms)");
    }
    long total = 0;
    try {
      for (int i = 0; i < MILLIS.length; i++) {
        String n = m.group(i + 1);
        if (n != null) {
          total = Math.addExact(total, Math.multiplyExact(Long.parseLong(n), MILLIS[i]));
        }
      }
    } catch (ArithmeticException | NumberFormatException e) {
      total = Long.MAX_VALUE;
    }
    if (total > MAX_MILLIS) {
      throw new IllegalArgumentException("duration out of range");
    }
    return Duration.ofMillis(total);
  }

  /** Writes a duration; parts of a millisecond are cut off. */
  public static String format(Duration d) {
    long ms = d.toMillis();
    if (ms == 0) {
      return "0s";
    }
    StringBuilder sb = new StringBuilder();
    if (ms < 0) {
      sb.append('-');
      ms = -ms;
    }
    for (int i = 0; i < UNITS.length; i++) {
      // Years, weeks and days only when nothing is left over, as Prometheus prints them.
      if (i < 3 && ms % MILLIS[i] != 0) {
        continue;
      }
      long n = ms / MILLIS[i];
      if (n > 0) {
        sb.append(n).append(UNITS[i]);
        ms -= n * MILLIS[i];
      }
    }
    return sb.toString();
  }
}
