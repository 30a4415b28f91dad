package dev.tethys.pipeline.ottl.function;

import dev.tethys.codec.time.StrptimeLayout;
import dev.tethys.config.GoDurations;
import dev.tethys.pipeline.ottl.Arguments;
import dev.tethys.pipeline.ottl.EvaluationException;
import dev.tethys.pipeline.ottl.OttlExpr;
import dev.tethys.pipeline.ottl.OttlFunction;
import dev.tethys.pipeline.ottl.ParameterKind;
import dev.tethys.pipeline.ottl.Type;
import dev.tethys.pipeline.ottl.internal.Paths;
import dev.tethys.pipeline.ottl.internal.Text;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.function.ToLongFunction;
import java.util.stream.Collectors;

/** Times and durations. */
final class TimeConverters {
  /** Go's zero time, to which times are truncated: January 1 of the year 1. */
  private static final Instant ZERO = Instant.parse("0001-01-01T00:00:00Z");

  /** Languages with known names of months and days. */
  private static final Set<String> LANGUAGES =
      Locale.availableLocales()
          .map(Locale::getLanguage)
          .filter(l -> !l.isEmpty())
          .collect(Collectors.toUnmodifiableSet());

  private TimeConverters() {}

  static List<OttlFunction> all(InstantSource clock) {
    return List.of(
        OttlFunction.converter("Now", Type.TIME)
            .impure()
            .made(_ -> _ -> clock.instant().atZone(ZoneId.systemDefault())),
        OttlFunction.converter("Time", Type.TIME)
            .takes("target", ParameterKind.STRING)
            .or("time")
            .takes("format", ParameterKind.LITERAL_STRING)
            .mayTake("location", ParameterKind.LITERAL_STRING)
            .mayTake("locale", ParameterKind.LITERAL_STRING)
            .impure() // a time without a year gets the current one
            .made(a -> time(a, clock)),
        OttlFunction.converter("FormatTime", Type.STRING)
            .takes("time", ParameterKind.TIME)
            .takes("format", ParameterKind.LITERAL_STRING)
            .made(
                a -> {
                  TimeLayout layout = layout(a, 1, Locale.ENGLISH);
                  return TypeConverters.one(a, v -> layout.format(asTime(v)));
                }),
        OttlFunction.converter("Duration", Type.DURATION)
            .takes("duration", ParameterKind.STRING)
            .made(a -> TypeConverters.one(a, v -> duration(StringConverters.string(v)))),
        OttlFunction.converter("TruncateTime", Type.TIME)
            .takes("time", ParameterKind.TIME)
            .takes("duration", ParameterKind.DURATION)
            .made(
                a -> {
                  OttlExpr time = a.expr(0);
                  OttlExpr by = a.expr(1);
                  return at ->
                      truncate(asTime(time.get(at)), (Duration) MapEditors.require(by.get(at)));
                }),
        OttlFunction.converter("Unix", Type.TIME)
            .takes("seconds", ParameterKind.INT)
            .mayTake("nanoseconds", ParameterKind.INT)
            .made(TimeConverters::unix),
        part("Year", t -> t.getYear()),
        part("Month", t -> t.getMonthValue()),
        part("Day", t -> t.getDayOfMonth()),
        part("Hour", t -> t.getHour()),
        part("Minute", t -> t.getMinute()),
        part("Second", t -> t.getSecond()),
        part("Nanosecond", t -> t.getNano()),
        part("Weekday", t -> t.getDayOfWeek().getValue() % 7),
        part("UnixNano", Paths::nanos),
        part("UnixMicro", t -> scaled(t, 1_000_000)),
        part("UnixMilli", t -> scaled(t, 1_000)),
        part("UnixSeconds", t -> t.toEpochSecond()),
        fraction("Hours", 3600e9),
        fraction("Minutes", 60e9),
        fraction("Seconds", 1e9),
        whole("Milliseconds", 1_000_000),
        whole("Microseconds", 1_000),
        whole("Nanoseconds", 1));
  }

  private static ZonedDateTime asTime(@org.jspecify.annotations.Nullable Object v) {
    return (ZonedDateTime) MapEditors.require(v);
  }

  private static OttlFunction part(String name, ToLongFunction<ZonedDateTime> f) {
    return OttlFunction.converter(name, Type.INT)
        .takes("value", ParameterKind.TIME)
        .or("time")
        .made(a -> TypeConverters.one(a, v -> f.applyAsLong(asTime(v))));
  }

  private static OttlFunction fraction(String name, double nanos) {
    return OttlFunction.converter(name, Type.DOUBLE)
        .takes("value", ParameterKind.DURATION)
        .or("duration")
        .made(
            a -> TypeConverters.one(a, v -> Text.nanos((Duration) MapEditors.require(v)) / nanos));
  }

  private static OttlFunction whole(String name, long nanos) {
    return OttlFunction.converter(name, Type.INT)
        .takes("value", ParameterKind.DURATION)
        .or("duration")
        .made(
            a -> TypeConverters.one(a, v -> Text.nanos((Duration) MapEditors.require(v)) / nanos));
  }

  private static long scaled(ZonedDateTime t, long perSecond) {
    try {
      return Math.addExact(
          Math.multiplyExact(t.toEpochSecond(), perSecond),
          t.getNano() / (1_000_000_000L / perSecond));
    } catch (ArithmeticException e) {
      throw new EvaluationException("the time is out of range");
    }
  }

  private static OttlExpr.Getter unix(Arguments a) {
    OttlExpr seconds = a.expr(0);
    OttlExpr nanos = a.expr(1, 0L);
    return at -> {
      try {
        return Instant.ofEpochSecond(
                (Long) MapEditors.require(seconds.get(at)),
                (Long) MapEditors.require(nanos.get(at)))
            .atZone(ZoneOffset.UTC);
      } catch (DateTimeException | ArithmeticException e) {
        throw new EvaluationException("the time is out of range");
      }
    };
  }

  private static ZonedDateTime truncate(ZonedDateTime t, Duration by) {
    long step = Text.nanos(by);
    if (step <= 0) {
      return t;
    }
    Instant i = t.toInstant();
    java.math.BigInteger since =
        java.math.BigInteger.valueOf(i.getEpochSecond() - ZERO.getEpochSecond())
            .multiply(java.math.BigInteger.valueOf(1_000_000_000L))
            .add(java.math.BigInteger.valueOf(i.getNano()));
    long over = since.mod(java.math.BigInteger.valueOf(step)).longValueExact();
    return t.minusNanos(over);
  }

  private static TimeLayout layout(Arguments a, int index, Locale locale) {
    if (a.string(index).isEmpty()) {
      throw a.error(index, "the format is empty");
    }
    try {
      return TimeLayout.of(a.string(index), locale);
    } catch (IllegalArgumentException e) {
      throw a.error(index, java.util.Objects.requireNonNull(e.getMessage()));
    }
  }

  private static OttlExpr.Getter time(Arguments a, InstantSource clock) {
    Locale locale = Locale.ENGLISH;
    String tag = a.string(3, "");
    if (!tag.isEmpty()) {
      locale = Locale.forLanguageTag(tag);
      if (!LANGUAGES.contains(locale.getLanguage())) {
        throw a.error(3, "there is no locale \"" + tag + "\"; one is written as de or es-ES");
      }
    }
    if (a.string(1).isEmpty()) {
      throw a.error(1, "the format is empty");
    }
    StrptimeLayout layout;
    try {
      layout = StrptimeLayout.of(a.string(1));
    } catch (IllegalArgumentException e) {
      throw a.error(1, String.valueOf(e.getMessage()));
    }
    String location = a.string(2, "");
    try {
      if (!location.isEmpty()) {
        layout = layout.in(StrptimeLayout.location(location));
      }
    } catch (DateTimeException e) {
      throw a.error(2, "there is no time zone \"" + location + "\"");
    }
    StrptimeLayout read = tag.isEmpty() ? layout : layout.spokenIn(locale);
    return TypeConverters.one(
        a,
        v -> {
          String text = StringConverters.string(v);
          if (text.isEmpty()) {
            throw new EvaluationException("the time is an empty string");
          }
          try {
            return read.time(text, clock.instant());
          } catch (IllegalArgumentException | DateTimeException e) {
            throw new EvaluationException(String.valueOf(e.getMessage()));
          }
        });
  }

  private static Duration duration(String text) {
    try {
      return GoDurations.parse(text);
    } catch (IllegalArgumentException e) {
      throw new EvaluationException(String.valueOf(e.getMessage()));
    }
  }
}
