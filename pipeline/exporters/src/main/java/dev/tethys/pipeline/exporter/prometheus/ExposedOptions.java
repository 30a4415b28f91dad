package dev.tethys.pipeline.exporter.prometheus;

import dev.tethys.codec.otlp.TranslationStrategy;
import java.util.Map;

/**
 * Options of exposed series.
 *
 * @param namespace prefix of names, unmodified
 * @param labels labels added to every series
 * @param scopes whether scopes are labels of series
 * @param expirationMillis lifetime of a series after its last data point
 */
record ExposedOptions(
    TranslationStrategy strategy,
    String namespace,
    Map<String, String> labels,
    Promoted promoted,
    boolean scopes,
    long expirationMillis,
    boolean timestamps) {
  /** Resource attributes that become labels of series. */
  enum Promoted {
    NONE,
    WITHOUT_SERVICE,
    ALL
  }
}
