package dev.tethys.store.archive;

import dev.tethys.codec.json.JsonFailures;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.json.JsonFactory;

/**
 * Small JSON documents as maps, lists, strings, longs, doubles, booleans and nulls.
 *
 * <p>Documents of this size are read as a whole; large ones are streamed.
 */
public final class Json {
  /** The factory of this package's parsers. */
  public static final JsonFactory FACTORY = JsonFactory.builder().build();

  /** Our own documents are not nested deeper. */
  private static final int MAX_DEPTH = 32;

  private Json() {}

  /**
   * Reads an object.
   *
   * @throws IllegalArgumentException if the text is not an object
   */
  public static Map<String, @Nullable Object> object(byte[] text) {
    try (JsonParser p = FACTORY.createParser(text)) {
      p.nextToken();
      Object v = value(p, 0);
      if (p.nextToken() != null) {
        throw new IllegalArgumentException("more than one JSON value");
      }
      return asObject(v);
    } catch (tools.jackson.core.JacksonException e) {
      throw new IllegalArgumentException("malformed JSON: " + JsonFailures.describe(e), e);
    }
  }

  /** Returns a value that must be an object. */
  @SuppressWarnings("unchecked")
  public static Map<String, @Nullable Object> asObject(@Nullable Object v) {
    if (v instanceof Map<?, ?> m) {
      return (Map<String, @Nullable Object>) m;
    }
    throw new IllegalArgumentException("expected a JSON object");
  }

  /** A number in an object; a default if it is absent. */
  public static long number(Map<String, @Nullable Object> o, String key, long otherwise) {
    Object v = o.get(key);
    if (v == null) {
      return otherwise;
    }
    if (v instanceof Number n) {
      return n.longValue();
    }
    throw new IllegalArgumentException(key + " must be a number");
  }

  /** A string of an object; empty if it is absent. */
  public static String text(Map<String, @Nullable Object> o, String key) {
    Object v = o.get(key);
    if (v == null) {
      return "";
    }
    if (v instanceof String s) {
      return s;
    }
    throw new IllegalArgumentException(key + " must be a string");
  }

  /** A list of an object; empty if it is absent. */
  public static List<?> list(Map<String, @Nullable Object> o, String key) {
    Object v = o.get(key);
    if (v == null) {
      return List.of();
    }
    if (v instanceof List<?> l) {
      return l;
    }
    throw new IllegalArgumentException(key + " must be a list");
  }

  private static @Nullable Object value(JsonParser p, int depth) {
    if (depth > MAX_DEPTH) {
      throw new IllegalArgumentException("JSON nested deeper than " + MAX_DEPTH);
    }
    JsonToken t = p.currentToken();
    if (t == null) {
      throw new IllegalArgumentException("no JSON at all");
    }
    return switch (t) {
      case START_OBJECT -> {
        Map<String, @Nullable Object> m = new LinkedHashMap<>();
        while (p.nextToken() != JsonToken.END_OBJECT) {
          String key = p.currentName();
          p.nextToken();
          m.put(key, value(p, depth + 1));
        }
        yield m;
      }
      case START_ARRAY -> {
        List<@Nullable Object> l = new ArrayList<>();
        while (p.nextToken() != JsonToken.END_ARRAY) {
          l.add(value(p, depth + 1));
        }
        yield l;
      }
      case VALUE_STRING -> p.getString();
      case VALUE_NUMBER_INT -> p.getLongValue();
      case VALUE_NUMBER_FLOAT -> p.getDoubleValue();
      case VALUE_TRUE -> true;
      case VALUE_FALSE -> false;
      case VALUE_NULL -> null;
      default -> throw new IllegalArgumentException("unexpected " + t);
    };
  }
}
