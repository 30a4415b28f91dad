package dev.tethys.collect.exporter.blackbox.cel;

import com.google.re2j.Pattern;
import com.google.re2j.PatternSyntaxException;
import dev.tethys.collect.exporter.blackbox.cel.CelValues.Bytes;
import dev.tethys.collect.exporter.blackbox.cel.CelValues.Type;
import dev.tethys.collect.exporter.blackbox.cel.CelValues.Unsigned;
import java.math.BigDecimal;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;

/** The functions of CEL's standard library; of extensions none, as in blackbox_exporter. */
final class CelFunctions {
  /** Call form that a function permits. */
  private enum Form {
    GLOBAL,
    METHOD,
    BOTH
  }

  private record Shape(Form form, int least, int most) {}

  private static final Shape CONVERSION = new Shape(Form.GLOBAL, 1, 1);
  private static final Shape OF_TEXT = new Shape(Form.METHOD, 2, 2);

  /** Of times, which may name a zone, and of durations. */
  private static final Shape PART = new Shape(Form.METHOD, 1, 2);

  private static final Map<String, Shape> SHAPES =
      Map.ofEntries(
          Map.entry("size", new Shape(Form.BOTH, 1, 1)),
          Map.entry("contains", OF_TEXT),
          Map.entry("startsWith", OF_TEXT),
          Map.entry("endsWith", OF_TEXT),
          Map.entry("matches", new Shape(Form.BOTH, 2, 2)),
          Map.entry("int", CONVERSION),
          Map.entry("uint", CONVERSION),
          Map.entry("double", CONVERSION),
          Map.entry("string", CONVERSION),
          Map.entry("bytes", CONVERSION),
          Map.entry("bool", CONVERSION),
          Map.entry("dyn", CONVERSION),
          Map.entry("type", CONVERSION),
          Map.entry("duration", CONVERSION),
          Map.entry("timestamp", CONVERSION),
          Map.entry("getFullYear", PART),
          Map.entry("getMonth", PART),
          Map.entry("getDate", PART),
          Map.entry("getDayOfMonth", PART),
          Map.entry("getDayOfWeek", PART),
          Map.entry("getDayOfYear", PART),
          Map.entry("getHours", PART),
          Map.entry("getMinutes", PART),
          Map.entry("getSeconds", PART),
          Map.entry("getMilliseconds", PART));

  private static final java.util.regex.Pattern DURATION =
      java.util.regex.Pattern.compile("([0-9]+(?:\\.[0-9]*)?|\\.[0-9]+)(ns|us|µs|μs|ms|s|m|h)");

  private static final Map<String, BigDecimal> UNITS =
      Map.of(
          "ns", BigDecimal.ONE,
          "us", BigDecimal.valueOf(1000),
          "µs", BigDecimal.valueOf(1000),
          "μs", BigDecimal.valueOf(1000),
          "ms", BigDecimal.valueOf(1_000_000),
          "s", BigDecimal.valueOf(1_000_000_000L),
          "m", BigDecimal.valueOf(60_000_000_000L),
          "h", BigDecimal.valueOf(3_600_000_000_000L));

  private static final Set<String> TRUE = Set.of("1", "t", "true", "TRUE", "True");
  private static final Set<String> FALSE = Set.of("0", "f", "false", "FALSE", "False");

  private CelFunctions() {}

  /** Problem of a call, as a format with its name; "" for none. */
  static String problem(String name, boolean method, int arguments) {
    Shape s = SHAPES.get(name);
    if (s == null || s.form == (method ? Form.GLOBAL : Form.METHOD)) {
      return method ? "unknown method %s()" : "unknown function %s()";
    }
    return arguments < s.least || arguments > s.most ? "%s() has other arguments" : "";
  }

  static Object call(String name, List<Object> a) {
    Object v = a.getFirst();
    return switch (name) {
      case "size" -> size(v);
      case "contains" -> text(name, v).contains(text(name, a.get(1)));
      case "startsWith" -> text(name, v).startsWith(text(name, a.get(1)));
      case "endsWith" -> text(name, v).endsWith(text(name, a.get(1)));
      case "matches" -> matches(text(name, v), text(name, a.get(1)));
      case "int" -> whole(v);
      case "uint" -> unsigned(v);
      case "double" -> real(v);
      case "string" -> string(v);
      case "bytes" ->
          v instanceof Bytes ? v : new Bytes(text(name, v).getBytes(StandardCharsets.UTF_8));
      case "bool" -> truth(v);
      case "dyn" -> v;
      case "type" -> CelValues.type(v);
      case "duration" -> v instanceof Duration ? v : duration(text(name, v));
      case "timestamp" -> timestamp(v);
      default -> part(name, v, a.size() > 1 ? text(name, a.get(1)) : "");
    };
  }

  private static CelException no(String name, Object v) {
    return new CelException("there is no " + name + "() of " + CelValues.type(v).name());
  }

  private static String text(String name, Object v) {
    if (v instanceof String s) {
      return s;
    }
    throw no(name, v);
  }

  private static Long size(Object v) {
    return switch (v) {
      case String s -> (long) s.codePointCount(0, s.length());
      case Bytes b -> (long) b.all.length;
      case List<?> l -> (long) l.size();
      case Map<?, ?> m -> (long) m.size();
      default -> throw no("size", v);
    };
  }

  private static boolean matches(String text, String expression) {
    try {
      return Pattern.compile(expression).matcher(text).find();
    } catch (PatternSyntaxException e) {
      throw new CelException(expression + " is not a valid RE2 expression: " + e.getDescription());
    }
  }

  private static Long whole(Object v) {
    try {
      return switch (v) {
        case Long l -> l;
        case Unsigned u when u.bits() >= 0 -> u.bits();
        case Double d when d > -0x1p63 && d < 0x1p63 -> d.longValue();
        case String s -> Long.parseLong(s);
        case Instant i -> i.getEpochSecond();
        case Unsigned _, Double _ -> throw new NumberFormatException();
        default -> throw no("int", v);
      };
    } catch (NumberFormatException e) {
      throw new CelException(v + " is not an int");
    }
  }

  private static Unsigned unsigned(Object v) {
    try {
      return switch (v) {
        case Unsigned u -> u;
        case Long l when l >= 0 -> new Unsigned(l);
        case Double d when d >= 0 && d < 0x1p64 ->
            new Unsigned(new BigDecimal(d).toBigInteger().longValue());
        case String s -> new Unsigned(Long.parseUnsignedLong(s));
        case Long _, Double _ -> throw new NumberFormatException();
        default -> throw no("uint", v);
      };
    } catch (NumberFormatException e) {
      throw new CelException(v + " is not a uint");
    }
  }

  private static Double real(Object v) {
    try {
      return switch (v) {
        case Double d -> d;
        case Long l -> (double) l;
        case Unsigned u -> new BigDecimal(u.toString()).doubleValue();
        case String s -> Double.parseDouble(s);
        default -> throw no("double", v);
      };
    } catch (NumberFormatException e) {
      throw new CelException(v + " is not a double");
    }
  }

  private static String string(Object v) {
    return switch (v) {
      case String s -> s;
      case Double d -> dev.tethys.model.GoFloat.format(d, 'g', -1);
      case Boolean _, Long _, Unsigned _ -> v.toString();
      case Bytes b -> {
        try {
          yield StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(b.all)).toString();
        } catch (CharacterCodingException e) {
          throw new CelException("bytes are not valid UTF-8");
        }
      }
      case Instant i -> i.toString();
      case Duration d ->
          new BigDecimal(d.getSeconds())
                  .add(BigDecimal.valueOf(d.getNano(), 9))
                  .stripTrailingZeros()
                  .toPlainString()
              + "s";
      case Type t -> t.name();
      default -> throw no("string", v);
    };
  }

  private static Boolean truth(Object v) {
    if (v instanceof Boolean b) {
      return b;
    }
    String s = text("bool", v);
    if (TRUE.contains(s) || FALSE.contains(s)) {
      return TRUE.contains(s);
    }
    throw new CelException("\"" + s + "\" is not a bool");
  }

  private static Duration duration(String text) {
    boolean negative = text.startsWith("-");
    String s = negative || text.startsWith("+") ? text.substring(1) : text;
    BigDecimal nanos = BigDecimal.ZERO;
    if (!s.equals("0")) {
      Matcher m = DURATION.matcher(s);
      int end = 0;
      while (end < s.length() && m.find(end) && m.start() == end) {
        nanos =
            nanos.add(new BigDecimal(m.group(1)).multiply(UNITS.getOrDefault(m.group(2), nanos)));
        end = m.end();
      }
      if (end < s.length() || s.isEmpty()) {
        throw new CelException("\"" + text + "\" is not a duration");
      }
    }
    if (nanos.compareTo(BigDecimal.valueOf(Long.MAX_VALUE)) > 0) {
      throw new CelException("the duration \"" + text + "\" is too long");
    }
    return Duration.ofNanos(negative ? -nanos.longValue() : nanos.longValue());
  }

  private static Instant timestamp(Object v) {
    try {
      return switch (v) {
        case Instant i -> i;
        case Long l -> Instant.ofEpochSecond(l);
        default -> OffsetDateTime.parse(text("timestamp", v)).toInstant();
      };
    } catch (DateTimeException e) {
      throw new CelException(v + " is not a valid time");
    }
  }

  /** A part of a time in a zone, or of a duration. */
  private static Long part(String name, Object v, String zone) {
    if (v instanceof Duration d && zone.isEmpty()) {
      return switch (name) {
        case "getHours" -> d.toHours();
        case "getMinutes" -> d.toMinutes();
        case "getSeconds" -> d.getSeconds();
        case "getMilliseconds" -> (long) d.toMillisPart();
        default -> throw no(name, v);
      };
    }
    if (!(v instanceof Instant i)) {
      throw no(name, v);
    }
    ZonedDateTime t;
    try {
      t = i.atZone(zone.isEmpty() ? ZoneOffset.UTC : ZoneId.of(signed(zone)));
    } catch (DateTimeException e) {
      throw new CelException("unknown time zone " + zone);
    }
    return (long)
        switch (name) {
          case "getFullYear" -> t.getYear();
          case "getMonth" -> t.getMonthValue() - 1;
          case "getDate" -> t.getDayOfMonth();
          case "getDayOfMonth" -> t.getDayOfMonth() - 1;
          case "getDayOfWeek" -> t.getDayOfWeek().getValue() % 7;
          case "getDayOfYear" -> t.getDayOfYear() - 1;
          case "getHours" -> t.getHour();
          case "getMinutes" -> t.getMinute();
          case "getSeconds" -> t.getSecond();
          default -> t.getNano() / 1_000_000;
        };
  }

  /** An offset may lack its plus sign. */
  private static String signed(String zone) {
    return zone.matches("[0-9]{2}:[0-9]{2}") ? "+" + zone : zone;
  }
}
