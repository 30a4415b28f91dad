package dev.tethys.model;

/**
 * Durations in the format of Go's {@code time.Duration.String}, because labels, templates and
 * tables that clients compare contain them: {@code 1h0m0.5s}, below a second {@code 1.5ms}.
 */
public final class GoDurationText {
  private static final long SECOND = 1_000_000_000L;

  private GoDurationText() {}

  /** Formats a duration in nanoseconds. */
  public static String of(long nanos) {
    if (nanos == 0) {
      return "0s";
    }
    String sign = nanos < 0 ? "-" : "";
    long size = Math.abs(nanos); // without a sign: the least long has no positive twin
    long seconds = Long.divideUnsigned(size, SECOND);
    long rest = Long.remainderUnsigned(size, SECOND);
    if (seconds == 0) {
      return sign
          + (rest < 1000
              ? rest + "ns"
              : rest < 1_000_000 ? decimal(rest, 1000) + "µs" : decimal(rest, 1_000_000) + "ms");
    }
    long minutes = seconds / 60;
    long hours = minutes / 60;
    return sign
        + (hours > 0 ? hours + "h" : "")
        + (minutes > 0 ? minutes % 60 + "m" : "")
        + decimal(seconds % 60 * SECOND + rest, SECOND)
        + "s";
  }

  private static String decimal(long n, long unit) {
    String whole = String.valueOf(n / unit);
    long rest = n % unit;
    if (rest == 0) {
      return whole;
    }
    String digits = String.valueOf(unit + rest).substring(1);
    int end = digits.length();
    while (digits.charAt(end - 1) == '0') {
      end--;
    }
    return whole + "." + digits.substring(0, end);
  }
}
