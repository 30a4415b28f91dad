package dev.tethys.pipeline.ottl.function;

import dev.tethys.model.Surrogates;
import dev.tethys.model.telemetry.ArrayValue;
import dev.tethys.model.telemetry.Attributes;
import dev.tethys.pipeline.ottl.EvaluationException;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.TokenStreamLocation;
import tools.jackson.core.json.JsonFactory;

/** JSON as maps, lists and doubles. The parser bounds depth, numbers and names. */
final class OttlJson {
  private static final JsonFactory FACTORY = new JsonFactory();

  private OttlJson() {}

  /** Parses a map or a list. */
  static Object parse(String text) {
    try (JsonParser p = FACTORY.createParser(ObjectReadContext.empty(), text)) {
      JsonToken first = p.nextToken();
      if (first != JsonToken.START_OBJECT && first != JsonToken.START_ARRAY) {
        throw new EvaluationException("the text is not a JSON object or array");
      }
      Object value = java.util.Objects.requireNonNull(value(p, first));
      if (p.nextToken() != null) {
        throw new EvaluationException("text follows the end of the JSON value");
      }
      return value;
    } catch (JacksonException e) {
      throw new EvaluationException("the text is not JSON" + where(e));
    }
  }

  /** Returns the error position; the parser's message names internal classes and is not used. */
  private static String where(JacksonException e) {
    TokenStreamLocation at = e.getLocation();
    return at == null || at.getLineNr() < 1
        ? ""
        : " (line " + at.getLineNr() + ", column " + at.getColumnNr() + ")";
  }

  private static @Nullable Object value(JsonParser p, JsonToken token) {
    return switch (token) {
      case START_OBJECT -> object(p);
      case START_ARRAY -> {
        ArrayValue a = new ArrayValue();
        for (JsonToken t = p.nextToken(); t != JsonToken.END_ARRAY; t = p.nextToken()) {
          a.add(value(p, t));
        }
        yield a;
      }
      case VALUE_STRING -> Surrogates.replaceLone(p.getString());
      case VALUE_NUMBER_INT, VALUE_NUMBER_FLOAT -> number(p);
      case VALUE_TRUE -> true;
      case VALUE_FALSE -> false;
      default -> null;
    };
  }

  private static Attributes object(JsonParser p) {
    MapBuilder m = new MapBuilder();
    for (JsonToken t = p.nextToken(); t != JsonToken.END_OBJECT; t = p.nextToken()) {
      String name = Surrogates.replaceLone(p.currentName());
      m.put(name, value(p, p.nextToken()));
    }
    return m.build();
  }

  private static double number(JsonParser p) {
    double d = p.getDoubleValue();
    if (Double.isInfinite(d)) {
      throw new EvaluationException("a number is too large for a double");
    }
    return d;
  }
}
