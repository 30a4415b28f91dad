package dev.tethys.pipeline.ottl.internal;

import dev.tethys.model.GoFloat;
import dev.tethys.model.GoJson;
import dev.tethys.model.telemetry.ArrayValue;
import dev.tethys.model.telemetry.Attributes;
import dev.tethys.pipeline.ottl.EvaluationException;
import dev.tethys.pipeline.ottl.Id;
import java.time.Duration;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.Base64;
import java.util.HexFormat;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/** Values written out as the Collector writes them. */
public final class Text {
  /** The longest text that one value is written out to, in UTF-16 units. */
  public static final int MAX_LENGTH = 16 << 20;

  /** Maximum nesting depth of maps and lists. */
  public static final int MAX_DEPTH = 1000;

  private Text() {}

  /**
   * Fails if a text would be longer than {@link #MAX_LENGTH}.
   *
   * @throws EvaluationException then
   */
  public static void checkLength(long length) {
    if (length > MAX_LENGTH) {
      throw new EvaluationException("the result is longer than " + MAX_LENGTH + " characters");
    }
  }

  /**
   * Converts a value to text: strings unchanged, JSON for maps and lists, hexadecimal digits for
   * bytes and IDs; null for nil.
   */
  public static @Nullable String of(@Nullable Object value) {
    return switch (value) {
      case null -> null;
      case String s -> s;
      case byte[] b -> HexFormat.of().formatHex(b);
      default -> nonNull(value);
    };
  }

  /** Formats like the Collector's {@code AsString}: bytes in Base64, "" for nil. */
  public static String attribute(@Nullable Object value) {
    return switch (value) {
      case null -> "";
      case String s -> s;
      case byte[] b -> Base64.getEncoder().encodeToString(b);
      default -> nonNull(value);
    };
  }

  private static String nonNull(Object value) {
    return switch (value) {
      case Long l -> Long.toString(l);
      case Boolean b -> Boolean.toString(b);
      case Double d -> number(d);
      case Attributes a -> json(a);
      case ArrayValue a -> json(a);
      case Id id -> id.hex();
      case ZonedDateTime t -> time(t);
      case Duration d -> Long.toString(nanos(d));
      default ->
          throw new EvaluationException("this part of telemetry cannot be converted to a string");
    };
  }

  /** Formats a time in RFC 3339 with only the needed fractional digits. */
  public static String time(ZonedDateTime t) {
    return DateTimeFormatter.ISO_OFFSET_DATE_TIME.format(t);
  }

  /** Converts a duration to nanoseconds. */
  public static long nanos(Duration d) {
    try {
      return d.toNanos();
    } catch (ArithmeticException e) {
      throw new EvaluationException("the duration is longer than 292 years");
    }
  }

  /** Formats a double like Go's JSON; NaN and infinities, which JSON lacks, by name. */
  public static String number(double d) {
    if (Double.isNaN(d) || Double.isInfinite(d)) {
      return Double.isNaN(d) ? "NaN" : d > 0 ? "+Inf" : "-Inf";
    }
    double abs = Math.abs(d);
    if (abs != 0 && (abs < 1e-6 || abs >= 1e21)) {
      String s = GoFloat.format(d, 'e', -1);
      int n = s.length();
      // e-09 becomes e-9
      return n >= 4 && s.charAt(n - 4) == 'e' && s.charAt(n - 3) == '-' && s.charAt(n - 2) == '0'
          ? s.substring(0, n - 2) + s.charAt(n - 1)
          : s;
    }
    return GoFloat.format(d, 'f', -1);
  }

  /** Formats JSON with sorted keys, as Go does. */
  public static String json(@Nullable Object value) {
    StringBuilder sb = new StringBuilder();
    json(sb, value, 0);
    return sb.toString();
  }

  private static void json(StringBuilder sb, @Nullable Object value, int depth) {
    if (depth > MAX_DEPTH) {
      throw new EvaluationException("the value is nested more than " + MAX_DEPTH + " levels deep");
    }
    if (sb.length() > MAX_LENGTH) {
      throw new EvaluationException(
          "the value is longer than " + MAX_LENGTH + " characters when expanded");
    }
    switch (value) {
      case null -> sb.append("null");
      case String s -> GoJson.append(sb, s);
      case byte[] b -> sb.append('"').append(Base64.getEncoder().encodeToString(b)).append('"');
      case Double d when d.isNaN() || d.isInfinite() ->
          sb.append('"').append(number(d)).append('"');
      case ArrayValue a -> {
        sb.append('[');
        for (int i = 0; i < a.size(); i++) {
          sb.append(i == 0 ? "" : ",");
          json(sb, a.get(i), depth + 1);
        }
        sb.append(']');
      }
      case Attributes a -> {
        int[] order =
            IntStream.range(0, a.size())
                .boxed()
                .sorted((x, y) -> Compare.compareUtf8(a.key(x), a.key(y)))
                .mapToInt(i -> i)
                .toArray();
        sb.append('{');
        for (int i = 0; i < order.length; i++) {
          sb.append(i == 0 ? "" : ",");
          GoJson.append(sb, a.key(order[i]));
          sb.append(':');
          json(sb, a.value(order[i]), depth + 1);
        }
        sb.append('}');
      }
      default -> sb.append(nonNull(value));
    }
  }
}
