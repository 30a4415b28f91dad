package dev.tethys.pipeline.ottl.function;

import dev.tethys.pipeline.ottl.EvaluationException;
import dev.tethys.pipeline.ottl.OttlExpr;
import dev.tethys.pipeline.ottl.OttlFunction;
import dev.tethys.pipeline.ottl.ParameterKind;
import dev.tethys.pipeline.ottl.Type;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.Charset;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Encodings of text and bytes: Base64, character sets, hexadecimal digits. */
final class Encodings {
  private Encodings() {}

  static List<OttlFunction> all() {
    return List.of(
        OttlFunction.converter("Base64Decode", Type.STRING)
            .takes("value", ParameterKind.STRING)
            .made(
                a ->
                    TypeConverters.one(
                        a, v -> text(base64(Base64.getDecoder(), StringConverters.string(v), 0)))),
        OttlFunction.converter("Base64Encode", Type.STRING)
            .takes("value", ParameterKind.STRING)
            .mayTake("variant", ParameterKind.STRING)
            .made(
                a -> {
                  OttlExpr value = a.expr(0);
                  OttlExpr variant = a.expr(1, "base64");
                  if (variant.isConstant() && encoder(a.string(1, "base64")) == null) {
                    throw a.error(1, VARIANTS);
                  }
                  return at -> {
                    Base64.Encoder encoder = encoder(StringConverters.string(variant.get(at)));
                    if (encoder == null) {
                      throw new EvaluationException(VARIANTS);
                    }
                    return encoder.encodeToString(utf8(StringConverters.string(value.get(at))));
                  };
                }),
        OttlFunction.converter("Decode", Type.STRING)
            .takes("value", ParameterKind.ANY)
            .takes("encoding", ParameterKind.STRING)
            .made(
                a -> {
                  OttlExpr value = a.expr(0);
                  OttlExpr encoding = a.expr(1);
                  return at -> decode(value.get(at), StringConverters.string(encoding.get(at)));
                }),
        OttlFunction.converter("Hex", Type.STRING)
            .takes("value", ParameterKind.ANY)
            .made(a -> TypeConverters.one(a, Encodings::hex)));
  }

  private static final String VARIANTS =
      "the variant is base64, base64-raw, base64-url or base64-raw-url";

  private static Base64.@Nullable Encoder encoder(String variant) {
    return switch (variant) {
      case "base64" -> Base64.getEncoder();
      case "base64-raw" -> Base64.getEncoder().withoutPadding();
      case "base64-url" -> Base64.getUrlEncoder();
      case "base64-raw-url" -> Base64.getUrlEncoder().withoutPadding();
      default -> null;
    };
  }

  static byte[] utf8(String s) {
    return s.getBytes(StandardCharsets.UTF_8);
  }

  private static String text(byte[] b) {
    return new String(b, StandardCharsets.UTF_8);
  }

  private static @Nullable String hex(@Nullable Object value) {
    byte[] bytes =
        switch (value) {
          case String s -> utf8(s);
          case byte[] b -> b;
          case Long l -> ByteBuffer.allocate(8).putLong(l).array();
          case Double d -> ByteBuffer.allocate(8).putDouble(d).array();
          case Boolean b -> new byte[] {(byte) (b ? 1 : 0)};
          case dev.tethys.pipeline.ottl.Id id -> id.bytes();
          case null -> null;
          default ->
              throw new EvaluationException(
                  "a value of type "
                      + dev.tethys.pipeline.ottl.Type.of(value).text()
                      + " has no hexadecimal digits");
        };
    return bytes == null ? null : HexFormat.of().formatHex(bytes);
  }

  private static String decode(@Nullable Object value, String encoding) {
    byte[] bytes =
        switch (value) {
          case String s -> utf8(s);
          case byte[] b -> b;
          case null, default ->
              throw new EvaluationException("the value is neither a string nor bytes");
        };
    String s = text(bytes);
    return switch (encoding.toLowerCase(Locale.ROOT)) {
      case "base64" -> text(base64(Base64.getDecoder(), s, 4));
      case "base64-raw" -> text(base64(Base64.getDecoder(), s, -1));
      case "base64-url" -> text(base64(Base64.getUrlDecoder(), s, 4));
      case "base64-raw-url" -> text(base64(Base64.getUrlDecoder(), s, -1));
      // Without a mark of its order the Collector reads it as Windows writes it.
      case "utf-16", "utf16" -> charset(bytes, "UTF-16LE");
      default -> charset(bytes, encoding);
    };
  }

  /**
   * Decodes Base64; a multiple of 4 requires padding as Go's padded encodings do, -1 forbids it.
   */
  private static byte[] base64(Base64.Decoder decoder, String s, int multiple) {
    try {
      String clean = s.indexOf('\n') >= 0 || s.indexOf('\r') >= 0 ? s.replaceAll("[\r\n]", "") : s;
      if (multiple >= 0 && clean.length() % 4 != 0 || multiple < 0 && clean.endsWith("=")) {
        throw new EvaluationException("the value is not Base64 of this kind: its padding is wrong");
      }
      return decoder.decode(clean);
    } catch (IllegalArgumentException e) {
      throw new EvaluationException("the value is not Base64: " + e.getMessage());
    }
  }

  private static String charset(byte[] bytes, String name) {
    Charset charset;
    try {
      charset = Charset.forName(name);
    } catch (IllegalArgumentException e) {
      throw new EvaluationException("there is no encoding " + name);
    }
    try {
      return charset
          .newDecoder()
          .onMalformedInput(CodingErrorAction.REPLACE)
          .onUnmappableCharacter(CodingErrorAction.REPLACE)
          .decode(ByteBuffer.wrap(bytes))
          .toString();
    } catch (CharacterCodingException e) {
      throw new EvaluationException("the value is not " + name);
    }
  }
}
