package dev.tethys.codec.time;

import java.time.Instant;
import java.time.LocalDate;
import java.time.Year;
import java.time.YearMonth;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Parses a string with the parts of a layout. Returns false instead of throwing. */
final class TimeReading {
  private static final String[] MONTHS = {
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
    "december"
  };
  private static final String[] DAYS = {
    "sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"
  };
  private static final int NO_OFFSET = Integer.MIN_VALUE;
  private static final int UNKNOWN_ZONE = NO_OFFSET + 1;

  /** Names of the time zone database that look like abbreviations; the JDK lacks three of them. */
  private static final Set<String> REGIONS =
      Stream.concat(ZoneId.getAvailableZoneIds().stream(), StrptimeLayout.OFFSETS.keySet().stream())
          .filter(z -> z.length() <= 5)
          .collect(Collectors.toUnmodifiableSet());

  private static final DateTimeFormatter ABBREVIATION =
      DateTimeFormatter.ofPattern("zzz", Locale.ENGLISH);

  private final String text;
  private final boolean flexible;
  private final @Nullable TimeNames names;
  private String missing = "";
  private int at;
  private int year;
  private int month = -1;
  private int day = -1;
  private int yearDay = -1;
  private int hour;
  private int minute;
  private int second;
  private int nanos;
  private boolean morning;
  private boolean afternoon;
  private int offset = NO_OFFSET;
  private @Nullable String zone;

  TimeReading(String text) {
    this(text, false, null);
  }

  /**
   * @param flexible whether white space is allowed before numbers
   * @param names names of a language; null for English as in Go
   */
  TimeReading(String text, boolean flexible, @Nullable TimeNames names) {
    this.text = text;
    this.flexible = flexible;
    this.names = names;
  }

  /** Returns the index of the character at which parsing stopped, counted from 0. */
  int position() {
    return Math.min(at, text.length());
  }

  /** Reason for refusing the text at the position. */
  String missing() {
    return missing.isEmpty() ? "the date does not exist" : missing;
  }

  /** The name of the zone in the text; null without one. */
  @Nullable String zone() {
    return zone;
  }

  /** Whether the entire text has the form of the layout and is a date that exists. */
  boolean read(LayoutPart[] parts) {
    for (int i = 0; i < parts.length; i++) {
      LayoutPart next = i + 1 < parts.length ? parts[i + 1] : null;
      if (!read(parts[i], next)) {
        missing = parts[i].missing();
        return false;
      }
    }
    if (at < text.length()) {
      missing = "extra text after the time";
      return false;
    }
    if (afternoon && hour < 12) {
      hour += 12;
    } else if (morning && hour == 12) {
      hour = 0;
    }
    return date();
  }

  private boolean read(LayoutPart p, @Nullable LayoutPart next) {
    if (flexible && p.mayFollowSpace()) {
      while (at < text.length() && Character.isWhitespace(text.charAt(at))) {
        at++;
      }
    }
    return switch (p.kind()) {
      case TEXT -> literal(p.text());
      case YEAR -> {
        int y = digits(2, 2);
        year = y >= 69 ? y + 1900 : y + 2000;
        yield y >= 0;
      }
      case LONG_YEAR -> (year = digits(4, 4)) >= 0;
      case MONTH_NAME -> (month = month(3)) > 0;
      case LONG_MONTH -> (month = month(0)) > 0;
      case NUMBER_MONTH -> (month = digits(1, 2)) > 0 && month <= 12;
      case ZERO_MONTH -> (month = digits(2, 2)) > 0 && month <= 12;
      case WEEKDAY -> names == null ? name(DAYS, 3) > 0 : one(names.days()) >= 0;
      case LONG_WEEKDAY -> names == null ? name(DAYS, 0) > 0 : one(names.days()) >= 0;
      case DAY -> (day = digits(1, 2)) >= 0;
      case SPACE_DAY -> {
        space();
        yield (day = digits(1, 2)) >= 0;
      }
      case ZERO_DAY -> (day = digits(2, 2)) >= 0;
      case SPACE_YEAR_DAY -> {
        space();
        space();
        yield (yearDay = digits(1, 3)) >= 0;
      }
      case ZERO_YEAR_DAY -> (yearDay = digits(3, 3)) >= 0;
      case HOUR -> (hour = digits(1, 2)) >= 0 && hour < 24;
      case HOUR12 -> (hour = digits(1, 2)) >= 0 && hour <= 12;
      case ZERO_HOUR12 -> (hour = digits(2, 2)) >= 0 && hour <= 12;
      case MINUTE -> (minute = digits(1, 2)) >= 0 && minute < 60;
      case ZERO_MINUTE -> (minute = digits(2, 2)) >= 0 && minute < 60;
      case SECOND -> (second = digits(1, 2)) >= 0 && second < 60 && unannounced(next);
      case ZERO_SECOND -> (second = digits(2, 2)) >= 0 && second < 60 && unannounced(next);
      case UPPER_HALF -> half("AM", "PM");
      case LOWER_HALF -> half("am", "pm");
      case ZONE_NAME -> zoneName();
      case OFFSET -> offset(p.text());
      case OFFSET_OR_Z -> {
        if (is('Z', at)) {
          at++;
          offset = 0;
          yield true;
        }
        yield offset(p.text());
      }
      case FRACTION -> fraction(p.width());
      case OPTIONAL_FRACTION -> !isFraction() || fraction(countDigits(at + 1));
    };
  }

  private boolean is(char c, int p) {
    return p < text.length() && text.charAt(p) == c;
  }

  private boolean isDigit(int p) {
    return p < text.length() && text.charAt(p) >= '0' && text.charAt(p) <= '9';
  }

  private int countDigits(int from) {
    int p = from;
    while (isDigit(p)) {
      p++;
    }
    return p - from;
  }

  private void space() {
    if (is(' ', at)) {
      at++;
    }
  }

  /** A number of some digits, as many as there are; -1 when there are fewer. */
  private int digits(int least, int most) {
    int v = 0;
    int n = 0;
    while (n < most && isDigit(at + n)) {
      v = v * 10 + text.charAt(at + n) - '0';
      n++;
    }
    if (n < least) {
      return -1;
    }
    at += n;
    return v;
  }

  /** Text as in the layout; a space matches any number of spaces. */
  private boolean literal(String wanted) {
    for (int i = 0; i < wanted.length(); i++) {
      char c = wanted.charAt(i);
      if (c != ' ') {
        if (!is(c, at)) {
          return false;
        }
        at++;
        continue;
      }
      if (at < text.length() && text.charAt(at) != ' ') {
        return false;
      }
      while (is(' ', at)) {
        at++;
      }
      while (i + 1 < wanted.length() && wanted.charAt(i + 1) == ' ') {
        i++;
      }
    }
    return true;
  }

  /** Index of the name at this position, counted from 1; 0 if none. */
  private int name(String[] names, int length) {
    for (int i = 0; i < names.length; i++) {
      int n = length == 0 ? names[i].length() : length;
      if (text.regionMatches(true, at, names[i], 0, n)) {
        at += n;
        return i + 1;
      }
    }
    return 0;
  }

  private int month(int length) {
    return names == null ? name(MONTHS, length) : one(names.months());
  }

  /** The value of the name at this position; -1 for none. */
  private int one(List<TimeNames.Name> all) {
    for (TimeNames.Name n : all) {
      if (text.regionMatches(true, at, n.text(), 0, n.text().length())) {
        at += n.text().length();
        return n.value();
      }
    }
    return -1;
  }

  private boolean half(String am, String pm) {
    if (names != null) {
      int half = one(names.halves());
      morning = half == 0;
      afternoon = half == 1;
      return half >= 0;
    }
    morning = text.startsWith(am, at);
    afternoon = text.startsWith(pm, at);
    at += 2;
    return morning || afternoon;
  }

  private boolean isFraction() {
    return (is('.', at) || is(',', at)) && isDigit(at + 1);
  }

  /** Accepts a fractional second that the layout does not contain. */
  private boolean unannounced(@Nullable LayoutPart next) {
    boolean announced =
        next != null
            && (next.kind() == LayoutPart.Kind.FRACTION
                || next.kind() == LayoutPart.Kind.OPTIONAL_FRACTION);
    return announced || !isFraction() || fraction(countDigits(at + 1));
  }

  private boolean fraction(int width) {
    if (!isFraction() || countDigits(at + 1) < width) {
      return false;
    }
    int v = 0;
    for (int i = 0; i < 9; i++) {
      v = v * 10 + (i < width ? text.charAt(at + 1 + i) - '0' : 0);
    }
    nanos = v;
    at += width + 1;
    return true;
  }

  private boolean offset(String form) {
    boolean plus = is('+', at);
    if (!plus && !is('-', at)) {
      return false;
    }
    at++;
    int hours = digits(2, 2);
    int minutes = form.length() > 3 ? colonAnd(form) : 0;
    int seconds = form.length() > 6 ? colonAnd(form) : 0;
    if (hours < 0 || hours > 24 || minutes < 0 || minutes > 60 || seconds < 0 || seconds > 60) {
      return false;
    }
    int all = hours * 3600 + minutes * 60 + seconds;
    offset = plus ? all : -all;
    return true;
  }

  private int colonAnd(String form) {
    if (form.indexOf(':') >= 0) {
      if (!is(':', at)) {
        return -1;
      }
      at++;
    }
    return digits(2, 2);
  }

  private boolean zoneName() {
    if (text.startsWith("UTC", at)) {
      at += 3;
      offset = 0;
      return true;
    }
    int n = zoneLength();
    if (n == 0) {
      return false;
    }
    zone = text.substring(at, at + n);
    at += n;
    return true;
  }

  /** Length of the zone abbreviation at this position; 0 if there is none. */
  private int zoneLength() {
    if (text.length() - at < 3) {
      return 0;
    }
    if (text.startsWith("ChST", at) || text.startsWith("MeST", at)) {
      return 4;
    }
    if (text.startsWith("GMT", at)) {
      return 3 + signedLength(at + 3);
    }
    if (is('+', at) || is('-', at)) {
      return signedLength(at);
    }
    int upper = 0;
    while (upper < 6
        && at + upper < text.length()
        && text.charAt(at + upper) >= 'A'
        && text.charAt(at + upper) <= 'Z') {
      upper++;
    }
    return switch (upper) {
      case 3 -> 3;
      case 4 -> is('T', at + 3) || text.startsWith("WITA", at) ? 4 : 0;
      case 5 -> is('T', at + 4) ? 5 : 0;
      default -> 0;
    };
  }

  private int signedLength(int p) {
    if (!is('+', p) && !is('-', p)) {
      return 0;
    }
    int n = countDigits(p + 1);
    return n == 0 || n > 2 || Integer.parseInt(text, p + 1, p + 1 + n, 10) > 23 ? 0 : n + 1;
  }

  private boolean date() {
    if (yearDay >= 0) {
      if (yearDay < 1 || yearDay > (Year.isLeap(year) ? 366 : 365)) {
        return false;
      }
      LocalDate d = LocalDate.ofYearDay(year, yearDay);
      boolean agrees =
          (month < 0 || month == d.getMonthValue()) && (day < 0 || day == d.getDayOfMonth());
      month = d.getMonthValue();
      day = d.getDayOfMonth();
      return agrees;
    }
    month = month < 0 ? 1 : month;
    day = day < 0 ? 1 : day;
    return day >= 1 && day <= 28 || day >= 1 && day <= YearMonth.of(year, month).lengthOfMonth();
  }

  /** Sets the year that makes the date the one nearest to now, like syslog readers. */
  void yearNear(long now, ZoneId local) {
    ZonedDateTime n = Instant.ofEpochSecond(0, now).atZone(local);
    year = n.getYear();
    if (month == 12 && n.getMonthValue() == 1) {
      year--;
    } else if (month == 1 && n.getMonthValue() == 12) {
      year++;
    }
    if (month == 2 && day == 29 && !Year.isLeap(year)) {
      month = 3;
      day = 1;
    }
  }

  /**
   * The time with its zone; null if the text names an unknown zone.
   *
   * @param zones zones by abbreviation, as for {@link #nanos}
   * @param now current time, used if the string has no year
   */
  @Nullable ZonedDateTime time(
      ZoneId otherwise, Map<String, ZoneId> zones, @Nullable Instant now, boolean hasDate) {
    ZonedDateTime today = now == null ? null : now.atZone(otherwise);
    if (today == null || now == null) {
      return dated(year, otherwise, zones);
    }
    if (!hasDate) {
      month = today.getMonthValue();
      day = today.getDayOfMonth();
      return dated(today.getYear(), otherwise, zones);
    }
    ZonedDateTime t = dated(today.getYear(), otherwise, zones);
    return t != null && t.toInstant().isAfter(now.plus(7, ChronoUnit.DAYS))
        ? dated(today.getYear() - 1, otherwise, zones)
        : t;
  }

  private @Nullable ZonedDateTime dated(int inYear, ZoneId otherwise, Map<String, ZoneId> zones) {
    LocalDate date = LocalDate.of(inYear, month, 1).plusDays(day - 1L); // the 29th of February
    long wall = date.toEpochDay() * 86_400 + hour * 3600L + minute * 60L + second;
    ZoneId in = otherwise;
    if (offset != NO_OFFSET) {
      in = ZoneOffset.ofTotalSeconds(offset);
    } else if (zone != null) {
      int o = offsetOf(zone, wall, otherwise, zones);
      if (o == UNKNOWN_ZONE) {
        return null;
      }
      in = placed(wall, o == NO_OFFSET ? 0 : o, otherwise, zones.get(zone));
    }
    long epoch = wall - (in instanceof ZoneOffset o ? o.getTotalSeconds() : offsetNear(wall, in));
    return Instant.ofEpochSecond(epoch, nanos).atZone(in);
  }

  /**
   * Returns the region whose local time matches the zone given in the text, or its fixed offset.
   */
  private ZoneId placed(long wall, int seconds, ZoneId location, @Nullable ZoneId given) {
    Instant t = Instant.ofEpochSecond(wall - seconds);
    for (ZoneId z : given == null ? List.of(location) : List.of(given, location)) {
      if (z.getRules().getOffset(t).getTotalSeconds() == seconds
          && (z.equals(given) || ABBREVIATION.format(t.atZone(z)).equals(zone))) {
        return z;
      }
    }
    return ZoneOffset.ofTotalSeconds(seconds);
  }

  /**
   * Nanoseconds since 1970.
   *
   * @param zones zones by abbreviation, if abbreviations other than the zone's are allowed; null
   *     for Go's rules
   */
  long nanos(ZoneId otherwise, ZoneId named, @Nullable Map<String, ZoneId> zones) {
    if (year < 1678 || year > 2261) {
      return GoLayout.NONE;
    }
    long wall =
        LocalDate.of(year, month, day).toEpochDay() * 86_400 + hour * 3600L + minute * 60L + second;
    long epoch;
    if (offset != NO_OFFSET) {
      epoch = wall - offset;
    } else if (zone != null) {
      int o = zones == null ? offsetOf(zone, wall, named) : offsetOf(zone, wall, named, zones);
      if (o == UNKNOWN_ZONE) {
        return GoLayout.NONE;
      }
      epoch = o == NO_OFFSET ? wall : wall - o;
    } else if (otherwise instanceof ZoneOffset o) {
      epoch = wall - o.getTotalSeconds();
    } else {
      epoch = wall - offsetNear(wall, otherwise);
    }
    return epoch * 1_000_000_000L + nanos;
  }

  /** The offset of a local time in a zone; Go's choice if it occurs twice or never. */
  private static int offsetNear(long wall, ZoneId zone) {
    int guess = zone.getRules().getOffset(Instant.ofEpochSecond(wall)).getTotalSeconds();
    return zone.getRules().getOffset(Instant.ofEpochSecond(wall - guess)).getTotalSeconds();
  }

  /**
   * Offset with additional zones, which take precedence, and names from the time zone database as
   * fallback.
   */
  private static int offsetOf(
      String abbreviation, long wall, ZoneId zone, Map<String, ZoneId> zones) {
    ZoneId found = zones.get(abbreviation);
    if (found == null) {
      int o = offsetOf(abbreviation, wall, zone);
      if (o != NO_OFFSET || abbreviation.startsWith("GMT")) {
        return o;
      }
      if (!REGIONS.contains(abbreviation)) {
        return UNKNOWN_ZONE;
      }
      found = ZoneId.of(abbreviation, StrptimeLayout.OFFSETS);
    }
    int o = offsetOf(abbreviation, wall, found);
    return o == NO_OFFSET ? offsetNear(wall, found) : o;
  }

  /** Returns the offset of an abbreviation in a zone, or {@link #NO_OFFSET}. */
  private static int offsetOf(String abbreviation, long wall, ZoneId zone) {
    for (int months = 0; months <= 6; months += 6) {
      ZonedDateTime t = Instant.ofEpochSecond(wall).atZone(zone).plusMonths(months);
      if (ABBREVIATION.format(t).equals(abbreviation)) {
        return t.getOffset().getTotalSeconds();
      }
    }
    boolean shifted = abbreviation.length() > 3 && abbreviation.startsWith("GMT"); // GMT+3
    return shifted ? Integer.parseInt(abbreviation.substring(3)) * 3600 : NO_OFFSET;
  }
}
