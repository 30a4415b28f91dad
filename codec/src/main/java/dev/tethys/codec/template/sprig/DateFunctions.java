package dev.tethys.codec.template.sprig;

import static dev.tethys.codec.template.TemplateFunction.Parameter.ANY;
import static dev.tethys.codec.template.TemplateFunction.Parameter.STRING;
import static dev.tethys.codec.template.sprig.LineFunctions.s;

import dev.tethys.codec.template.GoDuration;
import dev.tethys.codec.template.GoTime;
import dev.tethys.codec.template.TemplateFunction;
import dev.tethys.codec.time.GoLayout;
import dev.tethys.model.GoDurationText;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Sprig's functions for times. A number is seconds since 1970. */
final class DateFunctions {
  private DateFunctions() {}

  static void addTo(Map<String, TemplateFunction> m) {
    m.put(
        "now", TemplateFunction.of(a -> new GoTime(Instant.now().atZone(ZoneId.systemDefault()))));
    m.put(
        "date",
        TemplateFunction.of(a -> shown(s(a[0]), a[1], ZoneId.systemDefault()), STRING, ANY));
    TemplateFunction inZone =
        TemplateFunction.of(a -> shown(s(a[0]), a[1], zone(s(a[2]))), STRING, ANY, STRING);
    m.put("dateInZone", inZone);
    m.put("date_in_zone", inZone);
    m.put(
        "htmlDate",
        TemplateFunction.of(a -> shown("2006-01-02", a[0], ZoneId.systemDefault()), ANY));
    m.put("toDate", TemplateFunction.of(a -> read(s(a[0]), s(a[1])), STRING, STRING));
    m.put(
        "unixEpoch", TemplateFunction.of(a -> Long.toString(instant(a[0]).getEpochSecond()), ANY));
    m.put(
        "ago",
        TemplateFunction.of(
            a ->
                GoDurationText.of(
                    Duration.between(instant(a[0]), Instant.now()).toSeconds() * 1_000_000_000L),
            ANY));
    m.put(
        "duration",
        TemplateFunction.of(
            a -> new GoDuration(NumberFunctions.whole(a[0]) * 1_000_000_000L).text(), ANY));
  }

  private static Instant instant(@Nullable Object v) {
    return switch (v) {
      case GoTime t -> t.time().toInstant();
      case Long l -> Instant.ofEpochSecond(Math.clamp(l, -1L << 40, 1L << 40));
      case null, default -> Instant.now();
    };
  }

  private static ZoneId zone(String name) {
    try {
      return name.equals("Local") ? ZoneId.systemDefault() : ZoneId.of(name);
    } catch (DateTimeException e) {
      return ZoneOffset.UTC;
    }
  }

  private static String shown(String layout, @Nullable Object v, ZoneId zone) {
    return new GoTime(instant(v).atZone(zone)).format(layout);
  }

  /** Parses a time by a layout; the year 1 for text that does not match, as in Go. */
  private static GoTime read(String layout, String text) {
    long nanos = new GoLayout(layout, ZoneId.systemDefault(), ZoneId.systemDefault()).read(text, 0);
    Instant i =
        nanos == GoLayout.NONE
            ? Instant.parse("0001-01-01T00:00:00Z")
            : Instant.ofEpochSecond(0, nanos);
    return new GoTime(i.atZone(ZoneId.systemDefault()));
  }
}
