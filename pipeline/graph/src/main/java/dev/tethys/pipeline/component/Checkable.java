package dev.tethys.pipeline.component;

import java.util.Map;

/**
 * A factory of exporters whose destinations can be tried without a pipeline: what {@code tethys
 * tool destination check} asks.
 *
 * @param <S> the settings of the exporter
 */
public interface Checkable<S> {
  /** A destination under trial; opens nothing before it is asked something. */
  DestinationProbe probe(S settings, Context context);

  /**
   * What a URL says of the exporter's keys; {@code a.b} is the key b within a.
   *
   * @param url without its parameters
   * @throws IllegalArgumentException when it is none of this destination's, saying what would be
   */
  default Map<String, String> keysOf(String url) {
    return Map.of("endpoint", url);
  }
}
