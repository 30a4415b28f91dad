package dev.tethys.pipeline.component;

import dev.tethys.pipeline.Signal;
import java.util.Map;
import java.util.Set;

/**
 * A factory of exporters whose destinations can be tried without a pipeline: what {@code tethys
 * tool exporter check} asks.
 *
 * @param <S> the settings of the exporter
 */
public interface Checkable<S> {
  /**
   * A destination under trial; opens nothing before it is asked something.
   *
   * @param signal of what would be created; an item can be written of {@link #tried}
   */
  ExporterProbe probe(S settings, Signal signal, Context context);

  /** The signals of which a probe writes an item. */
  default Set<Signal> tried() {
    return Set.of(Signal.METRICS);
  }

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
