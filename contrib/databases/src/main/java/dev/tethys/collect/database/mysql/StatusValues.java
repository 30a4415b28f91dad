package dev.tethys.collect.database.mysql;

import dev.tethys.collect.database.GoNumbers;
import java.time.DateTimeException;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeFormatterBuilder;
import java.time.temporal.ChronoField;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Values of status entries and variables: numbers, keywords with a numeric meaning, and times. */
final class StatusValues {
  private static final DateTimeFormatter CERTIFICATE =
      DateTimeFormatter.ofPattern("MMM d HH:mm:ss yyyy z", Locale.ENGLISH);

  /** Some have parts of a second, which are omitted. */
  private static final DateTimeFormatter TIME =
      new DateTimeFormatterBuilder()
          .appendPattern("yyyy-MM-dd HH:mm:ss")
          .appendFraction(ChronoField.NANO_OF_SECOND, 0, 9, true)
          .toFormatter(Locale.ROOT);

  private StatusValues() {}

  /** Parses a number; returns null if the string has no numeric value. */
  static @Nullable Double number(@Nullable String text) {
    if (text == null || text.isEmpty()) {
      return null;
    }
    switch (text.toLowerCase(Locale.ROOT)) {
      case "yes", "on", "primary" -> {
        return 1.0;
      }
      case "no", "off", "disabled", "connecting", "non-primary", "disconnected" -> {
        return 0.0;
      }
      default -> {}
    }
    Double v = GoNumbers.parse(text);
    return v != null || text.indexOf(':') < 0 ? v : time(text);
  }

  private static @Nullable Double time(String text) {
    try {
      return (double) LocalDateTime.parse(text, TIME).toEpochSecond(ZoneOffset.UTC);
    } catch (DateTimeException e) {
      try {
        return (double)
            ZonedDateTime.parse(text.replaceAll(" +", " "), CERTIFICATE).toEpochSecond();
      } catch (DateTimeException e2) {
        return null;
      }
    }
  }

  /** Converts a name to part of a metric name. */
  static String name(String s) {
    return s.replaceAll("[^a-zA-Z0-9_]", "_").toLowerCase(Locale.ROOT);
  }
}
