package dev.tethys.collect.exporter.blackbox;

import java.time.DateTimeException;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Times in headers, in the three forms of RFC 9110. Parses dates like Go: names in any case, and a
 * day of the week that may differ from that of the date.
 */
final class HttpDate {
  private static final List<String> MONTHS =
      List.of("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec");

  private static final String SHORT_DAY = "(?:mon|tue|wed|thu|fri|sat|sun)";
  private static final String LONG_DAY =
      "(?:monday|tuesday|wednesday|thursday|friday|saturday|sunday)";
  private static final String MONTH = "(?<month>[a-z]{3})";
  private static final String TIME =
      "(?<hour>\\d{2}):(?<minute>\\d{2}):(?<second>\\d{2})(?:[.,]\\d+)?";

  private static final List<Pattern> FORMS =
      List.of(
          form(SHORT_DAY + ", (?<day>\\d{2}) " + MONTH + " (?<year>\\d{4}) " + TIME + " GMT"),
          form(LONG_DAY + ", (?<day>\\d{2})-" + MONTH + "-(?<year>\\d{2}) " + TIME + " [A-Z]{3,4}"),
          form(SHORT_DAY + " " + MONTH + " {1,2}(?<day>\\d{1,2}) " + TIME + " (?<year>\\d{4})"));

  private HttpDate() {}

  private static Pattern form(String regex) {
    return Pattern.compile("(?i)" + regex);
  }

  /** Parses a time; null for invalid text. */
  static @Nullable Instant read(String text) {
    for (Pattern form : FORMS) {
      Matcher m = form.matcher(text);
      if (m.matches()) {
        return at(m);
      }
    }
    return null;
  }

  private static @Nullable Instant at(Matcher m) {
    int year = number(m, "year");
    if (year < 100 && m.group("year").length() == 2) {
      year += year < 69 ? 2000 : 1900;
    }
    int month = MONTHS.indexOf(m.group("month").toLowerCase(Locale.ROOT)) + 1;
    try {
      return LocalDateTime.of(
              year,
              month,
              number(m, "day"),
              number(m, "hour"),
              number(m, "minute"),
              number(m, "second"))
          .toInstant(ZoneOffset.UTC);
    } catch (DateTimeException e) {
      return null;
    }
  }

  private static int number(Matcher m, String group) {
    return Integer.parseInt(m.group(group));
  }
}
