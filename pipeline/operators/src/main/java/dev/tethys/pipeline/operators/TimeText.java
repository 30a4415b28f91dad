package dev.tethys.pipeline.operators;

import dev.tethys.codec.time.GoLayout;
import java.time.DateTimeException;
import java.time.ZoneId;

/** A layout of times outside of operators. */
public final class TimeText {
  private final GoLayout layout;

  private TimeText(GoLayout layout) {
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
      return new TimeText(
          new GoLayout(Strptime.toGo(layout), ZoneId.of(zone), ZoneId.systemDefault()));
    } catch (DateTimeException e) {
      throw new IllegalArgumentException("there is no time zone \"" + zone + "\"", e);
    }
  }

  /** Nanoseconds since 1970; the least long for what is no time. */
  public long read(String text) {
    return layout.read(text, 0);
  }
}
