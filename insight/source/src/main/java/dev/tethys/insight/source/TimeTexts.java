package dev.tethys.insight.source;

import java.time.Instant;
import java.time.temporal.ChronoUnit;

/** Times in messages. */
final class TimeTexts {
  private TimeTexts() {}

  static String range(long from, long to) {
    return at(from) + " to " + at(to);
  }

  private static String at(long millis) {
    return Instant.ofEpochMilli(millis).truncatedTo(ChronoUnit.SECONDS).toString();
  }
}
