package dev.tethys.api.insight;

import dev.tethys.codec.json.JsonFailures;
import dev.tethys.web.HttpException;
import dev.tethys.web.HttpRequest;
import java.io.IOException;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.ObjectMapper;

/** Reads bounded bodies of requests that are JSON objects. */
final class JsonBody {
  /** Largest body of a request. */
  private static final int MAX_BODY = 32 << 10;

  private static final ObjectMapper JSON = new ObjectMapper();

  private JsonBody() {}

  /** Reads an object; other bodies are answered with 400, 413 or 415. */
  static JsonNode read(HttpRequest request) throws IOException {
    String type = request.header("Content-Type");
    String media = type == null ? "" : type.split(";", 2)[0].strip();
    if (!media.equalsIgnoreCase("application/json")) {
      throw new HttpException(
          415, "Content-Type is \"" + media + "\"; it must be application/json");
    }
    try {
      JsonNode n = JSON.readTree(request.bodyBytes(MAX_BODY));
      if (n != null && n.isObject()) {
        return n;
      }
    } catch (JacksonException e) {
      throw new HttpException(400, "the body is not JSON: " + JsonFailures.describe(e));
    }
    throw new HttpException(400, "the body is not a JSON object, such as {\"author\": \"ann\"}");
  }

  /** A text; "" if it is missing. */
  static String text(JsonNode body, String name) {
    JsonNode n = body.get(name);
    if (n == null) {
      return "";
    }
    if (!n.isString()) {
      throw new HttpException(400, name + " is not a string");
    }
    return n.asString();
  }
}
