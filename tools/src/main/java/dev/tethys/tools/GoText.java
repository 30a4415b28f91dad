package dev.tethys.tools;

import dev.tethys.model.GoDurationText;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.concurrent.TimeUnit;

/** Times and sizes as promtool writes them. */
final class GoText {
  private static final DateTimeFormatter TIME =
      DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm:ss '+0000 UTC'").withZone(ZoneOffset.UTC);
  private static final String[] UNITS = {"EiB", "PiB", "TiB", "GiB", "MiB", "KiB", "B"};

  private GoText() {}

  /** Formats a duration: {@code 1h46m30.001s}; at most some 292 years. */
  static String duration(long millis) {
    return GoDurationText.of(TimeUnit.MILLISECONDS.toNanos(millis));
  }

  /** Formats a time in seconds, or unchanged. */
  static String time(long millis, boolean human) {
    return human ? TIME.format(Instant.ofEpochSecond(millis / 1000)) : String.valueOf(millis);
  }

  /** Formats bytes: {@code 7KiB452B}, or unchanged. */
  static String bytes(long bytes, boolean human) {
    if (!human) {
      return String.valueOf(bytes);
    }
    if (bytes == 0) {
      return "0B";
    }
    StringBuilder sb = new StringBuilder();
    long rest = bytes;
    for (int i = 0; i < UNITS.length; i++) {
      long unit = 1L << 10 * (UNITS.length - 1 - i);
      if (rest >= unit) {
        sb.append(rest / unit).append(UNITS[i]);
        rest %= unit;
      }
    }
    return sb.toString();
  }
}
