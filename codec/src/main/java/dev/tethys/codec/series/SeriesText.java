package dev.tethys.codec.series;

import dev.tethys.codec.CodecException;
import dev.tethys.codec.text.TextBuffer;
import dev.tethys.model.GoJson;
import dev.tethys.model.Labels;
import dev.tethys.model.LabelsBuilder;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.StreamReadConstraints;
import tools.jackson.core.TokenStreamFactory;
import tools.jackson.core.json.JsonFactory;

/**
 * Labels as reversible text, and the key that identifies a series in a database.
 *
 * <p>The text is a JSON object with ascending names and no whitespace: {@code
 * {"__name__":"up","job":"node"}}. The key is the MD5 of the text's UTF-8, as a UUID: every writer
 * computes the same key for a series, so that writers need no coordination, and a repeated write
 * yields the same row. Among a billion series, two share a key with a probability of 10^-21.
 */
public final class SeriesText {
  /**
   * Names of labels come from anywhere: they are neither kept forever nor bounded beyond strings.
   */
  private static final JsonFactory JSON =
      JsonFactory.builder()
          .disable(TokenStreamFactory.Feature.INTERN_PROPERTY_NAMES)
          .disable(TokenStreamFactory.Feature.CANONICALIZE_PROPERTY_NAMES)
          .streamReadConstraints(
              StreamReadConstraints.builder()
                  .maxNestingDepth(2)
                  .maxNameLength(32 << 20)
                  .maxStringLength(32 << 20)
                  .build())
          .build();

  private SeriesText() {}

  /** Renders labels as text. */
  public static String of(Labels labels) {
    StringBuilder sb = new StringBuilder(256);
    String comma = "{";
    for (Labels.Label l : labels.toList()) {
      GoJson.append(sb.append(comma), l.name()).append(':');
      GoJson.append(sb, l.value());
      comma = ",";
    }
    return sb.append(labels.isEmpty() ? "{}" : "}").toString();
  }

  /** Computes the key of a series text. */
  public static UUID key(String text) {
    return new Keys().key(text.getBytes(StandardCharsets.UTF_8));
  }

  /** Keys of many label sets, without a text for each. Not thread-safe. */
  public static final class Keys {
    private final TextBuffer text = new TextBuffer();
    private final MessageDigest md5;
    private boolean isPlain; // whether nothing of the text is escaped

    public Keys() {
      try {
        md5 = MessageDigest.getInstance("MD5");
      } catch (NoSuchAlgorithmException e) {
        throw new AssertionError("every JDK supports MD5", e);
      }
    }

    /** The key of the text of labels. */
    public UUID of(Labels labels) {
      isPlain = true;
      text.put('{');
      labels.forEachBytes(
          (b, nameAt, nameLength, valueAt, valueLength) -> {
            if (text.size() > 1) {
              text.put(',');
            }
            quote(b, nameAt, nameLength);
            text.put(':');
            quote(b, valueAt, valueLength);
          });
      byte[] utf8 = text.put('}').take();
      return isPlain ? key(utf8) : SeriesText.key(SeriesText.of(labels));
    }

    private void quote(byte[] b, int at, int length) {
      for (int i = at; i < at + length && isPlain; i++) {
        isPlain = !isEscaped(b[i]);
      }
      text.put('"').put(b, at, length).put('"');
    }

    private UUID key(byte[] utf8) {
      ByteBuffer b = ByteBuffer.wrap(md5.digest(utf8));
      return new UUID(b.getLong(), b.getLong());
    }
  }

  /** Whether {@link GoJson} escapes a byte, or perhaps the sign that begins with it. */
  private static boolean isEscaped(byte b) {
    return b >= 0 && b < ' '
        || b == '"'
        || b == '\\'
        || b == '<'
        || b == '>'
        || b == '&'
        || b == (byte) 0xe2; // the two line separators of Unicode, among others
  }

  /**
   * The labels of a text, or of any flat JSON object of strings.
   *
   * @throws CodecException if the text is not such an object
   */
  public static Labels labels(String text) {
    LabelsBuilder out = new LabelsBuilder();
    try (JsonParser p = JSON.createParser(ObjectReadContext.empty(), text)) {
      if (p.nextToken() != JsonToken.START_OBJECT) {
        throw malformed(text, null);
      }
      while (p.nextToken() == JsonToken.PROPERTY_NAME) {
        String name = p.currentName();
        if (p.nextToken() != JsonToken.VALUE_STRING) {
          throw malformed(text, null);
        }
        out.set(name, p.getString());
      }
    } catch (JacksonException e) {
      throw malformed(text, e);
    }
    return out.build();
  }

  private static CodecException malformed(String text, @Nullable Exception e) {
    String shown = text.length() > 200 ? text.substring(0, 200) + "…" : text;
    String reason = "labels are a JSON object of strings, not " + shown;
    return e == null ? new CodecException(reason) : new CodecException(reason, e);
  }
}
