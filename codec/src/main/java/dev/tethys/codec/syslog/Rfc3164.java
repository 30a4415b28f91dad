package dev.tethys.codec.syslog;

import dev.tethys.codec.CodecException;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.InstantSource;
import java.time.LocalDateTime;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeFormatterBuilder;
import java.time.temporal.ChronoField;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * {@code <PRI>Mmm dd hh:mm:ss HOSTNAME TAG[PID]: CONTENT}: RFC 3164 describes common practice
 * rather than a format. Times of RFC 3339, which many send instead, are read too, and so is the
 * local form without a host. A message without a time is all content.
 */
final class Rfc3164 {
  private static final int STAMP = "Mmm dd hh:mm:ss".length();

  /**
   * Maximum seconds by which a sender's clock may be ahead before its timestamp is read as last
   * year's.
   */
  private static final long DAY = 86_400;

  private Rfc3164() {}

  static SyslogMessage read(SyslogText t, InstantSource clock, ZoneId zone) {
    int priority = t.priority();
    int begin = t.at;
    Long time = stamp(t, clock, zone);
    if (time == null) {
      t.at = begin;
      String all = t.rest();
      return message(priority, null, "", "", "", all);
    }
    if (!t.isAtEnd()) {
      t.expect(' ');
    }
    int from = t.at;
    String host = t.word();
    if (host.endsWith(":") || host.endsWith("]")) {
      t.at = from; // logger omits the host when it writes to a local socket
      host = "";
    } else if (!t.isAtEnd()) {
      t.at++;
    }
    from = t.at;
    int colon = tagEnd(t);
    String app = "";
    String proc = "";
    if (colon >= 0) {
      String tag = t.text(from, colon);
      int bracket = tag.indexOf('[');
      if (bracket >= 0 && tag.endsWith("]")) {
        app = tag.substring(0, bracket);
        proc = tag.substring(bracket + 1, tag.length() - 1);
      } else {
        app = tag;
      }
      t.at = colon + 1;
      if (t.peek() == ' ') {
        t.at++;
      }
    }
    return message(priority, time, host, app, proc, t.rest());
  }

  private static SyslogMessage message(
      int priority, @Nullable Long time, String host, String app, String proc, String content) {
    return new SyslogMessage(
        priority / 8,
        priority % 8,
        0,
        time,
        host,
        app,
        proc,
        "",
        Map.of(),
        content.isEmpty() ? null : content);
  }

  /** Position of the colon after a tag; -1 if there is no tag. */
  private static int tagEnd(SyslogText t) {
    int i = t.at;
    while (i < t.end && t.buf[i] > ' ' && t.buf[i] != ':') {
      i++;
    }
    return i > t.at && i < t.end && t.buf[i] == ':' ? i : -1;
  }

  private static @Nullable Long stamp(SyslogText t, InstantSource clock, ZoneId zone) {
    int c = t.peek();
    if (c >= '0' && c <= '9') {
      try {
        return Rfc5424.timestamp(t, t.word());
      } catch (CodecException e) {
        return null;
      }
    }
    if (t.end - t.at < STAMP) {
      return null;
    }
    String text = t.text(t.at, t.at + STAMP);
    Instant now = clock.instant();
    int year = now.atZone(zone).getYear();
    // A time of February 29 has one year at most that it can be of; the next in December is next.
    for (int y : new int[] {year + 1, year, year - 1}) {
      Instant at = instant(text, y, zone);
      if (at != null && at.getEpochSecond() <= now.getEpochSecond() + DAY) {
        t.at += STAMP;
        return at.getEpochSecond() * 1_000_000_000L;
      }
    }
    return null;
  }

  private static @Nullable Instant instant(String text, int year, ZoneId zone) {
    try {
      return LocalDateTime.parse(year + " " + text, FORMAT).atZone(zone).toInstant();
    } catch (DateTimeException e) {
      return null;
    }
  }

  private static final DateTimeFormatter FORMAT =
      new DateTimeFormatterBuilder()
          .parseCaseInsensitive()
          .appendPattern("uuuu MMM ")
          .padNext(2)
          .appendValue(ChronoField.DAY_OF_MONTH)
          .appendPattern(" HH:mm:ss")
          .toFormatter(Locale.ENGLISH)
          .withResolverStyle(java.time.format.ResolverStyle.STRICT);
}
