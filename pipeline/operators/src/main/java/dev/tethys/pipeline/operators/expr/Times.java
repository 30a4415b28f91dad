package dev.tethys.pipeline.operators.expr;

import dev.tethys.codec.time.GoLayout;
import dev.tethys.model.GoDurationText;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** Functions of times and durations. */
final class Times {
  private static final List<String> LAYOUTS =
      List.of(
          "2006-01-02",
          "15:04:05",
          "2006-01-02 15:04:05",
          "2006-01-02T15:04:05Z07:00",
          "02 Jan 06 15:04 MST",
          "Monday, 02-Jan-06 15:04:05 MST",
          "Mon, 02 Jan 2006 15:04:05 MST");

  /** A method of a time or a duration. */
  record Method(int arguments, Call call) {}

  /** Implementation of a method. */
  @FunctionalInterface
  interface Call {
    @Nullable Object of(@Nullable Object self, @Nullable Object argument);
  }

  /** Of a time. */
  @FunctionalInterface
  private interface OfTime {
    Object of(ZonedDateTime t);
  }

  private static final Map<String, Method> METHODS = new TreeMap<>();

  static {
    time("Year", t -> (long) t.getYear());
    time("Month", t -> (long) t.getMonthValue());
    time("Day", t -> (long) t.getDayOfMonth());
    time("Hour", t -> (long) t.getHour());
    time("Minute", t -> (long) t.getMinute());
    time("Second", t -> (long) t.getSecond());
    time("Nanosecond", t -> (long) t.getNano());
    time("Weekday", t -> (long) (t.getDayOfWeek().getValue() % 7));
    time("YearDay", t -> (long) t.getDayOfYear());
    time("Unix", t -> t.toEpochSecond());
    time("UnixMilli", t -> t.toInstant().toEpochMilli());
    time("UnixMicro", t -> nanos(t) / 1000);
    time("UnixNano", t -> nanos(t));
    time("UTC", t -> t.withZoneSameInstant(ZoneOffset.UTC));
    METHODS.put(
        "In",
        new Method(
            1,
            (t, z) -> {
              if (t instanceof ZonedDateTime d && z instanceof String s) {
                return d.withZoneSameInstant(zone(s));
              }
              throw new ExpressionException("In requires a time and a timezone");
            }));
    METHODS.put("Add", new Method(1, (t, d) -> sum(t, d)));
    METHODS.put("Sub", new Method(1, (a, b) -> Operators.minus(a, b)));
    METHODS.put("Before", new Method(1, (a, b) -> Operators.compare(a, b, "Before") < 0));
    METHODS.put("After", new Method(1, (a, b) -> Operators.compare(a, b, "After") > 0));
    METHODS.put("Equal", new Method(1, (a, b) -> Operators.compare(a, b, "Equal") == 0));
    duration("Hours", 3600e9);
    duration("Minutes", 60e9);
    duration("Seconds", 1e9);
    METHODS.put("Milliseconds", new Method(0, (d, _) -> duration(d).toMillis()));
    METHODS.put("Microseconds", new Method(0, (d, _) -> duration(d).toNanos() / 1000));
    METHODS.put("Nanoseconds", new Method(0, (d, _) -> duration(d).toNanos()));
    METHODS.put("String", new Method(0, (v, _) -> text(v)));
  }

  private Times() {}

  private static Object sum(@Nullable Object t, @Nullable Object d) {
    if (t instanceof ZonedDateTime x && d instanceof Duration y) {
      return x.plus(y);
    }
    throw new ExpressionException("Add requires a time and a duration");
  }

  private static void time(String name, OfTime f) {
    METHODS.put(
        name,
        new Method(
            0,
            (v, _) -> {
              if (v instanceof ZonedDateTime t) {
                return f.of(t);
              }
              throw new ExpressionException(
                  name + " requires a time, not a value of type " + Operators.type(v));
            }));
  }

  private static void duration(String name, double nanos) {
    METHODS.put(name, new Method(0, (v, _) -> duration(v).toNanos() / nanos));
  }

  private static Duration duration(@Nullable Object v) {
    if (v instanceof Duration d) {
      return d;
    }
    throw new ExpressionException("a value of type " + Operators.type(v) + " is not a duration");
  }

  private static long nanos(ZonedDateTime t) {
    Instant i = t.toInstant();
    return i.getEpochSecond() * 1_000_000_000L + i.getNano();
  }

  static @Nullable Method method(String name) {
    return METHODS.get(name);
  }

  static Collection<String> methods() {
    return METHODS.keySet();
  }

  static ZoneId zone(String name) {
    try {
      return name.equals("Local")
          ? ZoneId.systemDefault()
          : ZoneId.of(name.isEmpty() ? "UTC" : name);
    } catch (java.time.DateTimeException e) {
      throw new ExpressionException("there is no timezone \"" + name + "\"");
    }
  }

  /** Parses a date in a usual layout, or in a Go layout. */
  static ZonedDateTime date(String text, @Nullable String layout, ZoneId zone) {
    List<String> layouts = layout == null ? LAYOUTS : List.of(layout);
    for (String l : layouts) {
      long v = new GoLayout(l, zone, ZoneId.systemDefault()).read(text, 0);
      if (v != GoLayout.NONE) {
        return Instant.ofEpochSecond(
                Math.floorDiv(v, 1_000_000_000L), Math.floorMod(v, 1_000_000_000L))
            .atZone(zone);
      }
    }
    throw new ExpressionException("\"" + text + "\" is not a date in a known layout");
  }

  static String text(@Nullable Object v) {
    return switch (v) {
      case ZonedDateTime t -> DateTimeFormatter.ISO_OFFSET_DATE_TIME.format(t);
      case Duration d -> GoDurationText.of(d.toNanos());
      case null, default -> throw new ExpressionException("String requires a time or a duration");
    };
  }
}
