package dev.tethys.tools;

import dev.tethys.config.GoDurations;
import java.time.Duration;

/** Durations of flags, with error messages of Go's own parser. */
final class DurationFlags {
  private DurationFlags() {}

  /** Reads one; not negative. */
  static Duration parse(String text) {
    try {
      Duration d = GoDurations.parse(text);
      if (!d.isNegative()) {
        return d;
      }
    } catch (IllegalArgumentException e) {
      throw new CommandLineException("time: invalid duration \"" + text + "\"");
    }
    throw new CommandLineException("time: invalid duration \"" + text + "\"");
  }
}
