package dev.tethys.codec.opentsdb;

import dev.tethys.codec.CodecException;
import dev.tethys.codec.json.JsonFailures;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.StreamReadConstraints;
import tools.jackson.core.TokenStreamFactory;
import tools.jackson.core.json.JsonFactory;
import tools.jackson.core.json.JsonReadFeature;

/**
 * Reads OpenTSDB 2's responses of {@code /api/query} (with {@code arrays}), {@code /api/suggest},
 * and errors (opentsdb.net, "HTTP API").
 */
public final class TsdbResponse {
  private static final JsonFactory JSON =
      JsonFactory.builder()
          .disable(TokenStreamFactory.Feature.INTERN_PROPERTY_NAMES)
          .enable(JsonReadFeature.ALLOW_NON_NUMERIC_NUMBERS)
          .streamReadConstraints(
              StreamReadConstraints.builder()
                  .maxDocumentLength(-1) // bounded by who reads
                  .maxNestingDepth(16)
                  .build())
          .build();

  private TsdbResponse() {}

  /** Receives the points of a response. */
  public interface Points {
    /** Starts a series; its points follow. */
    void series(String metric, Map<String, String> tags);

    /**
     * Receives a point.
     *
     * @param time Unix milliseconds
     */
    void point(long time, double value);
  }

  /**
   * Reads the response to a query.
   *
   * @throws CodecException if the response is not JSON of this form
   */
  public static void query(InputStream in, Points to) {
    try (JsonParser p = JSON.createParser(ObjectReadContext.empty(), in)) {
      expect(p.nextToken(), JsonToken.START_ARRAY);
      while (p.nextToken() != JsonToken.END_ARRAY) {
        expect(p.currentToken(), JsonToken.START_OBJECT);
        series(p, to);
      }
    } catch (JacksonException e) {
      throw malformed(e);
    }
  }

  private static void series(JsonParser p, Points to) {
    String metric = "";
    Map<String, String> tags = Map.of();
    while (p.nextToken() == JsonToken.PROPERTY_NAME) {
      String key = p.currentName();
      JsonToken t = p.nextToken();
      switch (key) {
        case "metric" -> metric = p.getString();
        case "tags" -> tags = tags(p, t);
        case "dps" -> {
          expect(t, JsonToken.START_ARRAY);
          to.series(metric, tags);
          while (p.nextToken() != JsonToken.END_ARRAY) {
            expect(p.currentToken(), JsonToken.START_ARRAY);
            expect(p.nextToken(), JsonToken.VALUE_NUMBER_INT);
            long time = p.getLongValue();
            p.nextToken();
            to.point(time >>> 32 == 0 ? time * 1000 : time, p.getDoubleValue());
            expect(p.nextToken(), JsonToken.END_ARRAY);
          }
        }
        default -> p.skipChildren();
      }
    }
  }

  private static Map<String, String> tags(JsonParser p, JsonToken t) {
    expect(t, JsonToken.START_OBJECT);
    Map<String, String> tags = new LinkedHashMap<>();
    while (p.nextToken() == JsonToken.PROPERTY_NAME) {
      String name = p.currentName();
      p.nextToken();
      tags.put(name, p.getString());
    }
    return tags;
  }

  /**
   * Reads a list of names.
   *
   * @throws CodecException if the response is not JSON of this form
   */
  public static List<String> names(InputStream in) {
    List<String> out = new ArrayList<>();
    try (JsonParser p = JSON.createParser(ObjectReadContext.empty(), in)) {
      expect(p.nextToken(), JsonToken.START_ARRAY);
      while (p.nextToken() != JsonToken.END_ARRAY) {
        out.add(p.getString());
      }
    } catch (JacksonException e) {
      throw malformed(e);
    }
    return out;
  }

  /** A point that was not stored, and why. */
  public record Refused(DataPoint point, String error) {}

  /**
   * Reads the response of {@code /api/put?details}.
   *
   * @return the rejected points; empty if the response names none
   * @throws CodecException if the response is not JSON of this form
   */
  public static List<Refused> refused(byte[] body) {
    List<Refused> out = new ArrayList<>();
    try (JsonParser p = JSON.createParser(ObjectReadContext.empty(), body)) {
      expect(p.nextToken(), JsonToken.START_OBJECT);
      while (p.nextToken() == JsonToken.PROPERTY_NAME) {
        String key = p.currentName();
        JsonToken t = p.nextToken();
        if (!key.equals("errors") || t != JsonToken.START_ARRAY) {
          p.skipChildren();
          continue;
        }
        while (p.nextToken() == JsonToken.START_OBJECT) {
          DataPoint point = null;
          String error = "";
          while (p.nextToken() == JsonToken.PROPERTY_NAME) {
            String what = p.currentName();
            JsonToken v = p.nextToken();
            if (what.equals("datapoint") && v == JsonToken.START_OBJECT) {
              point = PutReader.point(p);
            } else if (what.equals("error")) {
              error = p.getString();
            } else {
              p.skipChildren();
            }
          }
          if (point != null) {
            out.add(new Refused(point, error));
          }
        }
      }
    } catch (JacksonException e) {
      throw malformed(e);
    }
    return out;
  }

  /**
   * Reads the error message about a request as a whole.
   *
   * @return "" if there is none
   * @throws CodecException if the response is not JSON of this form
   */
  public static String message(byte[] body) {
    String message = "";
    try (JsonParser p = JSON.createParser(ObjectReadContext.empty(), body)) {
      expect(p.nextToken(), JsonToken.START_OBJECT);
      while (p.nextToken() == JsonToken.PROPERTY_NAME) {
        String key = p.currentName();
        if (p.nextToken() != JsonToken.START_OBJECT || !key.equals("error")) {
          p.skipChildren();
          continue;
        }
        while (p.nextToken() == JsonToken.PROPERTY_NAME) {
          String what = p.currentName();
          if (p.nextToken() == JsonToken.VALUE_STRING && what.equals("message")) {
            message = p.getString();
          } else {
            p.skipChildren();
          }
        }
      }
    } catch (JacksonException e) {
      throw malformed(e);
    }
    return message;
  }

  private static void expect(JsonToken is, JsonToken wanted) {
    if (is != wanted) {
      throw new CodecException("OpenTSDB answers " + is + " where " + wanted + " is expected");
    }
  }

  private static CodecException malformed(JacksonException e) {
    return new CodecException("OpenTSDB's answer: " + JsonFailures.describe(e), e);
  }
}
