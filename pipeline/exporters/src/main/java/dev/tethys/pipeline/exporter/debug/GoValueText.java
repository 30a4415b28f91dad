package dev.tethys.pipeline.exporter.debug;

import dev.tethys.model.GoFloat;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeFormatterBuilder;
import java.time.temporal.ChronoField;
import java.util.Locale;

/** Formats numbers, times and ids as Go does, for both text forms. */
final class GoValueText {
  private static final DateTimeFormatter TIME =
      new DateTimeFormatterBuilder()
          .appendPattern("uuuu-MM-dd HH:mm:ss")
          .appendFraction(ChronoField.NANO_OF_SECOND, 0, 9, true)
          .appendLiteral(" +0000 UTC")
          .toFormatter(Locale.ROOT)
          .withZone(ZoneOffset.UTC);

  private GoValueText() {}

  /** Formats a time in nanoseconds since 1970. */
  static String time(long nanos) {
    return TIME.format(Instant.ofEpochSecond(0, nanos));
  }

  /** Formats like {@code %f}: six decimals. */
  static String fixed(double v) {
    return GoFloat.format(v, 'f', 6);
  }

  /** Formats like {@code %v}: the shortest digits, with an exponent below 1e-4 and from 1e21 on. */
  static String shortest(double v) {
    double abs = Math.abs(v);
    boolean plain = abs == 0 || (abs >= 1e-4 && abs < 1e21) || !Double.isFinite(v);
    return plain ? GoFloat.f(v) : GoFloat.e(v);
  }
}
