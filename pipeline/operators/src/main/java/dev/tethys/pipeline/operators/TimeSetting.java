package dev.tethys.pipeline.operators;

import dev.tethys.codec.time.StrptimeLayout;
import dev.tethys.config.Key;
import dev.tethys.config.Section;
import dev.tethys.config.Type;
import dev.tethys.config.YamlObject;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.time.DateTimeException;
import java.time.InstantSource;
import java.time.ZoneId;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Source of an entry's time and its layout. */
final class TimeSetting {
  private static final List<String> EPOCHS = List.of("s", "ms", "us", "ns", "s.ms", "s.us", "s.ns");

  /** Keys of this setting, inline in an operator or in a separate block. */
  static final class Keys {
    private final Key<Field> from;
    private final Key<String> kind;
    private final Key<String> layout;
    private final Key<String> location;
    private final Key<Map<String, String>> locations;

    Keys(Section s) {
      from = s.required("parse_from", Field.TYPE, "Field that contains the timestamp.");
      kind =
          s.key(
              "layout_type",
              Type.oneOf("layout_type", List.of("strptime", "gotime", "epoch")),
              "strptime",
              "Syntax of the layout.");
      layout = s.required("layout", Type.STRING, "Layout of the time.");
      location =
          s.key(
              "location",
              Type.STRING,
              "",
              "Time zone of timestamps without one; by default the local one, or UTC "
                  + "if the layout ends with Z.");
      locations =
          s.key(
              "time_zone_locations",
              Type.map(Type.STRING),
              Map.of(),
              "Time zones of abbreviations (%Z); they take precedence over those of "
                  + "the location.");
    }

    TimeSetting read(YamlObject o) {
      Field f = o.get(from);
      String l = o.get(layout);
      if (o.get(kind).equals("epoch")) {
        if (!EPOCHS.contains(l)) {
          throw o.error(
              layout,
              "the layout of an epoch must be one of "
                  + String.join(", ", EPOCHS)
                  + ", not \""
                  + l
                  + "\"");
        }
        if (o.has(locations)) {
          throw o.error(locations, "an epoch names no zone to look up");
        }
        return new TimeSetting(f, l, null);
      }
      ZoneId zone = location(o);
      Map<String, ZoneId> zones = abbreviations(o, locations);
      StrptimeLayout reader;
      try {
        reader = o.get(kind).equals("strptime") ? StrptimeLayout.of(l) : StrptimeLayout.ofGo(l);
      } catch (IllegalArgumentException e) {
        throw o.error(layout, String.valueOf(e.getMessage()));
      }
      if (o.has(locations) && !reader.namesZones()) {
        throw o.error(
            locations, "the layout has no name of a zone (%Z, in layouts of Go MST) to look up");
      }
      return new TimeSetting(f, l, (zone == null ? reader : reader.in(zone)).naming(zones));
    }

    private @Nullable ZoneId location(YamlObject o) {
      String z = o.get(location);
      try {
        return z.isEmpty() ? null : StrptimeLayout.location(z);
      } catch (DateTimeException e) {
        throw o.error(location, "there is no time zone \"" + z + "\"");
      }
    }

    private static Map<String, ZoneId> abbreviations(YamlObject o, Key<Map<String, String>> key) {
      Map<String, ZoneId> out = new HashMap<>();
      o.get(key)
          .forEach(
              (name, place) -> {
                try {
                  out.put(name, StrptimeLayout.location(place));
                } catch (DateTimeException e) {
                  throw o.error(key, name + ": there is no time zone \"" + place + "\"");
                }
              });
      return out;
    }
  }

  /** The block {@code timestamp} of parsers. */
  static final Type<TimeSetting> TYPE;

  static {
    Section s = new Section("timestamp", "Timestamp of the entry.");
    TYPE = s.type(new Keys(s)::read);
  }

  private final Field from;
  private final String layout;
  private final @Nullable StrptimeLayout reader; // null for an epoch
  private final InstantSource clock = InstantSource.system();

  private TimeSetting(Field from, String layout, @Nullable StrptimeLayout reader) {
    this.from = from;
    this.layout = layout;
    this.reader = reader;
  }

  void apply(Entry e) throws OperatorException {
    Object v = from.get(e);
    if (v == Field.NOTHING) {
      throw new OperatorException("there is no " + from + " to read the time from");
    }
    e.record().setTimeUnixNano(reader == null ? epoch(v) : read(reader, v));
  }

  private long read(StrptimeLayout r, @Nullable Object v) throws OperatorException {
    if (!(v instanceof String s)) {
      throw new OperatorException(from + " is not a string with a time");
    }
    try {
      return r.nanos(s, clock.instant());
    } catch (IllegalArgumentException e) {
      throw new OperatorException(
          "\"" + s + "\" does not match the layout " + layout + ": " + e.getMessage());
    }
  }

  private long epoch(@Nullable Object v) throws OperatorException {
    BigDecimal n;
    try {
      n =
          switch (v) {
            case Long l -> BigDecimal.valueOf(l);
            case Double d -> BigDecimal.valueOf(d);
            case String s -> new BigDecimal(s.strip());
            case null, default -> throw new OperatorException(from + " is not a number");
          };
      if (n.scale() > 100 || n.precision() > 100) {
        throw new OperatorException("\"" + v + "\" is not a time since 1970");
      }
      int shift =
          switch (layout) {
            case "ms" -> 6;
            case "us" -> 3;
            case "ns" -> 0;
            default -> 9;
          };
      return n.movePointRight(shift).setScale(0, RoundingMode.DOWN).longValueExact();
    } catch (NumberFormatException | ArithmeticException e) {
      throw new OperatorException("\"" + v + "\" is not a time since 1970");
    }
  }
}
