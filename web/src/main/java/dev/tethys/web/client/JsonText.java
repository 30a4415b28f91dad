package dev.tethys.web.client;

import dev.tethys.codec.json.JsonFailures;
import java.io.IOException;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Reads JSON responses of servers. */
public final class JsonText {
  private static final JsonMapper JSON = JsonMapper.shared();

  private JsonText() {}

  /**
   * Reads a whole response.
   *
   * @param from sender of the response
   * @throws IOException if the response is not JSON, with the problem and its position
   */
  public static JsonNode answered(Object from, byte[] body) throws IOException {
    try {
      return JSON.readTree(body);
    } catch (JacksonException e) {
      throw new IOException(
          from + " sent a response that is not JSON: " + JsonFailures.describe(e), e);
    }
  }
}
