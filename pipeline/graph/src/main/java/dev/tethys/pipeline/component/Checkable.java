package dev.tethys.pipeline.component;

import dev.tethys.pipeline.Signal;
import java.util.Map;
import java.util.Set;

/**
 * Factory of exporters whose destinations can be probed without a pipeline, as {@code tethys tool
 * exporter check} does.
 *
 * @param <S> the settings of the exporter
 */
public interface Checkable<S> {
  /**
   * Creates a probe of a destination; it opens nothing before it is used.
   *
   * @param signal signal whose destination is probed; an item can be written if it is in {@link
   *     #tried}
   */
  ExporterProbe probe(S settings, Signal signal, Context context);

  /** Signals of which a probe writes an item. */
  default Set<Signal> tried() {
    return Set.of(Signal.METRICS);
  }

  /**
   * Converts a URL to keys of the exporter; {@code a.b} is the key b within a.
   *
   * @param url URL without query parameters
   * @throws IllegalArgumentException if it does not fit this destination, with the required form
   */
  default Map<String, String> keysOf(String url) {
    return Map.of("endpoint", url);
  }
}
