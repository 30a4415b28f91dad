package dev.tethys.codec.json;

import dev.tethys.codec.CodecException;
import dev.tethys.model.telemetry.ArrayValue;
import dev.tethys.model.telemetry.Attributes;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.TokenStreamContext;

/**
 * Scalars of protobuf's JSON mapping: numbers that may also be strings, and the path of a field for
 * error messages. A value that its type cannot hold is an error, never a truncated or wrapped one.
 *
 * <p>Source: "ProtoJSON Format" of the protobuf documentation.
 */
public final class ProtoJson {
  /** Longest part of a value that an error message shows. */
  private static final int SHOWN = 60;

  /** Numbers with more characters are not converted; no value of 64 bits needs as many. */
  private static final int MAX_LENGTH = 400;

  private static final Pattern NUMBER =
      Pattern.compile("-?[0-9]+(?:\\.[0-9]+)?(?:[eE][+-]?[0-9]+)?");

  private static final BigInteger MAX_UINT64 =
      BigInteger.ONE.shiftLeft(64).subtract(BigInteger.ONE);

  /** Integer types of protobuf and their ranges. */
  public enum IntegerType {
    INT32(BigInteger.valueOf(Integer.MIN_VALUE), BigInteger.valueOf(Integer.MAX_VALUE)),
    UINT32(BigInteger.ZERO, BigInteger.valueOf(0xffff_ffffL)),
    INT64(BigInteger.valueOf(Long.MIN_VALUE), BigInteger.valueOf(Long.MAX_VALUE)),
    UINT64(BigInteger.ZERO, MAX_UINT64);

    private final BigInteger min;
    private final BigInteger max;

    IntegerType(BigInteger min, BigInteger max) {
      this.min = min;
      this.max = max;
    }

    private boolean holds(long v) {
      return switch (this) {
        case INT32 -> v == (int) v;
        case UINT32 -> v >>> 32 == 0;
        case INT64 -> true;
        case UINT64 -> v >= 0;
      };
    }

    private String range() {
      return "an integer from " + min + " to " + max;
    }
  }

  private ProtoJson() {}

  /**
   * Reads an integer; exponents and fractions of zero ("1e3", "2.0") are integers.
   *
   * @return the value, of {@link IntegerType#UINT64} its 64 bits
   * @throws CodecException whose message completes "FIELD is VALUE; "
   */
  public static long integer(String text, IntegerType type) {
    long small = small(text);
    if (small != Long.MIN_VALUE && type.holds(small)) {
      return small;
    }
    BigDecimal d = decimal(text);
    // Comparing the magnitude first keeps "1e999999999" from becoming a number of a billion digits.
    if (d != null && d.signum() != 0 && (long) d.precision() - d.scale() > 20) {
      d = null;
    }
    if (d != null) {
      try {
        BigInteger i = d.toBigIntegerExact();
        if (i.compareTo(type.min) >= 0 && i.compareTo(type.max) <= 0) {
          return i.longValue();
        }
      } catch (ArithmeticException e) {
        // a fraction, which the message below covers
      }
    }
    throw new CodecException("it must be " + type.range());
  }

  /** At most eighteen digits; Long.MIN_VALUE for any other text. */
  private static long small(String text) {
    int n = text.length();
    boolean negative = n > 0 && text.charAt(0) == '-';
    int i = negative ? 1 : 0;
    if (i == n || n - i > 18) {
      return Long.MIN_VALUE;
    }
    long v = 0;
    for (; i < n; i++) {
      int digit = text.charAt(i) - '0';
      if (digit < 0 || digit > 9) {
        return Long.MIN_VALUE;
      }
      v = 10 * v + digit;
    }
    return negative ? -v : v;
  }

  private static @Nullable BigDecimal decimal(String text) {
    if (text.length() > MAX_LENGTH || !NUMBER.matcher(text).matches()) {
      return null;
    }
    try {
      BigDecimal d = new BigDecimal(text);
      return d.signum() == 0 ? BigDecimal.ZERO : d;
    } catch (NumberFormatException e) {
      return null; // an exponent of more than 32 bits
    }
  }

  /**
   * Reads a double: a number, "NaN", "Infinity" or "-Infinity".
   *
   * @throws CodecException whose message completes "FIELD is VALUE; "
   */
  public static double real(String text) {
    switch (text) {
      case "NaN" -> {
        return Double.NaN;
      }
      case "Infinity" -> {
        return Double.POSITIVE_INFINITY;
      }
      case "-Infinity" -> {
        return Double.NEGATIVE_INFINITY;
      }
      default -> {
        if (NUMBER.matcher(text).matches()) {
          double d = Double.parseDouble(text);
          if (Double.isFinite(d)) {
            return d;
          }
          throw new CodecException("it must be a number within the range of a double");
        }
        throw new CodecException("it must be a number, \"NaN\", \"Infinity\" or \"-Infinity\"");
      }
    }
  }

  /** Reads the integer that a parser has just read, a number or a string. */
  public static long integer(JsonParser p, IntegerType type) {
    return integer(isScalar(p) ? p.getString() : "", type);
  }

  /** Reads the double that a parser has just read, a number or a string. */
  public static double real(JsonParser p) {
    JsonToken t = p.currentToken();
    if (t == JsonToken.VALUE_NUMBER_FLOAT) {
      double d = p.getDoubleValue(); // its grammar is checked
      if (Double.isFinite(d)) {
        return d;
      }
    }
    return real(isScalar(p) ? p.getString() : "");
  }

  private static boolean isScalar(JsonParser p) {
    JsonToken t = p.currentToken();
    return t == JsonToken.VALUE_STRING || t != null && t.isNumeric();
  }

  /** Path of the value that a parser has just read: {@code resourceSpans[0].resource}. */
  public static String path(JsonParser p) {
    StringBuilder sb = new StringBuilder();
    TokenStreamContext c = p.streamReadContext();
    // An object or a list that has just begun has its own context.
    if (p.currentToken() == JsonToken.START_OBJECT || p.currentToken() == JsonToken.START_ARRAY) {
      c = c.getParent();
    }
    for (; c != null && !c.inRoot(); c = c.getParent()) {
      if (c.inArray()) {
        sb.insert(0, "[" + c.getCurrentIndex() + "]");
      } else if (c.currentName() != null) {
        sb.insert(0, "." + c.currentName());
      }
    }
    return sb.isEmpty() ? "the document" : sb.substring(sb.charAt(0) == '.' ? 1 : 0);
  }

  /** Returns the value a parser has just read, shortened for an error message. */
  public static String shown(JsonParser p) {
    return switch (p.currentToken()) {
      case START_OBJECT -> "an object";
      case START_ARRAY -> "a list";
      case VALUE_STRING -> shown(p.getString());
      case null -> "missing";
      default -> cut(p.getString());
    };
  }

  /** A value read earlier, shortened for an error message. */
  public static String shown(@Nullable Object value) {
    return switch (value) {
      case String s -> '"' + cut(s) + '"';
      case Attributes _ -> "an object";
      case ArrayValue _ -> "a list";
      case null, default -> cut(String.valueOf(value));
    };
  }

  private static String cut(String s) {
    return s.length() > SHOWN ? s.substring(0, SHOWN) + "…" : s;
  }
}
