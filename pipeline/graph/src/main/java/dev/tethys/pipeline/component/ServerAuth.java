package dev.tethys.pipeline.component;

import java.util.List;
import java.util.Map;
import java.util.function.Function;

/** An extension that decides whose requests receivers take. */
public interface ServerAuth {
  /**
   * Whether a request is taken; else it is answered as not authenticated.
   *
   * @param headers gives the values of a header by its name in any case; empty for none
   */
  boolean accepts(Function<String, List<String>> headers);

  /** What there is to say of who made a request that is taken: {@code username} or nothing. */
  default Map<String, String> attributes(Function<String, List<String>> headers) {
    return Map.of();
  }
}
