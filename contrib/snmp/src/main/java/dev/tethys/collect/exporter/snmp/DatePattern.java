package dev.tethys.collect.exporter.snmp;

import java.time.DateTimeException;
import java.time.LocalDate;
import java.time.LocalTime;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Pattern in the syntax of strptime(3) for times reported by devices, such as {@code
 * %Y-%m-%d,%H:%M:%S}. Times without a zone are UTC; missing fields default to 1 January 1900.
 */
final class DatePattern {
  private static final List<String> MONTHS =
      List.of("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec");
  private static final List<String> LONG_MONTHS =
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
  private static final List<String> DAYS = List.of("sun", "mon", "tue", "wed", "thu", "fri", "sat");
  private static final List<String> LONG_DAYS =
      List.of("sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday");

  private final String pattern;
  private final String plain;

  private DatePattern(String pattern, String plain) {
    this.pattern = pattern;
    this.plain = plain;
  }

  /**
   * Reads a pattern.
   *
   * @throws IllegalArgumentException if it has a directive that there is not
   */
  static DatePattern parse(String pattern) {
    String plain =
        pattern
            .replace("%c", "%a %b %e %T %Y")
            .replace("%v", "%e-%b-%Y")
            .replace("%+", "%a %b %e %T %Z %Y")
            .replace("%r", "%I:%M:%S %p")
            .replace("%R", "%H:%M")
            .replace("%T", "%H:%M:%S")
            .replace("%X", "%H:%M:%S")
            .replace("%D", "%m/%d/%y")
            .replace("%x", "%m/%d/%y")
            .replace("%F", "%Y-%m-%d")
            .replace("%h", "%b");
    for (int i = 0; i < plain.length(); i++) {
      if (plain.charAt(i) == '%') {
        i++;
        if (i == plain.length() || "YymBbdeHkIlMSfpjaAwuszZnt%".indexOf(plain.charAt(i)) < 0) {
          throw new IllegalArgumentException(
              "\"" + pattern + "\" has an unknown directive at " + plain.substring(i - 1));
        }
      }
    }
    return new DatePattern(pattern, plain);
  }

  /** Seconds since 1970; null if a text does not fit. */
  @Nullable Double seconds(String text) {
    try {
      Reading r = new Reading(text);
      return r.fits() ? (Double) r.seconds() : null;
    } catch (DateTimeException e) {
      return null;
    }
  }

  /** One text while it is read. */
  private final class Reading {
    private final String text;
    private int at;
    private int year = 1900;
    private int month = 1;
    private int day = 1;
    private int dayOfYear;
    private int hour;
    private int minute;
    private int second;
    private int offset;
    private boolean afternoon;
    private boolean twelve;
    private @Nullable Long epoch;
    private boolean failed;

    Reading(String text) {
      this.text = text;
    }

    boolean fits() {
      for (int i = 0; i < plain.length() && !failed; i++) {
        char c = plain.charAt(i);
        if (c == '%') {
          directive(plain.charAt(++i));
        } else if (at < text.length() && text.charAt(at) == c) {
          at++;
        } else {
          failed = true;
        }
      }
      return !failed && at == text.length();
    }

    private void directive(char c) {
      switch (c) {
        case 'Y' -> year = number(4);
        case 'y' -> {
          int y = number(2);
          year = y + (y < 69 ? 2000 : 1900);
        }
        case 'm' -> month = number(2);
        case 'B', 'b' -> month = word(LONG_MONTHS, MONTHS) + 1;
        case 'd', 'e' -> day = padded();
        case 'H', 'k' -> hour = padded();
        case 'I', 'l' -> {
          hour = padded();
          twelve = true;
        }
        case 'M' -> minute = number(2);
        case 'S' -> second = number(2);
        case 'f' -> number(9);
        case 'p' -> afternoon = word(List.of("am", "pm"), List.of("am", "pm")) == 1;
        case 'j' -> dayOfYear = number(3);
        case 'A', 'a' -> word(LONG_DAYS, DAYS);
        case 'w', 'u' -> number(1);
        case 's' -> epoch = digits(12);
        case 'z' -> zone();
        case 'Z' -> zoneName();
        case 'n', 't' -> {
          while (at < text.length() && Character.isWhitespace(text.charAt(at))) {
            at++;
          }
        }
        default -> {
          failed |= at == text.length() || text.charAt(at) != '%';
          at++;
        }
      }
    }

    private int padded() {
      if (at < text.length() && text.charAt(at) == ' ') {
        at++;
      }
      return number(2);
    }

    private int number(int most) {
      return (int) digits(most); // at most nine
    }

    private long digits(int most) {
      long n = 0;
      int from = at;
      while (at < text.length() && at - from < most && Character.digit(text.charAt(at), 10) >= 0) {
        n = 10 * n + Character.digit(text.charAt(at++), 10);
      }
      failed |= at == from;
      return n;
    }

    private int word(List<String> words, List<String> shorter) {
      String rest = text.substring(at).toLowerCase(Locale.ROOT);
      for (List<String> all : List.of(words, shorter)) {
        for (int i = 0; i < all.size(); i++) {
          if (rest.startsWith(all.get(i))) {
            at += all.get(i).length();
            return i;
          }
        }
      }
      failed = true;
      return 0;
    }

    /** Plus or minus, hours and minutes, with a colon or not, or Z. */
    private void zone() {
      if (at < text.length() && text.charAt(at) == 'Z') {
        at++;
        return;
      }
      boolean minus = at < text.length() && text.charAt(at) == '-';
      failed |= at == text.length() || !minus && text.charAt(at) != '+';
      at++;
      int hours = failed ? 0 : number(2);
      if (!failed && at < text.length() && text.charAt(at) == ':') {
        at++;
      }
      int minutes = failed ? 0 : number(2);
      offset = (minus ? -60 : 60) * (60 * hours + minutes);
    }

    private void zoneName() {
      int from = at;
      while (at < text.length() && Character.isUpperCase(text.charAt(at))) {
        at++;
      }
      String name = text.substring(from, at);
      failed |= !name.equals("UTC") && !name.equals("GMT") && !name.equals("Z");
    }

    private double seconds() {
      if (epoch != null) {
        return (double) epoch;
      }
      int h = !twelve ? hour : hour % 12 + (afternoon ? 12 : 0);
      LocalDate d =
          dayOfYear > 0 ? LocalDate.ofYearDay(year, dayOfYear) : LocalDate.of(year, month, day);
      return (double) d.atTime(LocalTime.of(h, minute, second)).toEpochSecond(ZoneOffset.UTC)
          - offset;
    }
  }

  @Override
  public String toString() {
    return pattern;
  }
}
