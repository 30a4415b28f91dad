package dev.tethys.alert.manager.template;

import dev.tethys.codec.json.JsonFailures;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.ObjectMapper;

/** JSON that is written verbatim. */
public record RawJson(String text) {
  private static final ObjectMapper JSON = new ObjectMapper();

  /**
   * Receives a string.
   *
   * @throws IllegalArgumentException if it is not JSON
   */
  public RawJson {
    try {
      JSON.readTree(text);
    } catch (JacksonException e) {
      throw new IllegalArgumentException("not JSON: " + JsonFailures.describe(e), e);
    }
  }
}
