package dev.tethys.pipeline.stages.time;

import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A layout of Go's package time, taken apart once, by which times are read as {@code time.Parse}
 * and {@code time.ParseInLocation} do. Safe for several threads.
 */
public final class GoLayout {
  /** What {@link #read} gives for a text that is no time of this layout. */
  public static final long NONE = Long.MIN_VALUE;

  private final LayoutPart[] parts;
  private final boolean hasYear;
  private final ZoneId otherwise; // the zone of texts that name none
  private final ZoneId named; // whose abbreviations are known
  private final ZoneId local;

  /**
   * Takes a layout apart.
   *
   * @param location the zone of times that name none; null for UTC
   * @param local the zone of this machine
   */
  public GoLayout(String layout, @Nullable ZoneId location, ZoneId local) {
    List<LayoutPart> all = LayoutPart.of(layout);
    this.parts = all.toArray(LayoutPart[]::new);
    this.hasYear = layout.contains("06");
    this.otherwise = location == null ? ZoneOffset.UTC : location;
    this.named = location == null ? local : location;
    this.local = local;
  }

  /**
   * Reads a time. A layout without a year takes the year of now, or the one before or after it when
   * that makes one month of December and January.
   *
   * @param now nanoseconds since 1970
   * @return nanoseconds since 1970, or {@link #NONE}; also for times before 1678 and after 2261,
   *     which nanoseconds in 64 bits cannot tell
   */
  public long read(String text, long now) {
    TimeReading r = new TimeReading(text);
    if (!r.read(parts)) {
      return NONE;
    }
    if (!hasYear) {
      r.yearNear(now, local);
    }
    return r.nanos(otherwise, named);
  }
}
