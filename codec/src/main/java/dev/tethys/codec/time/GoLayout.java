package dev.tethys.codec.time;

import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.Arrays;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A layout of Go's package time, parsed once, for reading times like {@code time.Parse} and {@code
 * time.ParseInLocation}. Thread-safe.
 */
public final class GoLayout {
  /** Result of {@link #read} for text that does not match this layout. */
  public static final long NONE = Long.MIN_VALUE;

  private final LayoutPart[] parts;
  private final boolean hasYear;
  private final ZoneId otherwise; // the zone of strings that name none
  private final ZoneId named; // whose abbreviations are known
  private final ZoneId local;
  private final @Nullable Map<String, ZoneId> zones; // null for Go's own rules

  /**
   * Parses a layout.
   *
   * @param location the zone of times without a zone; null for UTC
   * @param local the zone of this machine
   */
  public GoLayout(String layout, @Nullable ZoneId location, ZoneId local) {
    this(
        LayoutPart.of(layout).toArray(LayoutPart[]::new),
        layout.contains("06"),
        location == null ? ZoneOffset.UTC : location,
        location == null ? local : location,
        local,
        null);
  }

  private GoLayout(
      LayoutPart[] parts,
      boolean hasYear,
      ZoneId otherwise,
      ZoneId named,
      ZoneId local,
      @Nullable Map<String, ZoneId> zones) {
    this.parts = parts;
    this.hasYear = hasYear;
    this.otherwise = otherwise;
    this.named = named;
    this.local = local;
    this.zones = zones;
  }

  /**
   * The same layout for strings that may name any zone. Go reads a name unknown in the location as
   * UTC; here it is looked up first among the given zones, then in the location, then among the
   * names of the time zone database ({@code EST}, {@code CET}), and text with any other name is not
   * a valid time.
   *
   * @param zones time zones by abbreviation
   */
  public GoLayout naming(Map<String, ZoneId> zones) {
    return new GoLayout(parts, hasYear, otherwise, named, local, Map.copyOf(zones));
  }

  /** Whether a layout is text only and parses no time. */
  static boolean isText(String layout) {
    return LayoutPart.of(layout).stream().allMatch(p -> p.kind() == LayoutPart.Kind.TEXT);
  }

  /** Whether strings name their zones. */
  public boolean namesZones() {
    return Arrays.stream(parts).anyMatch(p -> p.kind() == LayoutPart.Kind.ZONE_NAME);
  }

  /**
   * Reads a time. A layout without a year uses the current year, or the previous one or after it if
   * one month is December and the other January.
   *
   * @param now nanoseconds since 1970
   * @return nanoseconds since 1970, or {@link #NONE}; also for times before 1678 and after 2261,
   *     which exceed nanoseconds in 64 bits
   */
  public long read(String text, long now) {
    TimeReading r = new TimeReading(text);
    if (!r.read(parts)) {
      return NONE;
    }
    if (!hasYear) {
      r.yearNear(now, local);
    }
    return r.nanos(otherwise, named, zones);
  }
}
