package dev.tethys.pipeline.component;

import java.util.List;
import java.util.Map;
import java.util.function.Function;

/** Extension that authenticates requests to receivers. */
public interface ServerAuth {
  /**
   * Whether a request is accepted; otherwise the response is unauthenticated.
   *
   * @param headers returns the values of a header, ignoring case; empty if none
   */
  boolean accepts(Function<String, List<String>> headers);

  /** Attributes of the authenticated client: {@code username} or none. */
  default Map<String, String> attributes(Function<String, List<String>> headers) {
    return Map.of();
  }
}
