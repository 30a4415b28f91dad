package dev.tethys.codec.time;

import java.time.LocalDate;
import java.time.YearMonth;
import java.time.ZoneId;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** A format of times by the names that Promtail has for them, or by a layout. */
@FunctionalInterface
public interface TimeFormat {
  /**
   * Reads a time.
   *
   * @param now nanoseconds since 1970, for strings without a year
   * @return nanoseconds since 1970, or {@link GoLayout#NONE}
   */
  long read(String text, long now);

  /** Go's names of layouts. */
  Map<String, String> LAYOUTS =
      Map.of(
          "ANSIC", "Mon Jan _2 15:04:05 2006",
          "UnixDate", "Mon Jan _2 15:04:05 MST 2006",
          "RubyDate", "Mon Jan 02 15:04:05 -0700 2006",
          "RFC822", "02 Jan 06 15:04 MST",
          "RFC822Z", "02 Jan 06 15:04 -0700",
          "RFC850", "Monday, 02-Jan-06 15:04:05 MST",
          "RFC1123", "Mon, 02 Jan 2006 15:04:05 MST",
          "RFC1123Z", "Mon, 02 Jan 2006 15:04:05 -0700",
          "RFC3339", "2006-01-02T15:04:05Z07:00",
          "RFC3339Nano", "2006-01-02T15:04:05.999999999Z07:00");

  /**
   * The format of a name or a layout.
   *
   * @param location the zone of times that name none; only layouts that have no name heed it
   */
  static TimeFormat of(String format, @Nullable ZoneId location) {
    ZoneId local = ZoneId.systemDefault();
    String layout = LAYOUTS.get(format);
    return switch (format) {
      case "Unix" -> (t, now) -> unix(t);
      case "UnixMs" -> (t, now) -> scaled(t, 1_000_000);
      case "UnixUs" -> (t, now) -> scaled(t, 1_000);
      case "UnixNs" -> (t, now) -> scaled(t, 1);
      case "RFC3339", "RFC3339Nano" -> {
        GoLayout general = new GoLayout(Objects.requireNonNull(layout), null, local);
        yield (t, now) -> {
          long v = rfc3339(t);
          return v == GoLayout.NONE ? general.read(t, now) : v;
        };
      }
      default ->
          layout == null
              ? new GoLayout(format, location, local)::read
              : new GoLayout(layout, null, local)::read;
    };
  }

  /** Whether a format is neither a name nor a layout with a part of a time in it. */
  static boolean isText(String format) {
    return !LAYOUTS.containsKey(format)
        && !Set.of("Unix", "UnixMs", "UnixUs", "UnixNs").contains(format)
        && GoLayout.isText(format);
  }

  private static long scaled(String text, long by) {
    try {
      return Math.multiplyExact(Long.parseLong(text), by);
    } catch (NumberFormatException | ArithmeticException e) {
      return GoLayout.NONE;
    }
  }

  /** Seconds, with a fraction of any length after a dot. */
  private static long unix(String text) {
    int dot = text.indexOf('.');
    if (dot < 0) {
      return scaled(text, 1_000_000_000);
    }
    if (text.indexOf('.', dot + 1) >= 0) {
      return GoLayout.NONE;
    }
    try {
      long seconds = Long.parseLong(text, 0, dot, 10);
      double fraction = Long.parseLong(text, dot + 1, text.length(), 10);
      long nanos = (long) (fraction * Math.pow(10, 9 - (text.length() - dot - 1)));
      return Math.addExact(Math.multiplyExact(seconds, 1_000_000_000L), nanos);
    } catch (NumberFormatException | ArithmeticException e) {
      return GoLayout.NONE;
    }
  }

  /**
   * The usual form of a time, with fields at fixed positions; {@link GoLayout#NONE} for any other
   * form.
   */
  private static long rfc3339(String t) {
    int n = t.length();
    if (n < 20
        || t.charAt(4) != '-'
        || t.charAt(7) != '-'
        || t.charAt(10) != 'T'
        || t.charAt(13) != ':'
        || t.charAt(16) != ':') {
      return GoLayout.NONE;
    }
    int century = two(t, 0);
    int year = century < 0 || two(t, 2) < 0 ? -1 : century * 100 + two(t, 2);
    int month = two(t, 5);
    int day = two(t, 8);
    int hour = two(t, 11);
    int minute = two(t, 14);
    int second = two(t, 17);
    boolean usual = month >= 1 && month <= 12 && day >= 1 && day <= 28;
    if ((year | month | day | hour | minute | second) < 0
        || year < 1678
        || year > 2261
        || hour > 23
        || minute > 59
        || second > 59
        || !usual && !exists(year, month, day)) {
      return GoLayout.NONE;
    }
    int p = 19;
    int nanos = 0;
    if (t.charAt(p) == '.') {
      int scale = 100_000_000;
      for (p++; p < n && t.charAt(p) >= '0' && t.charAt(p) <= '9'; p++) {
        nanos += (t.charAt(p) - '0') * scale;
        scale /= 10;
      }
      if (p == 20) {
        return GoLayout.NONE;
      }
    }
    int offset;
    if (p == n - 1 && t.charAt(p) == 'Z') {
      offset = 0;
    } else if (p == n - 6 && t.charAt(p + 3) == ':') {
      int hours = two(t, p + 1);
      int minutes = two(t, p + 4);
      char sign = t.charAt(p);
      if ((hours | minutes) < 0 || hours > 23 || minutes > 59 || sign != '+' && sign != '-') {
        return GoLayout.NONE;
      }
      offset = (sign == '-' ? -1 : 1) * (hours * 3600 + minutes * 60);
    } else {
      return GoLayout.NONE;
    }
    long seconds = epochDay(year, month, day) * 86_400 + hour * 3600L + minute * 60L + second;
    return (seconds - offset) * 1_000_000_000L + nanos;
  }

  private static boolean exists(int year, int month, int day) {
    return month >= 1
        && month <= 12
        && day >= 1
        && day <= YearMonth.of(year, month).lengthOfMonth();
  }

  private static long epochDay(int year, int month, int day) {
    return LocalDate.of(year, month, day).toEpochDay();
  }

  /** A number of two digits; negative if there are none. */
  private static int two(String t, int at) {
    int a = t.charAt(at) - '0';
    int b = t.charAt(at + 1) - '0';
    return (a | b) < 0 || a > 9 || b > 9 ? -1 : a * 10 + b;
  }
}
