package dev.tethys.codec.influx;

import org.jspecify.annotations.Nullable;

/** Unit of the timestamps of lines. */
public enum TimePrecision {
  NANOSECONDS(1_000_000, 1),
  MICROSECONDS(1000, 1),
  MILLISECONDS(1, 1),
  SECONDS(1, 1000),
  MINUTES(1, 60_000),
  HOURS(1, 3_600_000),
  /** By its size: seconds, milliseconds, microseconds or nanoseconds (version 3). */
  AUTO(1, 1);

  private static final long AUTO_SECONDS = 5_000_000_000L;
  private static final long AUTO_MILLIS = 1000 * AUTO_SECONDS;
  private static final long AUTO_MICROS = 1000 * AUTO_MILLIS;

  private final long divisor;
  private final long factor;

  TimePrecision(long divisor, long factor) {
    this.divisor = divisor;
    this.factor = factor;
  }

  /**
   * The precision for a word of any version; null for an unknown word.
   *
   * @param word "" means nanoseconds
   */
  public static @Nullable TimePrecision named(String word) {
    return switch (word) {
      case "", "n", "ns", "nanosecond" -> NANOSECONDS;
      case "u", "µ", "us", "microsecond" -> MICROSECONDS;
      case "ms", "millisecond" -> MILLISECONDS;
      case "s", "second" -> SECONDS;
      case "m" -> MINUTES;
      case "h" -> HOURS;
      case "auto" -> AUTO;
      default -> null;
    };
  }

  /**
   * Unix milliseconds.
   *
   * @throws ArithmeticException if they do not fit
   */
  public long millis(long time) {
    if (this == AUTO) {
      long size = Math.abs(time);
      return (size < AUTO_SECONDS
              ? SECONDS
              : size < AUTO_MILLIS ? MILLISECONDS : size < AUTO_MICROS ? MICROSECONDS : NANOSECONDS)
          .millis(time);
    }
    return Math.multiplyExact(Math.floorDiv(time, divisor), factor);
  }
}
