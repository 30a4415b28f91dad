package dev.tethys.codec.otlp.wire;

import dev.tethys.codec.CodecException;
import dev.tethys.codec.json.JsonFailures;
import dev.tethys.codec.otlp.wire.OtlpSchema.Field;
import dev.tethys.codec.otlp.wire.OtlpSchema.Message;
import dev.tethys.codec.protobuf.ProtoWriter;
import java.io.ByteArrayInputStream;
import java.util.Base64;
import java.util.HexFormat;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.StreamReadConstraints;
import tools.jackson.core.json.JsonFactory;

/**
 * Rewrites OTLP/JSON as OTLP/protobuf, so that one reader serves both; {@link OtlpJsonWriter} goes
 * the other way. Unknown fields are passed over. As the OTLP specification says: trace and span ids
 * are hexadecimal, other bytes base64, 64-bit integers may be strings, enums are numbers (their
 * names are taken too), and doubles may be "NaN", "Infinity" or "-Infinity".
 */
public final class OtlpJson {
  /** Objects and lists nested deeper are refused. */
  static final int MAX_DEPTH = 300;

  private static final JsonFactory JSON =
      JsonFactory.builder()
          .streamReadConstraints(
              StreamReadConstraints.builder()
                  .maxNestingDepth(MAX_DEPTH)
                  .maxStringLength(32 << 20)
                  .build())
          .build();

  private OtlpJson() {}

  /**
   * The same request as protobuf, not yet {@linkplain OtlpCheck checked}.
   *
   * @throws CodecException when the input is not JSON or not of the schema
   */
  public static ProtoWriter toProtobuf(OtlpSignal signal, byte[] buf, int offset, int length) {
    ProtoWriter w = new ProtoWriter(length / 2 + 16);
    try (JsonParser p =
        JSON.createParser(
            ObjectReadContext.empty(), new ByteArrayInputStream(buf, offset, length))) {
      if (p.nextToken() != JsonToken.START_OBJECT) {
        throw new CodecException("OTLP JSON must be an object");
      }
      message(p, w, signal.message());
      if (p.nextToken() != null) {
        throw new CodecException("OTLP JSON goes on behind its end");
      }
    } catch (JacksonException e) {
      throw new CodecException("OTLP JSON: " + JsonFailures.said(e), e);
    }
    return w;
  }

  private static void message(JsonParser p, ProtoWriter w, Message m) {
    while (p.nextToken() == JsonToken.PROPERTY_NAME) {
      String name = p.currentName();
      Field f = m.field(name);
      JsonToken t = p.nextToken();
      if (f == null) {
        p.skipChildren();
      } else if (t == JsonToken.VALUE_NULL) {
        // as if it were not there
      } else if (!f.repeated()) {
        value(p, w, m, f, name);
      } else if (t == JsonToken.START_ARRAY) {
        while (p.nextToken() != JsonToken.END_ARRAY) {
          value(p, w, m, f, name);
        }
      } else {
        throw wrong(name, "a list");
      }
    }
  }

  private static CodecException wrong(@Nullable String field, String what) {
    return new CodecException("OTLP JSON: field " + field + " must be " + what);
  }

  private static void value(JsonParser p, ProtoWriter w, Message in, Field f, String name) {
    int n = f.number();
    switch (f.type()) {
      case MESSAGE -> {
        if (p.currentToken() != JsonToken.START_OBJECT) {
          throw wrong(name, "an object");
        }
        int m = w.begin(n);
        message(p, w, in.child(f));
        w.end(m);
      }
      case STRING -> w.string(n, text(p, name));
      case BYTES -> w.bytes(n, base64(text(p, name), name));
      case ID16, ID8 -> {
        try {
          w.bytes(n, HexFormat.of().parseHex(text(p, name)));
        } catch (IllegalArgumentException e) {
          throw wrong(name, "hexadecimal");
        }
      }
      case BOOL -> {
        switch (p.currentToken()) {
          case VALUE_TRUE -> w.bool(n, true);
          case VALUE_FALSE -> w.bool(n, false);
          case null, default -> throw wrong(name, "true or false");
        }
      }
      case ENUM -> w.int64(n, enumeration(p, f, name));
      case INT64, UINT64, INDEX -> w.int64(n, integer(p, name));
      case UINT32 -> w.int64(n, integer(p, name) & 0xffff_ffffL);
      case SINT32 -> w.sint64(n, (int) integer(p, name));
      case FIXED32 -> w.fixed32(n, (int) integer(p, name));
      case FIXED64, SFIXED64 -> w.fixed64(n, integer(p, name));
      case DOUBLE -> w.float64(n, number(p, name));
    }
  }

  /** Either alphabet, with or without padding, as protobuf's mapping of JSON says. */
  private static byte[] base64(String s, String name) {
    try {
      return s.indexOf('-') >= 0 || s.indexOf('_') >= 0
          ? Base64.getUrlDecoder().decode(s)
          : Base64.getDecoder().decode(s);
    } catch (IllegalArgumentException e) {
      throw wrong(name, "base64");
    }
  }

  /** A number or a name; a name that nobody knows is 0. */
  private static long enumeration(JsonParser p, Field f, String name) {
    if (p.currentToken() == JsonToken.VALUE_STRING) {
      String s = p.getString();
      Integer known = f.values().get(s);
      if (known != null) {
        return known;
      }
      if (!s.isEmpty() && Character.isLetter(s.charAt(0))) {
        return 0;
      }
    }
    return integer(p, name);
  }

  private static String text(JsonParser p, String name) {
    if (p.currentToken() != JsonToken.VALUE_STRING) {
      throw wrong(name, "a string");
    }
    return p.getString();
  }

  private static long integer(JsonParser p, String name) {
    JsonToken t = p.currentToken();
    if (t == JsonToken.VALUE_NUMBER_INT || t == JsonToken.VALUE_STRING) {
      String s = p.getString();
      try {
        return s.startsWith("-") ? Long.parseLong(s) : Long.parseUnsignedLong(s);
      } catch (NumberFormatException e) {
        throw wrong(name, "a 64-bit integer");
      }
    }
    if (t == JsonToken.VALUE_NUMBER_FLOAT) {
      double d = p.getDoubleValue();
      if (d == Math.rint(d) && Math.abs(d) < 1L << 53) {
        return (long) d;
      }
    }
    throw wrong(name, "an integer");
  }

  private static double number(JsonParser p, String name) {
    JsonToken t = p.currentToken();
    if (t == JsonToken.VALUE_NUMBER_INT || t == JsonToken.VALUE_NUMBER_FLOAT) {
      double d = p.getDoubleValue();
      // An integer has no negative zero; a double does.
      return d == 0 && p.getString().startsWith("-") ? -0.0 : d;
    }
    if (t == JsonToken.VALUE_STRING) {
      String s = p.getString();
      switch (s) {
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
          try {
            return Double.parseDouble(s);
          } catch (NumberFormatException e) {
            throw wrong(name, "a number");
          }
        }
      }
    }
    throw wrong(name, "a number");
  }
}
