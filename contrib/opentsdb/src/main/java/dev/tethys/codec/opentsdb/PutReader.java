package dev.tethys.codec.opentsdb;

import dev.tethys.codec.CodecException;
import dev.tethys.codec.json.JsonFailures;
import dev.tethys.model.guard.RequestMemory;
import java.io.ByteArrayInputStream;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.StringTokenizer;
import java.util.function.Consumer;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.StreamReadConstraints;
import tools.jackson.core.json.JsonFactory;

/** Reads data points from the body of a put request. */
public final class PutReader {
  private static final JsonFactory JSON =
      JsonFactory.builder()
          .streamReadConstraints(
              StreamReadConstraints.builder().maxNestingDepth(8).maxStringLength(1 << 16).build())
          .build();

  private PutReader() {}

  /**
   * Reads the body of {@code /api/put}: an object, or an array of them. Unknown keys are skipped.
   *
   * @throws CodecException if it is not JSON of that kind; points before that were read
   */
  public static void json(byte[] buf, int offset, int length, Consumer<DataPoint> to) {
    try (JsonParser p =
        JSON.createParser(
            ObjectReadContext.empty(), new ByteArrayInputStream(buf, offset, length))) {
      JsonToken first = p.nextToken();
      if (first == JsonToken.START_OBJECT) {
        to.accept(point(p));
      } else if (first == JsonToken.START_ARRAY) {
        while (p.nextToken() != JsonToken.END_ARRAY) {
          if (p.currentToken() != JsonToken.START_OBJECT) {
            throw new CodecException(
                "Unable to parse the given JSON: a data point is not an object");
          }
          to.accept(point(p));
        }
      } else {
        throw new CodecException("Unable to parse the given JSON: neither an object nor an array");
      }
      if (p.nextToken() != null) {
        throw new CodecException("Unable to parse the given JSON: unexpected data after it");
      }
    } catch (JacksonException e) {
      throw new CodecException("Unable to parse the given JSON: " + JsonFailures.describe(e), e);
    }
  }

  static DataPoint point(JsonParser p) {
    String metric = "";
    String timestamp = "";
    String value = "";
    Map<String, String> tags = new LinkedHashMap<>();
    while (p.nextToken() == JsonToken.PROPERTY_NAME) {
      String key = p.currentName();
      JsonToken t = p.nextToken();
      switch (key) {
        case "metric" -> metric = scalar(p, t);
        case "timestamp" -> timestamp = scalar(p, t);
        case "value" -> value = scalar(p, t);
        case "tags" -> {
          if (t == JsonToken.START_OBJECT) {
            while (p.nextToken() == JsonToken.PROPERTY_NAME) {
              String name = p.currentName();
              tags.put(name, scalar(p, p.nextToken()));
            }
          } else {
            p.skipChildren();
          }
        }
        default -> p.skipChildren();
      }
    }
    RequestMemory.chargeItem();
    return new DataPoint(metric, timestamp, value, tags);
  }

  private static String scalar(JsonParser p, JsonToken t) {
    if (t == JsonToken.VALUE_STRING
        || t == JsonToken.VALUE_NUMBER_INT
        || t == JsonToken.VALUE_NUMBER_FLOAT) {
      return p.getString();
    }
    p.skipChildren();
    return "";
  }

  /**
   * Reads a line of the telnet interface: {@code put metric timestamp value tag=value …}.
   *
   * @throws IllegalArgumentException if it is not such a line, with OpenTSDB's message
   */
  public static DataPoint line(String line) {
    StringTokenizer words = new StringTokenizer(line, " \t\r\n");
    int n = words.countTokens();
    if (n < 5) {
      throw new IllegalArgumentException(
          "not enough arguments (need least 4, got " + (n - 1) + ")");
    }
    words.nextToken();
    String metric = words.nextToken();
    String time = words.nextToken();
    String value = words.nextToken();
    Map<String, String> tags = new LinkedHashMap<>();
    while (words.hasMoreTokens()) {
      String tag = words.nextToken();
      int eq = tag.indexOf('=');
      if (eq <= 0 || eq == tag.length() - 1) {
        throw new IllegalArgumentException("invalid tag: " + tag);
      }
      String name = tag.substring(0, eq);
      String old = tags.put(name, tag.substring(eq + 1));
      if (old != null && !old.equals(tag.substring(eq + 1))) {
        throw new IllegalArgumentException("duplicate tag: " + tag + ", tags=" + tags);
      }
    }
    return new DataPoint(metric, time, value, tags);
  }
}
