package dev.tethys.pipeline.receiver.exposed;

import dev.tethys.codec.otlp.TranslationStrategy;
import java.util.Map;

/**
 * How series are shown.
 *
 * @param namespace what names begin with, as it is written
 * @param labels of every series
 * @param scopes whether scopes are labels of series
 * @param expirationMillis after the last data point
 */
record ExposedOptions(
    TranslationStrategy strategy,
    String namespace,
    Map<String, String> labels,
    Promoted promoted,
    boolean scopes,
    long expirationMillis,
    boolean timestamps) {
  /** Which attributes of resources are labels of series. */
  enum Promoted {
    NONE,
    WITHOUT_SERVICE,
    ALL
  }
}
