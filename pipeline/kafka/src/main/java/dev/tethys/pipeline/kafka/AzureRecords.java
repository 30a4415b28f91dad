package dev.tethys.pipeline.kafka;

import dev.tethys.codec.CodecException;
import dev.tethys.codec.json.JsonFailures;
import dev.tethys.model.Labels;
import java.nio.charset.StandardCharsets;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.List;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * Parser of Azure Monitor messages of an event hub: an object whose {@code records} are resource
 * logs. Each record becomes a line in its original text. A record has {@code time} (or {@code
 * timeStamp}), {@code resourceId}, {@code category} and {@code operationName} (Azure Monitor's
 * common schema). Function apps write single quotes for double ones.
 *
 * @param keepTimes whether lines have the time of the record
 * @param strict whether unknown content is skipped instead of becoming a line
 */
record AzureRecords(boolean keepTimes, boolean strict) implements RecordLines {
  private static final JsonMapper JSON = JsonMapper.builder().build();

  /** Position of a record in the message. */
  private record Part(int from, int to) {}

  @Override
  public List<Line> of(byte[] value) {
    byte[] bytes = value;
    List<Part> parts;
    try {
      parts = parts(bytes);
    } catch (CodecException e) {
      bytes = doubleQuoted(value);
      try {
        parts = parts(bytes);
      } catch (CodecException again) {
        return List.of(custom(value, 0, value.length, again.getMessage()));
      }
    }
    List<Line> out = new ArrayList<>();
    for (Part p : parts) {
      out.add(line(bytes, p));
    }
    return out;
  }

  private static byte[] doubleQuoted(byte[] value) {
    byte[] out = value.clone();
    for (int i = 0; i < out.length; i++) {
      if (out[i] == '\'') {
        out[i] = '"';
      }
    }
    return out;
  }

  private Line custom(
      byte[] b, int from, int to, @org.jspecify.annotations.Nullable String reason) {
    if (strict) {
      throw new CodecException("not a log of Azure's: " + reason);
    }
    return new Line(new String(b, from, to - from, StandardCharsets.UTF_8), Labels.EMPTY, 0);
  }

  private Line line(byte[] b, Part p) {
    JsonNode n;
    try {
      n = JSON.readTree(b, p.from, p.to - p.from);
    } catch (JacksonException e) {
      return custom(b, p.from, p.to, JsonFailures.describe(e));
    }
    String time = n.path("time").asString("");
    if (time.isEmpty()) {
      time = n.path("timeStamp").asString("");
    }
    String category = n.path("category").asString("");
    if (category.isEmpty()
        || time.isEmpty()
        || n.path("resourceId").asString("").isEmpty()
        || n.path("operationName").asString("").isEmpty()) {
      return custom(
          b, p.from, p.to, "time, resourceId, category or operationName is missing in a record");
    }
    long nanos;
    try {
      nanos = nanos(time);
    } catch (DateTimeException | ArithmeticException e) {
      return custom(b, p.from, p.to, "\"" + time + "\" is not a valid time");
    }
    return new Line(
        new String(b, p.from, p.to - p.from, StandardCharsets.UTF_8),
        Labels.of("__azure_event_hubs_category", category),
        keepTimes ? nanos : 0);
  }

  /**
   * Parses an Azure time to Unix nanoseconds.
   *
   * @throws DateTimeException if it is invalid
   * @throws ArithmeticException if it does not fit
   */
  static long nanos(String time) {
    Instant i = OffsetDateTime.parse(time).toInstant();
    return Math.addExact(Math.multiplyExact(i.getEpochSecond(), 1_000_000_000L), i.getNano());
  }

  private static List<Part> parts(byte[] b) {
    List<Part> out = new ArrayList<>();
    try (JsonParser p = JSON.createParser(b)) {
      if (p.nextToken() != JsonToken.START_OBJECT) {
        throw new CodecException("no object");
      }
      while (p.nextToken() == JsonToken.PROPERTY_NAME) {
        boolean records = p.currentName().equals("records");
        JsonToken t = p.nextToken();
        if (!records || t != JsonToken.START_ARRAY) {
          p.skipChildren();
          continue;
        }
        while (p.nextToken() != JsonToken.END_ARRAY) {
          int from = (int) p.currentTokenLocation().getByteOffset();
          p.skipChildren();
          p.finishToken();
          out.add(new Part(from, (int) p.currentLocation().getByteOffset()));
        }
      }
    } catch (JacksonException e) {
      throw new CodecException("no JSON: " + JsonFailures.describe(e));
    }
    if (out.isEmpty()) {
      throw new CodecException("records are empty");
    }
    return out;
  }
}
