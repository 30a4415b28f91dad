package dev.tethys.codec.template;

import java.time.DateTimeException;
import java.time.LocalDateTime;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Locale;

/** Reads times by Go layouts, in which each part is written as in the reference time. */
final class GoTimeReader {
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
  private static final List<String> DAYS =
      List.of("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday");

  private final String layout;
  private final String text;
  private final boolean exact;
  private int at;
  private int year = 1;
  private int month = 1;
  private int day = 1;
  private int yearDay;
  private int hour;
  private int minute;
  private int second;
  private int nanos;
  private boolean afternoon;
  private boolean halfDays;
  private ZoneId zone = ZoneOffset.UTC;

  /**
   * @param exact whether zone names are rejected, except UTC's
   */
  GoTimeReader(String layout, String text, boolean exact) {
    this.exact = exact;
    this.layout = layout;
    this.text = text;
  }

  GoTime read() {
    int i = 0;
    while (i < layout.length()) {
      int fraction = GoTime.fractionLength(layout, i);
      if (fraction > 0) {
        fraction(layout.charAt(i + 1) == '9');
        i += fraction;
        continue;
      }
      String part = GoTime.part(layout, i);
      if (part == null) {
        literal(layout.charAt(i++));
      } else {
        take(part);
        i += part.length();
        boolean seconds = part.equals("05") || part.equals("5");
        if (seconds && i < layout.length() && GoTime.fractionLength(layout, i) == 0) {
          fraction(true); // may be there even where the layout has none
        } else if (seconds && i == layout.length()) {
          fraction(true);
        }
      }
    }
    if (at < text.length()) {
      throw new IllegalArgumentException("extra text: " + text.substring(at));
    }
    if (halfDays) {
      hour = hour % 12 + (afternoon ? 12 : 0);
    }
    try {
      LocalDateTime t = LocalDateTime.of(year, month, day, hour, minute, second, nanos);
      if (yearDay > 0) {
        t = t.withDayOfYear(yearDay);
      }
      return new GoTime(t.atZone(zone));
    } catch (DateTimeException e) {
      throw new IllegalArgumentException("out of range: " + e.getMessage(), e);
    }
  }

  private IllegalArgumentException refused(String part) {
    return new IllegalArgumentException(
        "cannot parse \"" + text.substring(Math.min(at, text.length())) + "\" as \"" + part + "\"");
  }

  private void literal(char c) {
    if (at >= text.length() || text.charAt(at) != c) {
      throw refused(String.valueOf(c));
    }
    at++;
  }

  private void fraction(boolean optional) {
    boolean there =
        at + 1 < text.length()
            && (text.charAt(at) == '.' || text.charAt(at) == ',')
            && Character.digit(text.charAt(at + 1), 10) >= 0;
    if (!there) {
      if (optional) {
        return;
      }
      throw refused(".");
    }
    at++;
    int digits = 0;
    nanos = 0;
    while (at < text.length() && Character.digit(text.charAt(at), 10) >= 0) {
      if (digits < 9) {
        nanos = nanos * 10 + Character.digit(text.charAt(at), 10);
        digits++;
      }
      at++;
    }
    while (digits++ < 9) {
      nanos *= 10;
    }
  }

  private int number(String part, int least, int most) {
    int start = at;
    while (at < text.length() && at - start < most && Character.digit(text.charAt(at), 10) >= 0) {
      at++;
    }
    if (at - start < least) {
      at = start;
      throw refused(part);
    }
    return Integer.parseInt(text.substring(start, at));
  }

  private int word(String part, List<String> words, boolean shortened) {
    for (int i = 0; i < words.size(); i++) {
      String w = shortened ? words.get(i).substring(0, 3) : words.get(i);
      if (text.regionMatches(true, at, w, 0, w.length())) {
        at += w.length();
        return i + 1;
      }
    }
    throw refused(part);
  }

  private void take(String part) {
    switch (part) {
      case "January" -> month = word(part, MONTHS, false);
      case "Jan" -> month = word(part, MONTHS, true);
      case "Monday" -> word(part, DAYS, false);
      case "Mon" -> word(part, DAYS, true);
      case "2006", "_2006" -> year = number(part, 4, 4);
      case "06" -> {
        int y = number(part, 2, 2);
        year = y >= 69 ? 1900 + y : 2000 + y;
      }
      case "01" -> month = number(part, 2, 2);
      case "1" -> month = number(part, 1, 2);
      case "02" -> day = number(part, 2, 2);
      case "_2" -> {
        if (at < text.length() && text.charAt(at) == ' ') {
          at++;
        }
        day = number(part, 1, 2);
      }
      case "2" -> day = number(part, 1, 2);
      case "002" -> yearDay = number(part, 3, 3);
      case "15" -> hour = number(part, 2, 2);
      case "03" -> halfDay(number(part, 2, 2));
      case "3" -> halfDay(number(part, 1, 2));
      case "04" -> minute = number(part, 2, 2);
      case "4" -> minute = number(part, 1, 2);
      case "05" -> second = number(part, 2, 2);
      case "5" -> second = number(part, 1, 2);
      case "PM", "pm" -> {
        String s = text.substring(at, Math.min(at + 2, text.length())).toLowerCase(Locale.ROOT);
        if (!s.equals("am") && !s.equals("pm")) {
          throw refused(part);
        }
        afternoon = s.equals("pm");
        halfDays = true;
        at += 2;
      }
      case "MST" -> zoneName();
      default -> offset(part);
    }
  }

  private void halfDay(int h) {
    hour = h;
    if (h < 0 || h > 12) {
      throw new IllegalArgumentException("hour out of range");
    }
  }

  private void zoneName() {
    int start = at;
    while (at < text.length() && Character.isUpperCase(text.charAt(at))) {
      at++;
    }
    if (at - start < 3) {
      throw refused("MST");
    }
    String name = text.substring(start, at);
    if (!name.equals("UTC") && !name.equals("GMT")) {
      if (exact) {
        throw new IllegalArgumentException(
            "the zone " + name + " has no offset; write it like -0700");
      }
      try {
        zone = ZoneId.of(name, ZoneId.SHORT_IDS);
      } catch (DateTimeException e) {
        zone = ZoneOffset.UTC; // as Go: a name that is not known counts as no offset
      }
    }
  }

  private void offset(String part) {
    if (part.charAt(0) == 'Z' && at < text.length() && text.charAt(at) == 'Z') {
      at++;
      return;
    }
    char sign = at < text.length() ? text.charAt(at) : 0;
    if (sign != '+' && sign != '-') {
      throw refused(part);
    }
    at++;
    int seconds = number(part, 2, 2) * 3600;
    boolean colon = part.indexOf(':') >= 0;
    if (part.length() > 3) {
      if (colon) {
        literal(':');
      }
      seconds += number(part, 2, 2) * 60;
    }
    if (part.length() > 6) {
      if (colon) {
        literal(':');
      }
      seconds += number(part, 2, 2);
    }
    try {
      zone = ZoneOffset.ofTotalSeconds(sign == '-' ? -seconds : seconds);
    } catch (DateTimeException e) {
      throw new IllegalArgumentException("time zone offset out of range", e);
    }
  }
}
