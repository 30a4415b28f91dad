package dev.tethys.alert.manager.config;

import dev.tethys.config.Key;
import dev.tethys.config.Section;
import dev.tethys.config.Type;
import dev.tethys.config.YamlDocument;
import dev.tethys.config.YamlObject;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.util.List;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Times of the week, month and year. A time must match every kind that is set; null is unset.
 *
 * @param times minutes of the day; the end is exclusive
 * @param zone time zone of the interval
 */
public record TimeInterval(
    @Nullable List<MinuteRange> times,
    @Nullable List<Range> weekdays,
    @Nullable List<Range> daysOfMonth,
    @Nullable List<Range> months,
    @Nullable List<Range> years,
    ZoneId zone) {
  /** Minutes of a day, the last one not included. */
  public record MinuteRange(int start, int end) {
    private static final Pattern FORM = Pattern.compile("(([01][0-9])|(2[0-3])):[0-5][0-9]|24:00");
    private static final Section SECTION = new Section("time_range", "Time range of a day.");
    private static final Key<String> START =
        SECTION.key("start_time", Type.STRING, "", "Start as HH:MM.");
    private static final Key<String> END =
        SECTION.key(
            "end_time", Type.STRING, "", "End as HH:MM, exclusive; 24:00 for the end of the day.");
    static final Type<MinuteRange> TYPE = SECTION.type(MinuteRange::read);

    private static MinuteRange read(YamlObject o) {
      if (o.get(START).isEmpty() || o.get(END).isEmpty()) {
        throw o.error("both start and end times must be provided");
      }
      MinuteRange r = new MinuteRange(minutes(o, START), minutes(o, END));
      if (r.start >= r.end) {
        throw o.error("start time cannot be equal or greater than end time");
      }
      return r;
    }

    private static int minutes(YamlObject o, Key<String> key) {
      String s = o.get(key);
      if (!FORM.matcher(s).matches()) {
        throw o.error(key, "couldn't parse timestamp " + s + ", invalid format");
      }
      return Integer.parseInt(s.substring(0, 2)) * 60 + Integer.parseInt(s.substring(3));
    }
  }

  private static final Section SECTION =
      new Section("time_interval_spec", "Time interval; all given keys must match.");
  private static final Key<List<MinuteRange>> TIMES =
      SECTION.optional("times", Type.sparseList(MinuteRange.TYPE), "Time ranges of the day.");
  private static final Key<List<Range>> WEEKDAYS =
      SECTION.optional(
          "weekdays", Type.sparseList(Range.WEEKDAY), "Days of the week, such as monday:friday.");
  private static final Key<List<Range>> DAYS_OF_MONTH =
      SECTION.optional(
          "days_of_month",
          Type.sparseList(Range.DAY_OF_MONTH),
          "Days of the month, such as 1:5, or -3:-1 from the end.");
  private static final Key<List<Range>> MONTHS =
      SECTION.optional(
          "months", Type.sparseList(Range.MONTH), "Months, such as may:august or 1:3.");
  private static final Key<List<Range>> YEARS =
      SECTION.optional("years", Type.sparseList(Range.YEAR), "Years, such as 2026:2030.");
  private static final Key<ZoneId> LOCATION =
      SECTION.key(
          "location",
          Type.of("time zone", ZoneOffset.UTC, n -> n.parse(TimeInterval::zone)),
          ZoneOffset.UTC,
          "Time zone: a name such as Europe/Berlin, UTC, or Local for the machine's.");

  static final Type<TimeInterval> TYPE = SECTION.type(TimeInterval::read);

  /**
   * Reads a list of time intervals in the format of {@code alertmanager.yml}, in YAML or JSON.
   *
   * @param name source name used in error messages
   * @throws dev.tethys.config.ConfigException if something in it is invalid, with its place
   */
  public static List<TimeInterval> parse(String name, String text) {
    return YamlDocument.parse(name, null, text).root().items().stream()
        .map(n -> read(n.object(SECTION)))
        .toList();
  }

  private static ZoneId zone(String name) {
    if (name.isEmpty() || name.equals("UTC")) {
      return ZoneOffset.UTC;
    }
    if (name.equals("Local")) {
      return ZoneId.systemDefault();
    }
    if (!ZoneId.getAvailableZoneIds().contains(name)) {
      throw new IllegalArgumentException("unknown time zone " + name);
    }
    return ZoneId.of(name);
  }

  private static TimeInterval read(YamlObject o) {
    return new TimeInterval(
        o.find(TIMES),
        o.find(WEEKDAYS),
        o.find(DAYS_OF_MONTH),
        o.find(MONTHS),
        o.find(YEARS),
        o.get(LOCATION));
  }

  /** Whether it contains a time. */
  public boolean contains(Instant at) {
    ZonedDateTime t = at.atZone(zone);
    int minute = t.getHour() * 60 + t.getMinute();
    int last = t.toLocalDate().lengthOfMonth();
    return (times == null || times.stream().anyMatch(r -> r.start <= minute && minute < r.end))
        && (daysOfMonth == null
            || daysOfMonth.stream().anyMatch(r -> hasDay(r, t.getDayOfMonth(), last)))
        && hasAny(months, t.getMonthValue())
        && hasAny(weekdays, t.getDayOfWeek().getValue() % 7)
        && hasAny(years, t.getYear());
  }

  private static boolean hasAny(@Nullable List<Range> ranges, int n) {
    return ranges == null || ranges.stream().anyMatch(r -> r.contains(n));
  }

  private static boolean hasDay(Range r, int day, int last) {
    int begin = r.begin() < 0 ? last + r.begin() + 1 : r.begin();
    int end = r.end() < 0 ? last + r.end() + 1 : r.end();
    return begin <= last && day >= begin && day <= Math.min(end, last);
  }
}
