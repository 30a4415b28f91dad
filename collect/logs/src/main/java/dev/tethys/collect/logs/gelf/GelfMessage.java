package dev.tethys.collect.logs.gelf;

import dev.tethys.codec.CodecException;
import dev.tethys.codec.compression.Compression;
import dev.tethys.codec.json.JsonFailures;
import dev.tethys.model.Labels;
import dev.tethys.model.LabelsBuilder;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Set;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/**
 * Message of Graylog Extended Log Format.
 *
 * @param line the received JSON
 * @param time Unix nanoseconds, null if the message has none
 * @param host name of the sender, "" if the message has none
 * @param version version of the format, "" if the message has none
 * @param facility facility, "" if the message has none
 * @param level name of the severity, "" if the number is not a syslog severity
 */
public record GelfMessage(
    String line, @Nullable Long time, String host, String version, String facility, String level) {
  /** Longest message, decompressed; Graylog's own limit of one over TCP is smaller. */
  public static final int MAX_BYTES = 8 << 20;

  private static final List<String> SEVERITIES =
      List.of(
          "emergency", "alert", "critical", "error", "warning", "notice", "informational", "debug");
  private static final Set<String> FIELDS =
      Set.of("timestamp", "level", "host", "version", "facility");

  private static final JsonMapper JSON =
      JsonMapper.builder().enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS).build();

  /**
   * Decompresses gzip and zlib, which a message shows by its first bytes.
   *
   * @throws CodecException if the message is damaged or too large
   */
  public static byte[] decompressed(byte[] b, LongConsumer reserve) {
    if (b.length >= 2 && b[0] == 0x1f && b[1] == (byte) 0x8b) {
      return Compression.GZIP.decompress(b, 0, b.length, MAX_BYTES, reserve);
    }
    // The two bytes of zlib's header are a multiple of 31; JSON's { followed by " is not.
    if (b.length >= 2 && (b[0] & 0x0f) == 8 && ((b[0] & 0xff) << 8 | b[1] & 0xff) % 31 == 0) {
      return Compression.ZLIB.decompress(b, 0, b.length, MAX_BYTES, reserve);
    }
    return b;
  }

  /**
   * Reads a message.
   *
   * @throws CodecException if it is not a JSON object
   */
  public static GelfMessage read(byte[] text) {
    JsonNode m;
    try (JsonParser p = JSON.createParser(text)) {
      m = fields(p);
    } catch (JacksonException e) {
      throw new CodecException("GELF message: " + JsonFailures.describe(e));
    }
    JsonNode time = m.path("timestamp");
    JsonNode level = m.path("level");
    // A message without a level is an alert, by Graylog's description.
    int n = level.isMissingNode() ? 1 : level.asInt(-1);
    return new GelfMessage(
        new String(text, StandardCharsets.UTF_8).strip(),
        time.isNumber() ? nanos(time.decimalValue()) : null,
        m.path("host").asString(""),
        m.path("version").asString(""),
        m.path("facility").asString(""),
        n >= 0 && n < SEVERITIES.size() ? SEVERITIES.get(n) : "");
  }

  /** The fields needed; others are validated and skipped, so that they take no memory. */
  private static JsonNode fields(JsonParser p) {
    if (p.nextToken() != JsonToken.START_OBJECT) {
      throw new CodecException("GELF message is not a JSON object");
    }
    ObjectNode m = JSON.createObjectNode();
    while (p.nextToken() == JsonToken.PROPERTY_NAME) {
      String name = p.currentName();
      JsonToken value = p.nextToken();
      if (!FIELDS.contains(name)) {
        p.skipChildren();
      } else if (value.isScalarValue()) {
        m.set(name, p.<JsonNode>readValueAsTree());
      } else {
        p.skipChildren();
        m.putObject(name); // of no use, as any other
      }
    }
    if (p.nextToken() != null) {
      throw new CodecException("GELF message has data after its JSON object");
    }
    return m;
  }

  private static @Nullable Long nanos(BigDecimal seconds) {
    // A huge exponent would take the memory of all its digits.
    if (seconds.precision() - (long) seconds.scale() > 10) {
      return null;
    }
    return seconds.scale() > 1000 ? Long.valueOf(0) : seconds.movePointRight(9).longValue();
  }

  /** Labels before relabelling, as Promtail names them. */
  Labels labels(Labels of) {
    LabelsBuilder b =
        of.toBuilder()
            .set("__gelf_message_host", host)
            .set("__gelf_message_version", version)
            .set("__gelf_message_facility", facility);
    if (!level.isEmpty()) {
      b.set("__gelf_message_level", level);
    }
    return b.build();
  }
}
