package dev.tethys.codec.otlp.wire;

import dev.tethys.codec.CodecException;
import dev.tethys.codec.json.JsonFailures;
import dev.tethys.codec.json.ProtoJson;
import dev.tethys.codec.json.ProtoJson.IntegerType;
import dev.tethys.codec.otlp.wire.OtlpSchema.Field;
import dev.tethys.codec.otlp.wire.OtlpSchema.Message;
import dev.tethys.codec.protobuf.ProtoWriter;
import java.io.ByteArrayInputStream;
import java.util.Base64;
import java.util.HexFormat;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.StreamReadConstraints;
import tools.jackson.core.json.JsonFactory;

/**
 * Rewrites OTLP/JSON as OTLP/protobuf, so that one reader serves both; {@link OtlpJsonWriter} is
 * the reverse. Unknown fields are ignored. By the OTLP specification, trace and span IDs are
 * hexadecimal, other bytes Base64, 64-bit integers may be strings, enums are numbers (their names
 * are accepted too), and doubles may be "NaN", "Infinity" or "-Infinity". A value that its field
 * cannot hold is an error with its path.
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
   * Signal of a request, determined by its keys.
   *
   * @throws CodecException if the input is not JSON or has no key of a signal
   */
  public static OtlpSignal signalOf(byte[] json) {
    try (JsonParser p =
        JSON.createParser(ObjectReadContext.empty(), new ByteArrayInputStream(json))) {
      if (p.nextToken() != JsonToken.START_OBJECT) {
        throw new CodecException("OTLP JSON must be an object");
      }
      while (p.nextToken() == JsonToken.PROPERTY_NAME) {
        switch (p.currentName()) {
          case "resourceLogs", "resource_logs" -> {
            return OtlpSignal.LOGS;
          }
          case "resourceMetrics", "resource_metrics" -> {
            return OtlpSignal.METRICS;
          }
          case "resourceSpans", "resource_spans" -> {
            return OtlpSignal.TRACES;
          }
          case "resourceProfiles", "resource_profiles" -> {
            return OtlpSignal.PROFILES;
          }
          default -> {
            p.nextToken();
            p.skipChildren();
          }
        }
      }
    } catch (JacksonException e) {
      throw new CodecException(JsonFailures.inLine(e));
    }
    throw new CodecException(
        "it has none of resourceLogs, resourceMetrics, resourceSpans and resourceProfiles");
  }

  /**
   * The same request as protobuf, not yet {@linkplain OtlpCheck checked}.
   *
   * @throws CodecException if the input is not JSON or not of the schema
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
        throw new CodecException("OTLP JSON: unexpected data after the end of the document");
      }
    } catch (JacksonException e) {
      throw new CodecException("OTLP JSON: " + JsonFailures.describe(e), e);
    }
    return w;
  }

  private static void message(JsonParser p, ProtoWriter w, Message m) {
    while (p.nextToken() == JsonToken.PROPERTY_NAME) {
      Field f = m.field(p.currentName());
      JsonToken t = p.nextToken();
      if (f == null) {
        p.skipChildren();
      } else if (t == JsonToken.VALUE_NULL) {
        // treated as absent
      } else if (!f.repeated()) {
        value(p, w, m, f);
      } else if (t == JsonToken.START_ARRAY) {
        while (p.nextToken() != JsonToken.END_ARRAY) {
          value(p, w, m, f);
        }
      } else {
        throw wrong(p, "it must be a list");
      }
    }
  }

  /** Names the field and the value that the parser has just read. */
  private static CodecException wrong(JsonParser p, String rule) {
    return new CodecException(
        "OTLP JSON: " + ProtoJson.path(p) + " is " + ProtoJson.shown(p) + "; " + rule);
  }

  private static void value(JsonParser p, ProtoWriter w, Message in, Field f) {
    int n = f.number();
    switch (f.type()) {
      case MESSAGE -> {
        if (p.currentToken() != JsonToken.START_OBJECT) {
          throw wrong(p, "it must be an object");
        }
        int m = w.begin(n);
        message(p, w, in.child(f));
        w.end(m);
      }
      case STRING -> w.string(n, text(p));
      case BYTES -> w.bytes(n, base64(p));
      case ID16 -> w.bytes(n, id(p, 16));
      case ID8 -> w.bytes(n, id(p, 8));
      case BOOL -> {
        switch (p.currentToken()) {
          case VALUE_TRUE -> w.bool(n, true);
          case VALUE_FALSE -> w.bool(n, false);
          case null, default -> throw wrong(p, "it must be true or false");
        }
      }
      case ENUM -> w.int64(n, enumeration(p, f));
      case INDEX -> w.int64(n, integer(p, IntegerType.INT32));
      case INT64 -> w.int64(n, integer(p, IntegerType.INT64));
      case UINT64 -> w.int64(n, integer(p, IntegerType.UINT64));
      case UINT32 -> w.int64(n, integer(p, IntegerType.UINT32));
      case SINT32 -> w.sint64(n, integer(p, IntegerType.INT32));
      case FIXED32 -> w.fixed32(n, (int) integer(p, IntegerType.UINT32));
      case FIXED64 -> w.fixed64(n, integer(p, IntegerType.UINT64));
      case SFIXED64 -> w.fixed64(n, integer(p, IntegerType.INT64));
      case DOUBLE -> w.float64(n, number(p));
    }
  }

  private static byte[] id(JsonParser p, int length) {
    String s = text(p);
    byte[] b;
    try {
      b = HexFormat.of().parseHex(s);
    } catch (IllegalArgumentException e) {
      b = null;
    }
    if (b == null || b.length != length && b.length != 0) {
      throw wrong(p, "it must be " + 2 * length + " hexadecimal digits");
    }
    return b;
  }

  /** Either alphabet, with or without padding, as in protobuf's JSON mapping. */
  private static byte[] base64(JsonParser p) {
    String s = text(p);
    try {
      return s.indexOf('-') >= 0 || s.indexOf('_') >= 0
          ? Base64.getUrlDecoder().decode(s)
          : Base64.getDecoder().decode(s);
    } catch (IllegalArgumentException e) {
      throw wrong(p, "it must be Base64");
    }
  }

  /** A number, known or not, since protobuf's enums are open; or one of the names. */
  private static long enumeration(JsonParser p, Field f) {
    if (p.currentToken() == JsonToken.VALUE_STRING) {
      String s = p.getString();
      Integer known = f.values().get(s);
      if (known != null) {
        return known;
      }
      if (s.isEmpty() || !(Character.isDigit(s.charAt(0)) || s.charAt(0) == '-')) {
        throw wrong(p, "it must be a number or one of " + String.join(", ", f.values().keySet()));
      }
    }
    return integer(p, IntegerType.INT32);
  }

  private static String text(JsonParser p) {
    if (p.currentToken() != JsonToken.VALUE_STRING) {
      throw wrong(p, "it must be a string");
    }
    return p.getString();
  }

  private static long integer(JsonParser p, IntegerType type) {
    try {
      return ProtoJson.integer(p, type);
    } catch (CodecException e) {
      throw wrong(p, String.valueOf(e.getMessage()));
    }
  }

  private static double number(JsonParser p) {
    try {
      return ProtoJson.real(p);
    } catch (CodecException e) {
      throw wrong(p, String.valueOf(e.getMessage()));
    }
  }
}
