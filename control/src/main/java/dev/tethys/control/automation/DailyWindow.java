package dev.tethys.control.automation;

import dev.tethys.config.Key;
import dev.tethys.config.Section;
import dev.tethys.config.Type;
import dev.tethys.config.YamlObject;
import java.time.DateTimeException;
import java.time.DayOfWeek;
import java.time.Instant;
import java.time.LocalTime;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/**
 * Part of each day in UTC, such as the night.
 *
 * @param to first time after it, on the next day unless it is later than {@code from}
 * @param days on which it begins
 */
record DailyWindow(LocalTime from, LocalTime to, Set<DayOfWeek> days) {
  private static final Section SECTION = new Section("schedule", "Part of each day, in UTC.");
  private static final Key<String> FROM =
      SECTION.required("from", Type.STRING, "Begin, such as 22:00.");
  private static final Key<String> TO =
      SECTION.required("to", Type.STRING, "End, such as 06:00, on the next day where it is less.");
  private static final Key<List<String>> DAYS =
      SECTION.key(
          "days",
          Type.list(Type.oneOf("day", List.of("mon", "tue", "wed", "thu", "fri", "sat", "sun"))),
          List.of("mon", "tue", "wed", "thu", "fri", "sat", "sun"),
          "Days on which it begins.");

  static final Type<DailyWindow> TYPE = SECTION.type(DailyWindow::read);

  private static DailyWindow read(YamlObject o) {
    Set<DayOfWeek> days = EnumSet.noneOf(DayOfWeek.class);
    for (String d : o.get(DAYS)) {
      for (DayOfWeek w : DayOfWeek.values()) {
        if (word(w).equals(d)) {
          days.add(w);
        }
      }
    }
    if (days.isEmpty()) {
      throw o.error(DAYS, "must name at least one day");
    }
    DailyWindow w = new DailyWindow(time(o, FROM), time(o, TO), days);
    if (w.from.equals(w.to)) {
      throw o.error(TO, "must differ from from");
    }
    return w;
  }

  private static LocalTime time(YamlObject o, Key<String> key) {
    try {
      return LocalTime.parse(o.get(key));
    } catch (DateTimeException e) {
      throw (dev.tethys.config.ConfigException)
          o.error(key, "must be a time of day such as \"22:00\", not " + o.get(key)).initCause(e);
    }
  }

  private static String word(DayOfWeek d) {
    return d.name().substring(0, 3).toLowerCase(Locale.ROOT);
  }

  boolean contains(Instant at) {
    ZonedDateTime t = at.atZone(ZoneOffset.UTC);
    LocalTime time = t.toLocalTime();
    boolean begun = !time.isBefore(from);
    if (from.isBefore(to)) {
      return begun && time.isBefore(to) && days.contains(t.getDayOfWeek());
    }
    return begun
        ? days.contains(t.getDayOfWeek())
        : time.isBefore(to) && days.contains(t.getDayOfWeek().minus(1));
  }
}
