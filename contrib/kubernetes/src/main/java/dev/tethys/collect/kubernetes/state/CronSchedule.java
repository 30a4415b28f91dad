package dev.tethys.collect.kubernetes.state;

import java.time.DateTimeException;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalTime;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * Schedule of a cron job: five fields, or a name such as {@code @daily}. A day matches if the day
 * of the month and the day of the week match; if neither field starts with a star, one is enough.
 *
 * <p>Fields are sets of bits, by value.
 */
final class CronSchedule {
  private static final int MAX_LENGTH = 256;
  private static final int MAX_DAYS = 366 * 5;
  private static final List<String> MONTHS =
      List.of("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec");
  private static final List<String> DAYS = List.of("sun", "mon", "tue", "wed", "thu", "fri", "sat");
  private static final Map<String, String> NAMED =
      Map.of(
          "@yearly", "0 0 1 1 *",
          "@annually", "0 0 1 1 *",
          "@monthly", "0 0 1 * *",
          "@weekly", "0 0 * * 0",
          "@daily", "0 0 * * *",
          "@midnight", "0 0 * * *",
          "@hourly", "0 * * * *");

  private final ZoneId zone;
  private final long minutes;
  private final long hours;
  private final long daysOfMonth;
  private final long months;
  private final long daysOfWeek;
  private final boolean everyDay; // one of the two day fields starts with a star

  /**
   * Parses a schedule.
   *
   * @param zone name of the time zone, empty for UTC
   * @throws IllegalArgumentException if one of them is invalid
   */
  CronSchedule(String text, String zone) {
    if (text.length() > MAX_LENGTH) {
      throw new IllegalArgumentException("schedule has more than " + MAX_LENGTH + " characters");
    }
    try {
      this.zone = zone.isEmpty() ? ZoneOffset.UTC : ZoneId.of(zone);
    } catch (DateTimeException e) {
      throw new IllegalArgumentException(e.getMessage(), e);
    }
    String fields = text.strip().toLowerCase(Locale.ROOT);
    String[] f = NAMED.getOrDefault(fields, fields).split("\\s+");
    if (f.length != 5) {
      throw new IllegalArgumentException("schedule has " + f.length + " fields; it must have 5");
    }
    minutes = field(f[0], 0, 59, List.of());
    hours = field(f[1], 0, 23, List.of());
    daysOfMonth = field(f[2], 1, 31, List.of());
    months = field(f[3], 1, 12, MONTHS);
    daysOfWeek = field(f[4], 0, 6, DAYS);
    everyDay = isStar(f[2]) || isStar(f[4]);
  }

  private static boolean isStar(String field) {
    return field.startsWith("*") || field.startsWith("?");
  }

  private static long field(String text, int low, int high, List<String> names) {
    long out = 0;
    for (String part : text.split(",", -1)) {
      int slash = part.indexOf('/');
      String range = slash < 0 ? part : part.substring(0, slash);
      int step = slash < 0 ? 1 : number(part.substring(slash + 1), List.of(), 0);
      int from = low;
      int to = high;
      if (!range.equals("*") && !range.equals("?")) {
        int dash = range.indexOf('-');
        from = number(dash < 0 ? range : range.substring(0, dash), names, low);
        to = dash >= 0 ? number(range.substring(dash + 1), names, low) : slash < 0 ? from : high;
      }
      if (step < 1 || from < low || to > high || from > to) {
        throw new IllegalArgumentException("field " + part + " is not within " + low + "-" + high);
      }
      for (int i = from; i <= to; i += step) {
        out |= 1L << i;
      }
    }
    return out;
  }

  private static int number(String text, List<String> names, int first) {
    int name = names.indexOf(text);
    if (name >= 0) {
      return name + first;
    }
    if (!text.matches("\\d{1,4}")) {
      throw new IllegalArgumentException("field " + text + " is not a number");
    }
    return Integer.parseInt(text);
  }

  /** Unix seconds of the first time after another; -1 if there is none within five years. */
  long next(long after) {
    ZonedDateTime start = Instant.ofEpochSecond(after).atZone(zone);
    LocalDate day = start.toLocalDate();
    for (int i = 0; i < MAX_DAYS; i++, day = day.plusDays(1)) {
      if (!matches(day)) {
        continue;
      }
      for (int h = 0; h < 24; h++) {
        for (int m = 0; (hours >> h & 1) == 1 && m < 60; m++) {
          if ((minutes >> m & 1) == 1) {
            long t = ZonedDateTime.of(day, LocalTime.of(h, m), zone).toEpochSecond();
            if (t > after) {
              return t;
            }
          }
        }
      }
    }
    return -1;
  }

  private boolean matches(LocalDate day) {
    boolean inMonth = (daysOfMonth >> day.getDayOfMonth() & 1) == 1;
    boolean inWeek = (daysOfWeek >> day.getDayOfWeek().getValue() % 7 & 1) == 1;
    return (months >> day.getMonthValue() & 1) == 1
        && (everyDay ? inMonth && inWeek : inMonth || inWeek);
  }
}
