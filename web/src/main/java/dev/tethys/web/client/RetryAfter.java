package dev.tethys.web.client;

import java.time.Duration;
import java.time.Instant;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeParseException;

/** Reads the {@code Retry-After} header of a response. */
public final class RetryAfter {
  private static final Duration LONGEST = Duration.ofDays(1);

  private RetryAfter() {}

  /**
   * Returns the delay from {@code Retry-After}, in seconds or as a date; zero without the header.
   */
  public static Duration of(ClientResponse a, Instant now) {
    return of(a.header("Retry-After", ""), now);
  }

  /** Returns the delay from the text of the header; "" for none. */
  public static Duration of(String header, Instant now) {
    String v = header.strip();
    Duration d = Duration.ZERO;
    if (v.matches("\\d{1,9}")) {
      d = Duration.ofSeconds(Long.parseLong(v));
    } else if (!v.isEmpty()) {
      try {
        d =
            Duration.between(
                now, ZonedDateTime.parse(v, DateTimeFormatter.RFC_1123_DATE_TIME).toInstant());
      } catch (DateTimeParseException e) {
        return Duration.ZERO;
      }
    }
    return d.isNegative() ? Duration.ZERO : d.compareTo(LONGEST) > 0 ? LONGEST : d;
  }
}
