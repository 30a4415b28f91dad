package dev.tethys.app.tool;

import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;

/** Times and sizes as promtool writes them. */
final class GoText {
  private static final DateTimeFormatter TIME =
      DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm:ss '+0000 UTC'").withZone(ZoneOffset.UTC);
  private static final String[] UNITS = {"EiB", "PiB", "TiB", "GiB", "MiB", "KiB", "B"};

  private GoText() {}

  /** A duration: {@code 1h46m30.001s}. */
  static String duration(long millis) {
    if (millis == 0) {
      return "0s";
    }
    StringBuilder sb = new StringBuilder(millis < 0 ? "-" : "");
    long ms = Math.abs(millis);
    if (ms < 1000) {
      return sb.append(ms).append("ms").toString();
    }
    long hours = ms / 3_600_000;
    long minutes = ms / 60_000 % 60;
    if (hours > 0) {
      sb.append(hours).append('h');
    }
    if (hours > 0 || minutes > 0) {
      sb.append(minutes).append('m');
    }
    sb.append(ms / 1000 % 60);
    long rest = ms % 1000;
    if (rest > 0) {
      String digits = String.valueOf(1000 + rest).substring(1);
      int end = 3;
      while (digits.charAt(end - 1) == '0') {
        end--;
      }
      sb.append('.').append(digits, 0, end);
    }
    return sb.append('s').toString();
  }

  /** A time in seconds, or as it is. */
  static String time(long millis, boolean human) {
    return human ? TIME.format(Instant.ofEpochSecond(millis / 1000)) : String.valueOf(millis);
  }

  /** Bytes: {@code 7KiB452B}, or as they are. */
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
