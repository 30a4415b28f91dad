package dev.tethys.codec.json;

import dev.tethys.codec.CodecException;
import dev.tethys.model.GoFloat;
import dev.tethys.model.GoJson;
import dev.tethys.model.Surrogates;
import dev.tethys.model.guard.RequestMemory;
import dev.tethys.model.guard.RequestMemory.Elements;
import dev.tethys.model.telemetry.ArrayValue;
import dev.tethys.model.telemetry.Attributes;
import java.util.Arrays;
import java.util.Base64;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.json.JsonFactory;

/**
 * Reads JSON as the values listed in {@link dev.tethys.model.telemetry.AnyValue}: objects are
 * {@link Attributes}, integers {@code Long} as long as they fit, all others {@code Double}. The
 * last value of a duplicate key wins. The parser bounds depth and the length of numbers and names.
 */
public final class JsonValues {
  private static final JsonFactory FACTORY = new JsonFactory();

  /** Number of keys from which a map finds duplicates while an object is read. */
  private static final int FEW_KEYS = 16;

  /** Maximum nesting depth of the output. */
  private static final int MAX_DEPTH = 1000;

  private JsonValues() {}

  /**
   * Reads one value; nothing but white space may follow it.
   *
   * @throws CodecException with the reason, if the text is not JSON
   */
  public static @Nullable Object read(String text) {
    try (JsonParser p = FACTORY.createParser(ObjectReadContext.empty(), text)) {
      return whole(p, false);
    } catch (JacksonException e) {
      throw new CodecException("not JSON: " + JsonFailures.describe(e));
    }
  }

  /** Variant for UTF-8. */
  public static @Nullable Object read(byte[] text, int offset, int length) {
    return read(text, offset, length, false);
  }

  /**
   * The same of UTF-8, with integers beyond 64 bits with a sign as their text instead of rounded to
   * a double: for formats whose integers are unsigned.
   */
  public static @Nullable Object readExact(byte[] text, int offset, int length) {
    return read(text, offset, length, true);
  }

  private static @Nullable Object read(byte[] text, int offset, int length, boolean exact) {
    try (JsonParser p = FACTORY.createParser(ObjectReadContext.empty(), text, offset, length)) {
      return whole(p, exact);
    } catch (JacksonException e) {
      throw new CodecException("not JSON: " + JsonFailures.describe(e));
    }
  }

  /**
   * Settings and account of the reading of one text.
   *
   * @param exact whether integers beyond 64 bits are text
   * @param values charges the elements read
   */
  private record Reading(boolean exact, Elements values) {}

  private static @Nullable Object whole(JsonParser p, boolean exact) {
    JsonToken first = p.nextToken();
    if (first == null) {
      throw new CodecException("not JSON: it is empty");
    }
    Reading reading = new Reading(exact, new Elements(RequestMemory.VALUE_BYTES));
    Object value = value(p, first, reading);
    reading.values.end();
    if (p.nextToken() != null) {
      throw new CodecException("text follows the end of the JSON value");
    }
    return value;
  }

  private static @Nullable Object value(JsonParser p, JsonToken token, Reading reading) {
    reading.values.add();
    return switch (token) {
      case START_OBJECT -> object(p, reading);
      case START_ARRAY -> {
        ArrayValue a = new ArrayValue();
        for (JsonToken t = p.nextToken(); t != JsonToken.END_ARRAY; t = p.nextToken()) {
          a.add(value(p, t, reading));
        }
        yield a;
      }
      case VALUE_STRING -> Surrogates.replaceLone(p.getString());
      case VALUE_NUMBER_INT ->
          p.getNumberType() == JsonParser.NumberType.BIG_INTEGER
              ? reading.exact ? p.getString() : (Object) number(p)
              : (Object) p.getLongValue();
      case VALUE_NUMBER_FLOAT -> number(p);
      case VALUE_TRUE -> true;
      case VALUE_FALSE -> false;
      default -> null;
    };
  }

  private static Attributes object(JsonParser p, Reading reading) {
    Attributes a = new Attributes();
    Map<String, Integer> places = null; // looking through many keys for each would be quadratic
    for (JsonToken t = p.nextToken(); t != JsonToken.END_OBJECT; t = p.nextToken()) {
      String name = Surrogates.replaceLone(p.currentName());
      Object v = value(p, p.nextToken(), reading);
      if (places == null && a.size() == FEW_KEYS) {
        places = new HashMap<>();
        for (int i = 0; i < a.size(); i++) {
          places.put(a.key(i), i);
        }
      }
      Integer at = places == null ? Integer.valueOf(a.indexOf(name)) : places.get(name);
      if (at != null && at >= 0) {
        a.setValue(at, v);
      } else {
        if (places != null) {
          places.put(name, a.size());
        }
        a.add(name, v);
      }
    }
    return a;
  }

  private static double number(JsonParser p) {
    double d = p.getDoubleValue();
    if (Double.isInfinite(d)) {
      throw new CodecException("a number is too large for a double: " + p.getString());
    }
    return d;
  }

  /** A value as Go's {@code encoding/json} writes it, keys sorted; bytes are Base64. */
  public static String write(@Nullable Object value) {
    StringBuilder sb = new StringBuilder();
    write(sb, value, 0);
    return sb.toString();
  }

  private static void write(StringBuilder sb, @Nullable Object value, int depth) {
    if (depth > MAX_DEPTH) {
      throw new CodecException("a value is nested more than " + MAX_DEPTH + " levels deep");
    }
    switch (value) {
      case null -> sb.append("null");
      case String s -> GoJson.append(sb, s);
      case byte[] b -> sb.append('"').append(Base64.getEncoder().encodeToString(b)).append('"');
      case Double d when d.isNaN() || d.isInfinite() ->
          throw new CodecException("JSON has no number for " + d);
      case Double d -> sb.append(GoFloat.format(d, exponent(d) ? 'e' : 'f', -1));
      case ArrayValue a -> {
        sb.append('[');
        for (int i = 0; i < a.size(); i++) {
          sb.append(i == 0 ? "" : ",");
          write(sb, a.get(i), depth + 1);
        }
        sb.append(']');
      }
      case Attributes a -> {
        String[] keys = new String[a.size()];
        Arrays.setAll(keys, a::key);
        Arrays.sort(keys);
        sb.append('{');
        for (int i = 0; i < keys.length; i++) {
          GoJson.append(sb.append(i == 0 ? "" : ","), keys[i]).append(':');
          write(sb, a.get(keys[i]), depth + 1);
        }
        sb.append('}');
      }
      default -> sb.append(value);
    }
  }

  private static boolean exponent(double d) {
    double abs = Math.abs(d);
    return abs != 0 && (abs < 1e-6 || abs >= 1e21);
  }
}
