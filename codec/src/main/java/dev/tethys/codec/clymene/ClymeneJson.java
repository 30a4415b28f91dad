package dev.tethys.codec.clymene;

import dev.tethys.codec.CodecException;
import dev.tethys.codec.json.JsonFailures;
import dev.tethys.codec.json.ProtoJson;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonGenerator;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.ObjectWriteContext;
import tools.jackson.core.StreamReadConstraints;
import tools.jackson.core.TokenStreamContext;
import tools.jackson.core.json.JsonFactory;

/** Streaming JSON helpers that these formats share, with limits on sender-controlled input. */
final class ClymeneJson {
  private static final JsonFactory FACTORY =
      JsonFactory.builder()
          .streamReadConstraints(
              StreamReadConstraints.builder().maxNestingDepth(32).maxStringLength(32 << 20).build())
          .build();

  private ClymeneJson() {}

  /** Reads a message. */
  @FunctionalInterface
  interface Reading<T> {
    T from(JsonParser p);
  }

  /** Writes a message. */
  @FunctionalInterface
  interface Writing {
    void to(JsonGenerator g);
  }

  static <T> T read(byte[] buf, int offset, int length, String what, Reading<T> reading) {
    try (JsonParser p =
        FACTORY.createParser(
            ObjectReadContext.empty(), new ByteArrayInputStream(buf, offset, length))) {
      return reading.from(p);
    } catch (JacksonException e) {
      throw new CodecException(what + ": " + JsonFailures.describe(e), e);
    }
  }

  static byte[] write(Writing writing) {
    ByteArrayOutputStream out = new ByteArrayOutputStream(1 << 12);
    write(out, writing);
    return out.toByteArray();
  }

  static void write(ByteArrayOutputStream out, Writing writing) {
    try (JsonGenerator g = FACTORY.createGenerator(ObjectWriteContext.empty(), out)) {
      writing.to(g);
    }
  }

  /** Skips the values that are still open within a list, an object or the document. */
  static void leave(JsonParser p, TokenStreamContext within) {
    while (p.streamReadContext() != within) {
      if (p.nextToken() == null) {
        return; // the text ends, which the caller meets again
      }
    }
  }

  static void expect(JsonParser p, JsonToken token, String what) {
    if (p.currentToken() != token) {
      throw new CodecException(
          what
              + " expected at line "
              + p.currentTokenLocation().getLineNr()
              + ", column "
              + p.currentTokenLocation().getColumnNr());
    }
  }

  /** Text, and the text of a number. */
  static String text(JsonParser p, String what) {
    if (p.currentToken() == null || !p.currentToken().isScalarValue()) {
      throw new CodecException(what + " must be text");
    }
    return p.currentToken() == JsonToken.VALUE_NULL ? "" : p.getString();
  }

  /** A 64-bit integer, which protobuf's JSON writes as text. */
  static long integer(JsonParser p, String what) {
    String s = text(p, what);
    try {
      return s.isEmpty() ? 0 : ProtoJson.integer(s, ProtoJson.IntegerType.INT64);
    } catch (CodecException e) {
      throw new CodecException(what + " is " + ProtoJson.shown(p) + "; " + e.getMessage(), e);
    }
  }

  /** A double; "NaN", "Infinity" and "-Infinity" are strings. */
  static double number(JsonParser p, String what) {
    @Nullable JsonToken t = p.currentToken();
    String s = text(p, what);
    if (t != null && t.isNumeric() && Double.isFinite(p.getDoubleValue())) {
      return p.getDoubleValue();
    }
    return switch (s) {
      case "" -> 0;
      case "+Inf", "Inf" -> Double.POSITIVE_INFINITY;
      case "-Inf" -> Double.NEGATIVE_INFINITY;
      default -> {
        try {
          yield ProtoJson.real(s);
        } catch (CodecException e) {
          throw new CodecException(what + " is " + ProtoJson.shown(p) + "; " + e.getMessage(), e);
        }
      }
    };
  }
}
