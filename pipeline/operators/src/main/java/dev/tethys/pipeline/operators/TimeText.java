package dev.tethys.pipeline.operators;

import dev.tethys.codec.time.GoLayout;
import dev.tethys.codec.time.StrptimeLayout;
import java.time.DateTimeException;
import java.time.Instant;

/** A layout of times outside of operators. */
public final class TimeText {
  private final StrptimeLayout layout;

  private TimeText(StrptimeLayout layout) {
    this.layout = layout;
  }

  /**
   * By C's directives.
   *
   * @param zone of times that name none
   * @throws IllegalArgumentException when there is no such directive, or zone
   */
  public static TimeText strptime(String layout, String zone) {
    try {
      return new TimeText(StrptimeLayout.of(layout).in(StrptimeLayout.location(zone)));
    } catch (DateTimeException e) {
      throw new IllegalArgumentException("there is no time zone \"" + zone + "\"", e);
    }
  }

  /** Nanoseconds since 1970; the least long for what is no time. */
  public long read(String text) {
    try {
      return layout.nanos(text, Instant.EPOCH);
    } catch (IllegalArgumentException e) {
      return GoLayout.NONE;
    }
  }
}
