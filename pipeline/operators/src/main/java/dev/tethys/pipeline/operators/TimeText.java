package dev.tethys.pipeline.operators;

import dev.tethys.codec.time.GoLayout;
import dev.tethys.codec.time.StrptimeLayout;
import java.time.DateTimeException;
import java.time.Instant;

/** A layout of times outside operators. */
public final class TimeText {
  private final StrptimeLayout layout;

  private TimeText(StrptimeLayout layout) {
    this.layout = layout;
  }

  /**
   * Compiles a layout with C's directives.
   *
   * @param zone time zone for times without one
   * @throws IllegalArgumentException for an unknown directive or zone
   */
  public static TimeText strptime(String layout, String zone) {
    try {
      return new TimeText(StrptimeLayout.of(layout).in(StrptimeLayout.location(zone)));
    } catch (DateTimeException e) {
      throw new IllegalArgumentException("there is no time zone \"" + zone + "\"", e);
    }
  }

  /** Parses to nanoseconds since 1970; Long.MIN_VALUE if the text is not a time. */
  public long read(String text) {
    try {
      return layout.nanos(text, Instant.EPOCH);
    } catch (IllegalArgumentException e) {
      return GoLayout.NONE;
    }
  }
}
