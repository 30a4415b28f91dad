package dev.tethys.codec.time;

import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Layout of times by C's directives, read as the OpenTelemetry Collector reads it (ctimefmt.go). It
 * accepts numbers with or without leading zeros and after any white space, offsets as {@code Z},
 * {@code +0530}, {@code +05:30} or {@code +05}, fractions of any number of digits, years of {@code
 * %D} with two or four. A text with an unknown zone is not valid: a zone is known to the location
 * or to the time zone database. Thread-safe.
 */
public final class StrptimeLayout {
  /** Most layouts of Go that one layout represents: each %z multiplies them by 3, %D by 2. */
  private static final int MAX_LAYOUTS = 36;

  /** Names of the time zone database that the JDK lacks. */
  static final Map<String, String> OFFSETS =
      Map.of("EST", "-05:00", "MST", "-07:00", "HST", "-10:00");

  private static final Map<Character, List<String>> DIRECTIVES = new HashMap<>();

  static {
    List<String> dates = List.of("1/2/2006", "1/2/06");
    DIRECTIVES.putAll(
        Map.ofEntries(
            Map.entry('Y', List.of("2006")),
            Map.entry('y', List.of("06")),
            Map.entry('m', List.of("1")),
            Map.entry('o', List.of("1")),
            Map.entry('q', List.of("1")),
            Map.entry('b', List.of("Jan")),
            Map.entry('h', List.of("Jan")),
            Map.entry('B', List.of("January")),
            Map.entry('d', List.of("2")),
            Map.entry('e', List.of("2")),
            Map.entry('g', List.of("2")),
            Map.entry('a', List.of("Mon")),
            Map.entry('A', List.of("Monday")),
            Map.entry('H', List.of("15")),
            Map.entry('I', List.of("3")),
            Map.entry('l', List.of("3")),
            Map.entry('p', List.of("PM")),
            Map.entry('P', List.of("pm")),
            Map.entry('M', List.of("4")),
            Map.entry('S', List.of("5")),
            Map.entry('L', List.of("999")),
            Map.entry('f', List.of("999999")),
            Map.entry('s', List.of("999999999")),
            Map.entry('Z', List.of("MST"))));
    DIRECTIVES.putAll(
        Map.ofEntries(
            Map.entry('z', List.of("Z0700", "Z07:00", "Z07")),
            Map.entry('w', List.of("-070000")),
            Map.entry('i', List.of("-07")),
            Map.entry('j', List.of("-07:00")),
            Map.entry('k', List.of("-07:00:00")),
            Map.entry('D', dates),
            Map.entry('x', dates),
            Map.entry('F', List.of("2006-1-2")),
            Map.entry('T', List.of("15:4:5")),
            Map.entry('X', List.of("15:4:5")),
            Map.entry('r', List.of("3:4:5 pm")),
            Map.entry('c', List.of("Mon Jan 2 15:4:5 2006")),
            Map.entry('v', List.of("2-Jan-2006")),
            Map.entry('R', List.of("15:4")),
            Map.entry('n', List.of("\n")),
            Map.entry('t', List.of("\t")),
            Map.entry('%', List.of("%"))));
  }

  private final String written;
  private final LayoutPart[][] layouts;
  private final boolean hasYear;
  private final boolean hasDate;
  private final ZoneId zone;
  private final Map<String, ZoneId> zones;
  private final @Nullable TimeNames names;
  private final boolean flexible;
  private volatile int last; // the layout that read a text before, which is tried first

  private StrptimeLayout(
      String written,
      LayoutPart[][] layouts,
      ZoneId zone,
      Map<String, ZoneId> zones,
      @Nullable TimeNames names,
      boolean flexible) {
    this.flexible = flexible;
    this.written = written;
    this.layouts = layouts;
    this.zone = zone;
    this.zones = zones;
    this.names = names;
    boolean year = false;
    boolean date = false;
    for (LayoutPart p : layouts[0]) {
      year |= p.isYear();
      date |= p.isDate();
    }
    this.hasYear = year;
    this.hasDate = date;
  }

  /**
   * Parses a layout. Times that name no zone are in the local one, or in UTC if the layout ends
   * with a Z that is not a directive.
   *
   * @throws IllegalArgumentException for an unknown directive, or a fraction after anything but a
   *     point or comma
   */
  public static StrptimeLayout of(String layout) {
    List<String> all = List.of("");
    for (int i = 0; i < layout.length(); i++) {
      List<String> more = List.of(layout.substring(i, i + 1));
      if (layout.charAt(i) == '%') {
        if (++i == layout.length()) {
          throw new IllegalArgumentException("the layout ends with %; a percent sign is %%");
        }
        char c = layout.charAt(i);
        List<String> found = DIRECTIVES.get(c);
        if (found == null) {
          throw new IllegalArgumentException("unknown directive %" + c + " in layouts of times");
        }
        if ("Lfs".indexOf(c) >= 0 && (i < 2 || ".,".indexOf(layout.charAt(i - 2)) < 0)) {
          throw new IllegalArgumentException(
              "%" + c + " must be preceded with \".\" or \",\", as in %S." + "%" + c);
        }
        more = found;
      }
      all = product(all, more);
    }
    boolean zulu = layout.endsWith("Z") && !layout.endsWith("%Z");
    return new StrptimeLayout(
        layout,
        all.stream()
            .map(l -> LayoutPart.of(l).toArray(LayoutPart[]::new))
            .toArray(LayoutPart[][]::new),
        zulu ? ZoneOffset.UTC : ZoneId.systemDefault(),
        Map.of(),
        null,
        true);
  }

  /**
   * Parses a layout of Go's package time, as strictly as Go; zones and absent dates are those of
   * {@link #of}.
   */
  public static StrptimeLayout ofGo(String layout) {
    return new StrptimeLayout(
        layout,
        new LayoutPart[][] {LayoutPart.of(layout).toArray(LayoutPart[]::new)},
        layout.endsWith("Z") ? ZoneOffset.UTC : ZoneId.systemDefault(),
        Map.of(),
        null,
        false);
  }

  private static List<String> product(List<String> all, List<String> more) {
    List<String> out = new ArrayList<>(all.size() * more.size());
    for (String a : all) {
      for (String m : more) {
        out.add(a + m);
      }
    }
    if (out.size() > MAX_LAYOUTS) {
      throw new IllegalArgumentException("the layout has too many of %z, %D and %x");
    }
    return out;
  }

  /**
   * Returns the time zone for a time zone database name, or {@code Local}.
   *
   * @throws java.time.DateTimeException for an unknown one
   */
  public static ZoneId location(String name) {
    return name.equals("Local") ? ZoneId.systemDefault() : ZoneId.of(name, OFFSETS);
  }

  /**
   * Variant for strings of a location, which resolves zone abbreviations and is the default zone.
   */
  public StrptimeLayout in(ZoneId location) {
    return new StrptimeLayout(written, layouts, location, zones, names, flexible);
  }

  /**
   * Variant with zones by their abbreviations, which take precedence over the abbreviations of the
   * location.
   */
  public StrptimeLayout naming(Map<String, ZoneId> abbreviations) {
    return new StrptimeLayout(written, layouts, zone, Map.copyOf(abbreviations), names, flexible);
  }

  /** Variant for strings with names of months and days in a language. */
  public StrptimeLayout spokenIn(Locale locale) {
    return new StrptimeLayout(written, layouts, zone, zones, TimeNames.of(locale), flexible);
  }

  /** Whether strings name their zones. */
  public boolean namesZones() {
    for (LayoutPart p : layouts[0]) {
      if (p.kind() == LayoutPart.Kind.ZONE_NAME) {
        return true;
      }
    }
    return false;
  }

  /**
   * Reads a time. A time without a year is in the current year, or in the previous one if it would
   * be more than a week ahead; a time without a date is on the current day.
   *
   * @throws IllegalArgumentException with the reason why the text does not fit the layout
   */
  public ZonedDateTime time(String text, Instant now) {
    TimeReading r = reading(text);
    ZonedDateTime t = r == null ? null : r.time(zone, zones, hasYear ? null : now, hasDate);
    if (t == null) {
      throw new IllegalArgumentException(problem(text, r));
    }
    return t;
  }

  /**
   * The same in nanoseconds since 1970.
   *
   * @throws IllegalArgumentException also for times before 1678 and after 2261
   */
  public long nanos(String text, Instant now) {
    if (!hasYear) {
      ZonedDateTime t = time(text, now);
      return t.toEpochSecond() * 1_000_000_000L + t.getNano();
    }
    TimeReading r = reading(text);
    long nanos = r == null ? GoLayout.NONE : r.nanos(zone, zone, zones);
    if (nanos == GoLayout.NONE) {
      throw new IllegalArgumentException(problem(text, r));
    }
    return nanos;
  }

  private @Nullable TimeReading reading(String text) {
    int first = last;
    for (int i = 0; i < layouts.length; i++) {
      int n = i == 0 ? first : i <= first ? i - 1 : i;
      TimeReading r = new TimeReading(text, flexible, names);
      if (r.read(layouts[n])) {
        last = n;
        return r;
      }
    }
    return null;
  }

  private String problem(String text, @Nullable TimeReading read) {
    String shown = "\"" + (text.length() > 80 ? text.substring(0, 80) + "…" : text) + "\"";
    if (read != null && read.zone() != null) {
      return shown
          + " is not a time: zone \""
          + read.zone()
          + "\" is unknown in "
          + zone
          + " and in the time zone database; set the location that it belongs to";
    }
    if (read != null) {
      return shown + " is not a time of this format: its year is not one of 1678 to 2261";
    }
    TimeReading furthest = null;
    for (LayoutPart[] l : layouts) {
      TimeReading r = new TimeReading(text, flexible, names);
      if (!r.read(l) && (furthest == null || r.position() > furthest.position())) {
        furthest = r;
      }
    }
    return shown
        + " is not a time of this format, "
        + written
        + (furthest == null
            ? ""
            : ": at character " + (furthest.position() + 1) + " " + furthest.missing());
  }
}
