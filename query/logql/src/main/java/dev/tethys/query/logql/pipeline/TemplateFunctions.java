package dev.tethys.query.logql.pipeline;

import static dev.tethys.codec.template.TemplateFunction.Parameter.ANY;
import static dev.tethys.codec.template.TemplateFunction.Parameter.INT;
import static dev.tethys.codec.template.TemplateFunction.Parameter.STRING;

import dev.tethys.codec.template.GoTime;
import dev.tethys.codec.template.TemplateFunction;
import dev.tethys.codec.template.TemplateFunction.Failure;
import dev.tethys.codec.template.sprig.LineFunctions;
import dev.tethys.codec.time.GoLayout;
import dev.tethys.model.BoundedMap;
import dev.tethys.model.cancellation.Cancellation;
import dev.tethys.model.regex.Groups;
import dev.tethys.model.regex.Regex;
import dev.tethys.query.logql.parser.Units;
import dev.tethys.query.logql.parser.Units.UnitException;
import java.net.URLDecoder;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Functions of templates in queries: Sprig's, and those that LogQL adds or changes. */
final class TemplateFunctions {
  private static final int REGEXES = 64;

  private static final Map<String, TemplateFunction> STATIC = statics();

  private @Nullable Row row;

  /** Most memory that finding the groups of one expression may take. */
  static final long MAX_GROUPS_BYTES = 64L << 20;

  private final Map<String, Regex> regexes = BoundedMap.byUse(REGEXES);

  /** Sets the row for the next execution. */
  void of(Row r) {
    row = r;
  }

  /** Functions by name. */
  Map<String, TemplateFunction> all() {
    Map<String, TemplateFunction> m = new HashMap<>(STATIC);
    m.put(
        "__line__",
        TemplateFunction.of(
            a -> {
              Row r = row;
              return r == null ? "" : r.lineText();
            }));
    m.put(
        "__timestamp__",
        TemplateFunction.of(
            a -> {
              Row r = row;
              return new GoTime(
                  Instant.ofEpochSecond(0, r == null ? 0 : r.time).atZone(ZoneOffset.UTC));
            }));
    m.put("count", TemplateFunction.of(a -> count(text(a[0]), text(a[1])), STRING, STRING));
    return Map.copyOf(m);
  }

  private Object count(String expression, String in) {
    Regex r;
    try {
      r =
          regexes.computeIfAbsent(
              expression, x -> Regex.compile(x).withBoundedGroups(MAX_GROUPS_BYTES));
    } catch (IllegalArgumentException e) {
      throw new Failure(String.valueOf(e.getMessage()));
    }
    Groups g = r.groups(Cancellation.interruptible(in));
    long n = 0;
    while (g.find()) {
      n++;
    }
    return n;
  }

  private static Map<String, TemplateFunction> statics() {
    Map<String, TemplateFunction> m = new HashMap<>(LineFunctions.ALL);
    m.put("bytes", TemplateFunction.of(a -> size(text(a[0])), STRING));
    m.put("duration", TemplateFunction.of(a -> seconds(text(a[0])), STRING));
    m.put("duration_seconds", TemplateFunction.of(a -> seconds(text(a[0])), STRING));
    m.put(
        "urlencode",
        TemplateFunction.of(a -> URLEncoder.encode(text(a[0]), StandardCharsets.UTF_8), STRING));
    m.put("urldecode", TemplateFunction.of(a -> urlDecode(text(a[0])), STRING));
    m.put("alignLeft", TemplateFunction.of(a -> align(whole(a[0]), text(a[1]), true), INT, STRING));
    m.put(
        "alignRight", TemplateFunction.of(a -> align(whole(a[0]), text(a[1]), false), INT, STRING));
    m.put("trunc", TemplateFunction.of(a -> trunc(whole(a[0]), text(a[1])), INT, STRING));
    m.put(
        "substr",
        TemplateFunction.of(
            a -> substring(whole(a[0]), whole(a[1]), text(a[2])), INT, INT, STRING));
    m.put(
        "unixEpochMillis",
        TemplateFunction.of(a -> Long.toString(instant(a[0]).toEpochMilli()), ANY));
    m.put(
        "unixEpochNanos",
        TemplateFunction.of(
            a -> {
              Instant i = instant(a[0]);
              return Long.toString(i.getEpochSecond() * 1_000_000_000L + i.getNano());
            },
            ANY));
    m.put(
        "toDateInZone",
        TemplateFunction.of(a -> date(text(a[0]), text(a[1]), text(a[2])), STRING, STRING, STRING));
    m.put("unixToTime", TemplateFunction.of(a -> unixToTime(text(a[0])), STRING));
    return Map.copyOf(m);
  }

  private static String text(@Nullable Object v) {
    return String.valueOf(v);
  }

  private static long whole(@Nullable Object v) {
    return v instanceof Long l ? l : 0;
  }

  private static Double size(String s) {
    try {
      return (double) Units.size(s);
    } catch (UnitException e) {
      throw new Failure(e.reason());
    }
  }

  private static Double seconds(String s) {
    try {
      return Units.goDuration(s) / 1e9;
    } catch (UnitException e) {
      throw new Failure(e.reason());
    }
  }

  private static String urlDecode(String s) {
    try {
      return URLDecoder.decode(s, StandardCharsets.UTF_8);
    } catch (IllegalArgumentException e) {
      throw new Failure("invalid URL escape in " + s);
    }
  }

  private static String align(long count, String s, boolean left) {
    int n = s.codePointCount(0, s.length());
    if (count < 0 || count == n) {
      return s;
    }
    if (count > 1 << 20) {
      throw new Failure("a text of more than " + (1 << 20) + " characters");
    }
    if (n < count) {
      String blanks = " ".repeat((int) (count - n));
      return left ? s + blanks : blanks + s;
    }
    return left
        ? s.substring(0, s.offsetByCodePoints(0, (int) count))
        : s.substring(s.offsetByCodePoints(0, (int) (n - count)));
  }

  private static String trunc(long count, String s) {
    int n = s.codePointCount(0, s.length());
    if (Math.abs(count) >= n) {
      return s;
    }
    return count < 0
        ? s.substring(s.offsetByCodePoints(0, (int) (n + count)))
        : s.substring(0, s.offsetByCodePoints(0, (int) count));
  }

  private static String substring(long start, long end, String s) {
    int n = s.codePointCount(0, s.length());
    int from = (int) Math.clamp(start, 0, n);
    int to = (int) (end < 0 ? start < 0 ? 0 : n : Math.min(end, n));
    return from >= to
        ? ""
        : s.substring(s.offsetByCodePoints(0, from), s.offsetByCodePoints(0, to));
  }

  private static Instant instant(@Nullable Object v) {
    if (v instanceof GoTime t) {
      return t.time().toInstant();
    }
    throw new Failure("wrong type for value; expected time.Time");
  }

  private static GoTime date(String layout, String zone, String text) {
    ZoneId z;
    try {
      z = zone.equals("Local") ? ZoneId.systemDefault() : ZoneId.of(zone);
    } catch (DateTimeException e) {
      throw new Failure("unknown time zone " + zone);
    }
    long nanos = new GoLayout(layout, z, z).read(text, 0);
    Instant i =
        nanos == GoLayout.NONE
            ? Instant.parse("0001-01-01T00:00:00Z")
            : Instant.ofEpochSecond(0, nanos);
    return new GoTime(i.atZone(z));
  }

  /**
   * Converts a number of days, seconds, milliseconds, microseconds or nanoseconds, by its length.
   */
  private static GoTime unixToTime(String s) {
    long v;
    try {
      v = Long.parseLong(s);
    } catch (NumberFormatException e) {
      throw new Failure("unable to parse time '" + s + "': it is not an integer");
    }
    Instant i =
        switch (s.length()) {
          case 5 -> Instant.ofEpochSecond(Math.multiplyExact(v, 86_400L));
          case 10 -> Instant.ofEpochSecond(v);
          case 13 -> Instant.ofEpochMilli(v);
          case 16 -> Instant.ofEpochSecond(v / 1_000_000, v % 1_000_000 * 1000);
          case 19 -> Instant.ofEpochSecond(0, v);
          default ->
              throw new Failure(
                  "unable to parse time '"
                      + s
                      + "': it must have 5, 10, 13, 16 or 19 digits (days, seconds, milliseconds,"
                      + " microseconds, nanoseconds)");
        };
    return new GoTime(i.atZone(ZoneOffset.UTC));
  }
}
