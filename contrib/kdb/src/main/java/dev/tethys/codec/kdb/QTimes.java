package dev.tethys.codec.kdb;

/** Unix milliseconds as q's timestamps: nanoseconds since 2000, between 1707 and 2292. */
public final class QTimes {
  private static final long NANOS = 1_000_000;
  private static final long DAY_NANOS = 86_400_000L * NANOS;

  /** The first and the last millisecond of a timestamp; null and infinities lie outside. */
  public static final long MIN_MILLIS = QType.EPOCH_MILLIS - Long.MAX_VALUE / NANOS + 1;

  public static final long MAX_MILLIS = QType.EPOCH_MILLIS + Long.MAX_VALUE / NANOS - 1;

  private QTimes() {}

  public static boolean isInRange(long millis) {
    return millis >= MIN_MILLIS && millis <= MAX_MILLIS;
  }

  /** Converts a time to the nearest timestamp. */
  public static long timestamp(long millis) {
    return (Math.clamp(millis, MIN_MILLIS, MAX_MILLIS) - QType.EPOCH_MILLIS) * NANOS;
  }

  /** Converts a timestamp to Unix milliseconds. */
  public static long millis(long timestamp) {
    return Math.floorDiv(timestamp, NANOS) + QType.EPOCH_MILLIS;
  }

  /** Returns the time of day of a timestamp. */
  public static long timespan(long timestamp) {
    return Math.floorMod(timestamp, DAY_NANOS);
  }

  /** Returns the day of a timestamp, counted from 2000-01-01. */
  public static int date(long timestamp) {
    return (int) Math.floorDiv(timestamp, DAY_NANOS);
  }
}
