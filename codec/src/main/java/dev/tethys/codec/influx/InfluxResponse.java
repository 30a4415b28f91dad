package dev.tethys.codec.influx;

import dev.tethys.codec.CodecException;
import dev.tethys.codec.json.JsonFailures;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.json.JsonFactory;

/**
 * Reads responses of {@code /query}, complete or chunked: concatenated JSON objects, each with
 * results that contain series (InfluxDB 1, "InfluxDB API reference", /query).
 */
public final class InfluxResponse {
  private static final JsonFactory JSON = JsonFactory.builder().build();

  /** Receives the rows of a response, one by one. */
  public interface Rows {
    /** Rows of a series follow: they have these columns. */
    void series(String name, Map<String, String> tags, List<String> columns);

    /** A row: numbers and text as text, null for nothing. Valid until the next. */
    void row(@Nullable String[] values);
  }

  private InfluxResponse() {}

  /**
   * Reads all of a response.
   *
   * @throws CodecException if it is not JSON of this form, or reports an error
   */
  public static void read(InputStream in, Rows to) {
    try (JsonParser p = JSON.createParser(ObjectReadContext.empty(), in)) {
      for (JsonToken t = p.nextToken(); t != null; t = p.nextToken()) {
        if (t != JsonToken.START_OBJECT) {
          throw new CodecException("InfluxDB answers " + t + " instead of an object");
        }
        answer(p, to);
      }
    } catch (JacksonException e) {
      throw new CodecException("InfluxDB's answer: " + JsonFailures.describe(e), e);
    }
  }

  private static void answer(JsonParser p, Rows to) {
    while (p.nextToken() == JsonToken.PROPERTY_NAME) {
      String key = p.currentName();
      p.nextToken();
      if (key.equals("error")) {
        throw new CodecException(p.getString());
      }
      if (!key.equals("results")) {
        p.skipChildren();
        continue;
      }
      while (p.nextToken() == JsonToken.START_OBJECT) {
        result(p, to);
      }
    }
  }

  private static void result(JsonParser p, Rows to) {
    while (p.nextToken() == JsonToken.PROPERTY_NAME) {
      String key = p.currentName();
      p.nextToken();
      if (key.equals("error")) {
        throw new CodecException(p.getString());
      }
      if (!key.equals("series")) {
        p.skipChildren();
        continue;
      }
      while (p.nextToken() == JsonToken.START_OBJECT) {
        series(p, to);
      }
    }
  }

  private static void series(JsonParser p, Rows to) {
    String name = "";
    Map<String, String> tags = Map.of();
    List<String> columns = List.of();
    while (p.nextToken() == JsonToken.PROPERTY_NAME) {
      String key = p.currentName();
      p.nextToken();
      switch (key) {
        case "name" -> name = p.getString();
        case "tags" -> {
          tags = new LinkedHashMap<>();
          while (p.nextToken() == JsonToken.PROPERTY_NAME) {
            String tag = p.currentName();
            if (p.nextToken() != JsonToken.VALUE_NULL) {
              tags.put(tag, p.getString());
            }
          }
        }
        case "columns" -> {
          columns = new ArrayList<>();
          while (p.nextToken() != JsonToken.END_ARRAY) {
            columns.add(p.getString());
          }
        }
        case "values" -> {
          to.series(name, tags, columns);
          @Nullable String[] row = new String[columns.size()];
          while (p.nextToken() == JsonToken.START_ARRAY) {
            int i = 0;
            for (JsonToken t = p.nextToken(); t != JsonToken.END_ARRAY; t = p.nextToken()) {
              if (i < row.length) {
                row[i++] = t == JsonToken.VALUE_NULL ? null : p.getString();
              }
            }
            to.row(row);
          }
        }
        default -> p.skipChildren();
      }
    }
  }
}
