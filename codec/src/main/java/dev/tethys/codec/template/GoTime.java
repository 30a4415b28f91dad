package dev.tethys.codec.template;

import static dev.tethys.codec.template.TemplateFunction.Parameter;

import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.time.format.TextStyle;
import java.util.Locale;
import java.util.Map;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Go's time.Time with the methods that templates use. */
public record GoTime(ZonedDateTime time) implements GoStruct {
  static final Parameter PARAMETER = new Parameter("time.Time", v -> v instanceof GoTime, false);

  private static final String RFC_3339 = "2006-01-02T15:04:05.999999999Z07:00";

  private static final String DEFAULT_LAYOUT = "2006-01-02 15:04:05.999999999 -0700 MST";

  /** A UTC time. */
  public static GoTime utc(Instant at) {
    return new GoTime(at.atZone(ZoneOffset.UTC));
  }

  @Override
  public String typeName() {
    return "*time.Time";
  }

  @Override
  public Map<String, ?> fields() {
    return Map.of();
  }

  @Override
  public String text() {
    return format(DEFAULT_LAYOUT);
  }

  private TemplateFunction function(Function<ZonedDateTime, Object> f) {
    return TemplateFunction.of(a -> f.apply(time));
  }

  private static TemplateFunction severalResults(String name, int results) {
    return TemplateFunction.of(
        a -> {
          throw new TemplateFunction.Failure(
              "can't call method/function \"" + name + "\" with " + results + " results");
        });
  }

  private static Instant instant(@Nullable Object v) {
    return v instanceof GoTime t ? t.time.toInstant() : Instant.EPOCH;
  }

  @Override
  public @Nullable TemplateFunction method(String name) {
    return switch (name) {
      case "Format" -> TemplateFunction.of(a -> format(String.valueOf(a[0])), Parameter.STRING);
      case "String" -> function(t -> format(DEFAULT_LAYOUT));
      case "Unix" -> function(t -> t.toEpochSecond());
      case "UnixMilli" -> function(t -> t.toInstant().toEpochMilli());
      case "UnixMicro" -> function(t -> t.toEpochSecond() * 1_000_000 + t.getNano() / 1000);
      case "UnixNano" -> function(t -> t.toEpochSecond() * 1_000_000_000 + t.getNano());
      case "Year" -> function(t -> (long) t.getYear());
      case "Month" -> function(t -> new GoMonth(t.getMonthValue()));
      case "Day" -> function(t -> (long) t.getDayOfMonth());
      case "Hour" -> function(t -> (long) t.getHour());
      case "Minute" -> function(t -> (long) t.getMinute());
      case "Second" -> function(t -> (long) t.getSecond());
      case "Nanosecond" -> function(t -> (long) t.getNano());
      case "YearDay" -> function(t -> (long) t.getDayOfYear());
      case "Weekday" -> function(t -> GoWeekday.of(t.getDayOfWeek()));
      case "Location" -> function(t -> new GoLocation(t.getZone()));
      case "In" ->
          TemplateFunction.of(
              a ->
                  a[0] instanceof GoLocation l
                      ? new GoTime(time.withZoneSameInstant(l.zone()))
                      : this,
              GoLocation.PARAMETER);
      case "IsDST" -> function(t -> t.getZone().getRules().isDaylightSavings(t.toInstant()));
      case "Compare" ->
          TemplateFunction.of(
              a -> (long) Integer.signum(time.toInstant().compareTo(instant(a[0]))), PARAMETER);
      case "Truncate" ->
          TemplateFunction.of(
              a -> GoTimeRounding.truncated(this, GoDuration.nanos(a[0])), GoDuration.PARAMETER);
      case "Round" ->
          TemplateFunction.of(
              a -> GoTimeRounding.rounded(this, GoDuration.nanos(a[0])), GoDuration.PARAMETER);
      case "GoString" -> function(t -> GoTimeBytes.source(this));
      case "MarshalText" -> function(t -> GoTimeBytes.list(format(RFC_3339)));
      case "MarshalJSON" -> function(t -> GoTimeBytes.list('"' + format(RFC_3339) + '"'));
      case "MarshalBinary", "GobEncode" -> function(t -> GoTimeBytes.binary(t));
      case "AppendFormat" ->
          TemplateFunction.of(
              a -> GoTimeBytes.appended(a[0], format(String.valueOf(a[1]))),
              GoTimeBytes.PARAMETER,
              Parameter.STRING);
      case "AppendText" ->
          TemplateFunction.of(
              a -> GoTimeBytes.appended(a[0], format(RFC_3339)), GoTimeBytes.PARAMETER);
      case "Date", "Clock" -> severalResults(name, 3);
      case "ISOWeek", "Zone", "ZoneBounds" -> severalResults(name, 2);
      case "IsZero" -> function(t -> t.toInstant().equals(Instant.parse("0001-01-01T00:00:00Z")));
      case "UTC" -> function(t -> new GoTime(t.withZoneSameInstant(ZoneOffset.UTC)));
      case "Local" -> function(t -> new GoTime(t.withZoneSameInstant(ZoneId.systemDefault())));
      case "Add" ->
          TemplateFunction.of(
              a -> new GoTime(time.plusNanos(GoDuration.nanos(a[0]))), GoDuration.PARAMETER);
      case "AddDate" ->
          TemplateFunction.of(
              a ->
                  GoTimeRounding.plusDate(
                      this, GoDuration.nanos(a[0]), GoDuration.nanos(a[1]), GoDuration.nanos(a[2])),
              Parameter.INT,
              Parameter.INT,
              Parameter.INT);
      case "Sub" ->
          TemplateFunction.of(
              a -> new GoDuration(GoTimeRounding.between(instant(a[0]), time.toInstant())),
              PARAMETER);
      case "Before" ->
          TemplateFunction.of(a -> time.toInstant().isBefore(instant(a[0])), PARAMETER);
      case "After" -> TemplateFunction.of(a -> time.toInstant().isAfter(instant(a[0])), PARAMETER);
      case "Equal" -> TemplateFunction.of(a -> time.toInstant().equals(instant(a[0])), PARAMETER);
      default -> null;
    };
  }

  /** Elements of a layout, longer ones before their prefixes. */
  private static final String[] PARTS = {
    "January",
    "Jan",
    "Monday",
    "Mon",
    "MST",
    "2006",
    "_2006",
    "_2",
    "002",
    "01",
    "02",
    "03",
    "04",
    "05",
    "06",
    "15",
    "PM",
    "pm",
    "-07:00:00",
    "-07:00",
    "-070000",
    "-0700",
    "-07",
    "Z07:00:00",
    "Z07:00",
    "Z070000",
    "Z0700",
    "Z07",
    "1",
    "2",
    "3",
    "4",
    "5"
  };

  /**
   * Parses a time by a layout that shows the reference time; in UTC by default.
   *
   * @throws IllegalArgumentException if the text does not have that form
   */
  public static GoTime parse(String layout, String text) {
    return new GoTimeReader(layout, text, false).read();
  }

  /**
   * Parses a time like {@link #parse}, but rejects zone names other than UTC and GMT: most denote
   * different offsets in different places, and Go treats unknown ones as offset zero.
   *
   * @throws IllegalArgumentException if the text does not have that form
   */
  public static GoTime parseOffset(String layout, String text) {
    return new GoTimeReader(layout, text, true).read();
  }

  /** Writes the time using a Go layout. */
  public String format(String layout) {
    StringBuilder sb = new StringBuilder();
    int i = 0;
    while (i < layout.length()) {
      int fraction = fractionLength(layout, i);
      if (fraction > 0) {
        fraction(sb, layout.charAt(i), layout.charAt(i + 1) == '9', fraction - 1);
        i += fraction;
        continue;
      }
      String part = part(layout, i);
      if (part == null) {
        sb.append(layout.charAt(i++));
      } else {
        sb.append(shown(part));
        i += part.length();
      }
    }
    return sb.toString();
  }

  static @Nullable String part(String layout, int at) {
    for (String p : PARTS) {
      if (layout.startsWith(p, at)) {
        int end = at + p.length();
        boolean word = p.equals("Jan") || p.equals("Mon");
        if (word && end < layout.length() && Character.isLowerCase(layout.charAt(end))) {
          continue;
        }
        return p;
      }
    }
    return null;
  }

  /** The length of {@code .000} or {@code .999} that no further digit follows; 0 elsewhere. */
  static int fractionLength(String layout, int at) {
    char c = layout.charAt(at);
    if (c != '.' && c != ',' || at + 1 >= layout.length()) {
      return 0;
    }
    char digit = layout.charAt(at + 1);
    if (digit != '0' && digit != '9') {
      return 0;
    }
    int end = at + 1;
    while (end < layout.length() && layout.charAt(end) == digit) {
      end++;
    }
    boolean more = end < layout.length() && Character.isDigit(layout.charAt(end));
    return more ? 0 : end - at;
  }

  private void fraction(StringBuilder sb, char point, boolean cut, int digits) {
    String nanos = String.format(Locale.ROOT, "%09d", time.getNano());
    String shown = nanos.substring(0, Math.min(digits, 9)) + "0".repeat(Math.max(0, digits - 9));
    if (cut) {
      shown = shown.replaceAll("0+$", "");
    }
    if (!shown.isEmpty()) {
      sb.append(point).append(shown);
    }
  }

  private String shown(String part) {
    int hour12 = time.getHour() % 12 == 0 ? 12 : time.getHour() % 12;
    return switch (part) {
      case "January" -> time.getMonth().getDisplayName(TextStyle.FULL, Locale.ENGLISH);
      case "Jan" -> time.getMonth().getDisplayName(TextStyle.FULL, Locale.ENGLISH).substring(0, 3);
      case "Monday" -> time.getDayOfWeek().getDisplayName(TextStyle.FULL, Locale.ENGLISH);
      case "Mon" ->
          time.getDayOfWeek().getDisplayName(TextStyle.FULL, Locale.ENGLISH).substring(0, 3);
      case "MST" -> zone();
      case "2006" -> digits("%04d", time.getYear());
      case "_2006" -> "_" + digits("%04d", time.getYear());
      case "06" -> digits("%02d", time.getYear() % 100);
      case "01" -> digits("%02d", time.getMonthValue());
      case "1" -> digits("%d", time.getMonthValue());
      case "02" -> digits("%02d", time.getDayOfMonth());
      case "_2" -> digits("%2d", time.getDayOfMonth());
      case "2" -> digits("%d", time.getDayOfMonth());
      case "002" -> digits("%03d", time.getDayOfYear());
      case "15" -> digits("%02d", time.getHour());
      case "03" -> digits("%02d", hour12);
      case "3" -> digits("%d", hour12);
      case "04" -> digits("%02d", time.getMinute());
      case "4" -> digits("%d", time.getMinute());
      case "05" -> digits("%02d", time.getSecond());
      case "5" -> digits("%d", time.getSecond());
      case "PM" -> time.getHour() >= 12 ? "PM" : "AM";
      case "pm" -> time.getHour() >= 12 ? "pm" : "am";
      default -> offset(part);
    };
  }

  private static String digits(String format, int n) {
    return String.format(Locale.ROOT, format, n);
  }

  private String zone() {
    if (time.getOffset().getTotalSeconds() == 0 && time.getZone() instanceof ZoneOffset) {
      return "UTC";
    }
    return java.time.format.DateTimeFormatter.ofPattern("zzz", Locale.ENGLISH).format(time);
  }

  private String offset(String part) {
    int seconds = time.getOffset().getTotalSeconds();
    if (part.charAt(0) == 'Z' && seconds == 0) {
      return "Z";
    }
    int abs = Math.abs(seconds);
    String colon = part.indexOf(':') >= 0 ? ":" : "";
    StringBuilder sb = new StringBuilder(seconds < 0 ? "-" : "+");
    sb.append(digits("%02d", abs / 3600));
    if (part.length() > 3) {
      sb.append(colon).append(digits("%02d", abs / 60 % 60));
    }
    if (part.length() > 6) {
      sb.append(colon).append(digits("%02d", abs % 60));
    }
    return sb.toString();
  }
}
