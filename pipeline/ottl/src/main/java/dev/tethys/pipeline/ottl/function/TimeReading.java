package dev.tethys.pipeline.ottl.function;

import dev.tethys.pipeline.ottl.EvaluationException;
import dev.tethys.pipeline.ottl.function.TimeLayout.Field;
import dev.tethys.pipeline.ottl.function.TimeLayout.Part;
import java.time.DateTimeException;
import java.time.DayOfWeek;
import java.time.Instant;
import java.time.InstantSource;
import java.time.LocalDateTime;
import java.time.Month;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.time.format.TextStyle;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** One run of reading a text by the fields of a layout. */
final class TimeReading {
  private final List<Field> fields;
  private final Locale locale;
  private final String text;
  private final ZoneId zone;
  private final InstantSource clock;
  private int at;
  private int year = -1;
  private int month = 1;
  private int day = 1;
  private int dayOfYear;
  private int hour;
  private int minute;
  private int second;
  private int nano;
  private int half = -1;
  private @Nullable ZoneOffset offset;
  private @Nullable String zoneName;

  TimeReading(List<Field> fields, Locale locale, String text, ZoneId zone, InstantSource clock) {
    this.fields = fields;
    this.locale = locale;
    this.text = text;
    this.zone = zone;
    this.clock = clock;
  }

  ZonedDateTime result() {
    for (int i = 0; i < fields.size(); i++) {
      boolean fractionNext =
          i + 1 < fields.size()
              && (fields.get(i + 1).part() == Part.FRACTION
                  || fields.get(i + 1).part() == Part.FRACTION_TRIMMED
                  || i + 2 < fields.size() && fields.get(i + 2).part() == Part.FRACTION);
      read(fields.get(i), fractionNext);
    }
    if (at < text.length()) {
      throw invalid("extra text after the time");
    }
    try {
      return time();
    } catch (DateTimeException e) {
      throw invalid(java.util.Objects.requireNonNullElse(e.getMessage(), "no such date"));
    }
  }

  private ZonedDateTime time() {
    if (half >= 0) {
      hour = hour % 12 + 12 * half;
    }
    ZoneId in = offset != null ? offset : named();
    if (year >= 0) {
      return local(year).atZone(in);
    }
    Instant now = clock.instant();
    int current = now.atZone(in).getYear();
    ZonedDateTime t = local(current).atZone(in);
    return t.toInstant().isAfter(now.plusSeconds(7 * 86_400L)) ? local(current - 1).atZone(in) : t;
  }

  private LocalDateTime local(int y) {
    LocalDateTime t = LocalDateTime.of(y, month, day, hour, minute, second, nano);
    return dayOfYear > 0 ? t.withDayOfYear(dayOfYear) : t;
  }

  private ZoneId named() {
    if (zoneName == null) {
      return zone;
    }
    try {
      return zoneName.equals("UTC") ? ZoneOffset.UTC : ZoneId.of(zoneName, ZoneId.SHORT_IDS);
    } catch (DateTimeException e) {
      return zone; // an abbreviation that is no zone's name says nothing
    }
  }

  private void read(Field f, boolean fractionNext) {
    switch (f.part()) {
      case YEAR4 -> year = number(4, 4);
      case YEAR2 -> {
        int y = number(2, 2);
        year = y >= 69 ? 1900 + y : 2000 + y;
      }
      case MONTH2 -> month = number(2, 2);
      case MONTH_SPACE -> month = spaced();
      case MONTH -> month = number(1, 2);
      case MONTH_SHORT, MONTH_LONG -> month = monthName();
      case DAY2 -> day = number(2, 2);
      case DAY_SPACE -> day = spaced();
      case DAY -> day = number(1, 2);
      case DAY_OF_YEAR -> dayOfYear = number(3, 3);
      case WEEKDAY_SHORT, WEEKDAY_LONG -> weekday();
      case HOUR24 -> hour = number(1, 2);
      case HOUR12_2 -> hour = number(2, 2);
      case HOUR12 -> hour = number(1, 2);
      case AM_PM, AM_PM_LOWER -> half = half();
      case MINUTE2 -> minute = number(2, 2);
      case MINUTE -> minute = number(1, 2);
      case SECOND2, SECOND -> {
        second = number(f.part() == Part.SECOND2 ? 2 : 1, 2);
        // As Go does: a fraction may follow the seconds even when the layout has none.
        if (!fractionNext
            && at + 1 < text.length()
            && (text.charAt(at) == '.' || text.charAt(at) == ',')
            && isDigit(at + 1)) {
          at++;
          fraction(9, false);
        }
      }
      case FRACTION -> {
        expect(f.text());
        fraction(f.digits(), true);
      }
      case FRACTION_TRIMMED -> {
        if (text.startsWith(f.text(), at) && isDigit(at + 1)) {
          at++;
          fraction(9, false);
        }
      }
      case OFFSET -> offset(f);
      case ZONE -> zone();
      case TEXT -> expect(f.text());
    }
  }

  private boolean isDigit(int i) {
    return i < text.length() && text.charAt(i) >= '0' && text.charAt(i) <= '9';
  }

  private int number(int least, int most) {
    int n = 0;
    int v = 0;
    while (n < most && isDigit(at)) {
      v = 10 * v + text.charAt(at++) - '0';
      n++;
    }
    if (n < least) {
      throw invalid(
          "a number of " + least + (least == most ? "" : " or more") + " digits is missing");
    }
    return v;
  }

  private int spaced() {
    if (at < text.length() && text.charAt(at) == ' ') {
      at++;
    }
    return number(1, 2);
  }

  private void fraction(int digits, boolean exactly) {
    int n = 0;
    int v = 0;
    while (isDigit(at) && n < digits) {
      v = 10 * v + text.charAt(at++) - '0';
      n++;
    }
    if (n == 0 || exactly && n < digits) {
      throw invalid("a fraction of " + digits + " digits is missing");
    }
    while (!exactly && isDigit(at)) {
      at++;
    }
    for (int i = n; i < 9; i++) {
      v *= 10;
    }
    nano = v;
  }

  private void expect(String literal) {
    for (int i = 0; i < literal.length(); i++) {
      if (at >= text.length() || text.charAt(at) != literal.charAt(i)) {
        throw invalid("\"" + literal + "\" is missing");
      }
      at++;
    }
  }

  private boolean take(String name) {
    if (!name.isEmpty() && text.regionMatches(true, at, name, 0, name.length())) {
      at += name.length();
      return true;
    }
    return false;
  }

  private static final TextStyle[] STYLES = {
    TextStyle.FULL, TextStyle.FULL_STANDALONE, TextStyle.SHORT, TextStyle.SHORT_STANDALONE
  };

  private int monthName() {
    for (TextStyle style : STYLES) {
      for (Month m : Month.values()) {
        if (take(m.getDisplayName(style, locale))) {
          return m.getValue();
        }
      }
    }
    // Sept. and the like have no short form in other tables.
    for (Month m : Month.values()) {
      if (take(m.getDisplayName(TextStyle.FULL, locale).substring(0, 3))) {
        return m.getValue();
      }
    }
    throw invalid("the name of a month is missing");
  }

  private void weekday() {
    for (TextStyle style : STYLES) {
      for (DayOfWeek d : DayOfWeek.values()) {
        if (take(d.getDisplayName(style, locale))) {
          return;
        }
      }
    }
    throw invalid("the name of a day is missing");
  }

  private int half() {
    String[] names = java.text.DateFormatSymbols.getInstance(locale).getAmPmStrings();
    for (int i = 0; i < 2; i++) {
      String name = names[i].replace('\u00a0', ' ').replace('\u202f', ' ');
      if (take(i == 0 ? "AM" : "PM") || take(i == 0 ? "a.m." : "p.m.") || take(name)) {
        return i;
      }
    }
    throw invalid("AM or PM is missing");
  }

  private void offset(Field f) {
    if (f.text().startsWith("Z") && take("Z")) {
      offset = ZoneOffset.UTC;
      return;
    }
    if (at >= text.length() || text.charAt(at) != '+' && text.charAt(at) != '-') {
      throw invalid("an offset from UTC is missing");
    }
    int sign = text.charAt(at++) == '-' ? -1 : 1;
    String separator = f.text().endsWith(":") ? ":" : "";
    int seconds = 3600 * number(2, 2);
    if (f.digits() >= 2) {
      expect(separator);
      seconds += 60 * number(2, 2);
    }
    if (f.digits() >= 3) {
      expect(separator);
      seconds += number(2, 2);
    }
    try {
      offset = ZoneOffset.ofTotalSeconds(sign * seconds);
    } catch (DateTimeException e) {
      throw invalid("there is no such offset from UTC");
    }
  }

  private void zone() {
    int start = at;
    while (at < text.length()
        && (text.charAt(at) >= 'A' && text.charAt(at) <= 'Z' || at > start && isDigit(at))) {
      at++;
    }
    if (at - start >= 3) {
      zoneName = text.substring(start, at);
      return;
    }
    at = start;
    if (at < text.length() && (text.charAt(at) == '+' || text.charAt(at) == '-')) {
      offset(new Field(Part.OFFSET, isDigit(at + 3) ? 2 : 1, ""));
      return;
    }
    throw invalid("the abbreviation of a time zone is missing");
  }

  private EvaluationException invalid(String reason) {
    String shown = text.length() > 80 ? text.substring(0, 80) + "…" : text;
    return new EvaluationException(
        "\"" + shown + "\" is not a time of this format: at character " + (at + 1) + " " + reason);
  }
}
