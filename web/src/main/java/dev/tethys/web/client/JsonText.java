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
   * Reads a whole answer.
   *
   * @param from who answered
   * @throws IOException when it is something else, saying what is wrong and where
   */
  public static JsonNode answered(Object from, byte[] body) throws IOException {
    try {
      return JSON.readTree(body);
    } catch (JacksonException e) {
      throw new IOException(
          from + " answered with what is not JSON: " + JsonFailures.describe(e), e);
    }
  }
}
