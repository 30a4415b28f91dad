package dev.tethys.tools;

import java.time.Duration;

/** Durations of flags, refused in the words of Go's own reader. */
final class GoDurations {
  private GoDurations() {}

  /** Reads one; not negative. */
  static Duration parse(String text) {
    try {
      Duration d = dev.tethys.config.GoDurations.parse(text);
      if (!d.isNegative()) {
        return d;
      }
    } catch (IllegalArgumentException e) {
      throw new WrongCommandLineException("time: invalid duration \"" + text + "\"");
    }
    throw new WrongCommandLineException("time: invalid duration \"" + text + "\"");
  }
}
