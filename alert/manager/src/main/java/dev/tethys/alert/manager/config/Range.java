package dev.tethys.alert.manager.config;

import dev.tethys.config.Type;
import java.util.List;
import java.util.Locale;
import java.util.function.ToIntFunction;

/** Numbers from one to another, both included: weekdays, days, months or years. */
record Range(int begin, int end) {
  private static final List<String> WEEKDAYS =
      List.of("sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday");
  private static final List<String> MONTHS =
      List.of(
          "january",
          "february",
          "march",
          "april",
          "may",
          "june",
          "july",
          "august",
          "september",
          "october",
          "november",
          "december");

  /** Names of days, sunday being 0. */
  static final Type<Range> WEEKDAY = type("weekday or range", Range::weekday);

  /** 1 to 31, or -31 to -1 from the end of the month. */
  static final Type<Range> DAY_OF_MONTH = type("day or range", Range::dayOfMonth);

  /** Names of months or 1 to 12. */
  static final Type<Range> MONTH = type("month or range", Range::month);

  static final Type<Range> YEAR = type("year or range", Range::year);

  private interface Reader {
    Range read(String s);
  }

  private static Type<Range> type(String name, Reader reader) {
    return Type.of(name, null, n -> n.parse(s -> reader.read(s.toLowerCase(Locale.ROOT))));
  }

  boolean contains(int n) {
    return n >= begin && n <= end;
  }

  private static Range read(String s, ToIntFunction<String> member) {
    String[] parts = s.split(":", -1);
    if (parts.length > 2) {
      throw new IllegalArgumentException("couldn't parse range " + s + ", invalid format");
    }
    int first = member.applyAsInt(parts[0]);
    return new Range(first, parts.length == 1 ? first : member.applyAsInt(parts[1]));
  }

  private static int number(String s) {
    try {
      return Integer.parseInt(s);
    } catch (NumberFormatException e) {
      throw new IllegalArgumentException("\"" + s + "\" is not a number", e);
    }
  }

  private static Range weekday(String s) {
    Range r =
        read(
            s,
            d -> {
              int i = WEEKDAYS.indexOf(d);
              if (i < 0) {
                throw new IllegalArgumentException(d + " is not a valid weekday");
              }
              return i;
            });
    if (r.begin > r.end) {
      throw new IllegalArgumentException("start day cannot be before end day");
    }
    return r;
  }

  private static Range dayOfMonth(String s) {
    Range r = read(s, Range::number);
    for (int d : new int[] {r.begin, r.end}) {
      if (d == 0 || d < -31 || d > 31) {
        throw new IllegalArgumentException(d + " is not a valid day of the month: out of range");
      }
    }
    if (r.begin < 0 && r.end > 0) {
      throw new IllegalArgumentException("end day must be negative if start day is negative");
    }
    // The shortest month decides which ranges are impossible.
    if ((r.begin < 0 ? 28 + r.begin : r.begin) > (r.end < 0 ? 28 + r.end : r.end)) {
      throw new IllegalArgumentException(
          "end day " + r.end + " is always before start day " + r.begin);
    }
    return r;
  }

  private static Range month(String s) {
    Range r =
        read(
            s,
            m -> {
              int i = MONTHS.indexOf(m);
              if (i >= 0) {
                return i + 1;
              }
              int n = m.matches("\\d{1,2}") ? Integer.parseInt(m) : 0;
              if (n < 1 || n > 12) {
                throw new IllegalArgumentException(m + " is not a valid month");
              }
              return n;
            });
    if (r.begin > r.end) {
      throw new IllegalArgumentException(
          "end month "
              + MONTHS.get(r.end - 1)
              + " is before start month "
              + MONTHS.get(r.begin - 1));
    }
    return r;
  }

  private static Range year(String s) {
    Range r = read(s, Range::number);
    if (r.begin > r.end) {
      throw new IllegalArgumentException("end year " + r.end + " is before start year " + r.begin);
    }
    return r;
  }
}
