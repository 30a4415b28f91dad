package dev.tethys.pipeline.processor.connector.spanmetrics;

import dev.tethys.model.regex.Regex;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Settings of a span metrics connector.
 *
 * @param namespace prefix of metric names; "" for none
 * @param excluded default dimensions to omit
 * @param scopes instrumentation scopes that are shown
 * @param keyAttributes attributes that identify a resource; empty for all
 * @param unit unit of durations
 * @param histogram histogram settings for durations and self times
 * @param durations whether durations are enabled
 * @param selfTimes whether self times are enabled
 * @param events null if they are not counted
 * @param exemplars maximum exemplars of a point; 0 if none
 * @param limit maximum series of a metric and resource; 0 for no limit
 * @param resources maximum number of resources kept between intervals
 * @param expiration expiration of resources without spans; zero for never
 * @param seriesExpiration expiration of individual series; zero for never
 * @param deltaTimes number of series whose last time a delta connector caches
 * @param samplingMethod whether series have a label with the counting method
 * @param deprecatedCache whether a deprecated, ignored key is present
 */
public record SpanMetricsSettings(
    String namespace,
    ResourceDimensions dimensions,
    ResourceDimensions callsDimensions,
    Set<String> excluded,
    Set<String> scopes,
    Set<String> keyAttributes,
    Unit unit,
    Histogram histogram,
    boolean durations,
    boolean selfTimes,
    @Nullable ResourceDimensions events,
    boolean delta,
    Duration interval,
    int exemplars,
    int limit,
    int resources,
    Duration expiration,
    Duration seriesExpiration,
    int deltaTimes,
    boolean samplingMethod,
    boolean deprecatedCache) {

  /** Dimension and its default value; null to omit a missing attribute. */
  public record Named(String name, @Nullable String otherwise) {}

  /** Dimensions by name, and patterns of names. */
  public record ResourceDimensions(List<Named> named, List<Regex> globs) {
    Dimensions dimensions() {
      return new Dimensions(named, globs);
    }
  }

  /** Duration unit. */
  public enum Unit {
    MS(1e6),
    S(1e9);

    private final double nanos;

    Unit(double nanos) {
      this.nanos = nanos;
    }

    double of(long duration) {
      return duration / nanos;
    }

    String text() {
      return this == MS ? "ms" : "s";
    }
  }

  /**
   * Histogram settings of durations.
   *
   * @param bounds bucket bounds in the configured unit; null for exponential buckets
   * @param maxSize maximum number of exponential buckets
   */
  public record Histogram(double @Nullable [] bounds, int maxSize, ResourceDimensions dimensions) {}

  String metric(String name) {
    return namespace.isEmpty() ? name : namespace + "." + name;
  }
}
