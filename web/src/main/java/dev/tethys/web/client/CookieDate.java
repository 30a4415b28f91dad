package dev.tethys.web.client;

import java.time.DateTimeException;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Expiry date of a cookie. Servers write it in many formats, so the parser recognises its parts in
 * any order (RFC 6265 section 5.1.1).
 */
final class CookieDate {
  private static final int MAX_LENGTH = 200;
  private static final int EARLIEST_YEAR = 1601;
  private static final Pattern BETWEEN = Pattern.compile("[\\t -/;-@\\[-`{-~]+");
  private static final Pattern TIME =
      Pattern.compile("([0-9]{1,2}):([0-9]{1,2}):([0-9]{1,2})(?:[^0-9].*)?");
  private static final Pattern DAY = Pattern.compile("([0-9]{1,2})(?:[^0-9].*)?");
  private static final Pattern YEAR = Pattern.compile("([0-9]{2,4})(?:[^0-9].*)?");
  private static final String MONTHS = "janfebmaraprmayjunjulaugsepoctnovdec";

  private CookieDate() {}

  /** Parses a date; null for invalid text. */
  static @Nullable Instant read(String text) {
    if (text.length() > MAX_LENGTH) {
      return null;
    }
    Matcher time = null;
    int day = -1;
    int month = -1;
    int year = -1;
    for (String token : BETWEEN.split(text)) {
      Matcher t = TIME.matcher(token);
      Matcher d = DAY.matcher(token);
      Matcher y = YEAR.matcher(token);
      if (time == null && t.matches()) {
        time = t;
      } else if (day < 0 && d.matches()) {
        day = Integer.parseInt(d.group(1));
      } else if (month < 0 && month(token) > 0) {
        month = month(token);
      } else if (year < 0 && y.matches()) {
        year = Integer.parseInt(y.group(1));
      }
    }
    if (time == null || day < 0 || month < 0 || year < 0) {
      return null;
    }
    if (year < 100) {
      year += year < 70 ? 2000 : 1900;
    }
    if (year < EARLIEST_YEAR) {
      return null;
    }
    try {
      return LocalDateTime.of(year, month, day, part(time, 1), part(time, 2), part(time, 3))
          .toInstant(ZoneOffset.UTC);
    } catch (DateTimeException e) {
      return null; // there is no such day or hour
    }
  }

  private static int part(Matcher time, int i) {
    return Integer.parseInt(time.group(i));
  }

  /** Number from 1 on; 0 if none. */
  private static int month(String token) {
    if (token.length() < 3) {
      return 0;
    }
    int at = MONTHS.indexOf(token.substring(0, 3).toLowerCase(Locale.ROOT));
    return at < 0 || at % 3 != 0 ? 0 : at / 3 + 1;
  }
}
