package dev.tethys.pipeline.processor.connector.spanmetrics;

import dev.tethys.model.regex.Regex;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What a connector was told.
 *
 * @param namespace before names of metrics; "" for none
 * @param excluded of the dimensions that every series has
 * @param scopes instrumentation scopes that are shown
 * @param keyAttributes by which resources are told apart; empty for all
 * @param unit of durations
 * @param histogram of durations and self times
 * @param durations whether there are any
 * @param selfTimes whether there are any
 * @param events null when they are not counted
 * @param exemplars of a point; 0 for none
 * @param limit series of a metric and resource; 0 for no limit
 * @param resources how many are kept between intervals
 * @param expiration of resources without spans; zero for never
 * @param seriesExpiration of single series; zero for never
 * @param deltaTimes how many series a delta connector knows the last time of
 * @param samplingMethod whether series say how their spans were counted
 * @param deprecatedCache whether a key was written that means nothing any more
 */
public record SpanMetricsSettings(
    String namespace,
    Wanted dimensions,
    Wanted callsDimensions,
    Set<String> excluded,
    Set<String> scopes,
    Set<String> keyAttributes,
    Unit unit,
    Histogram histogram,
    boolean durations,
    boolean selfTimes,
    @Nullable Wanted events,
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

  /** A dimension, and its value where there is no such attribute; null to leave it out. */
  public record Named(String name, @Nullable String otherwise) {}

  /** Dimensions by name, and patterns of names. */
  public record Wanted(List<Named> named, List<Regex> globs) {
    Dimensions dimensions() {
      return new Dimensions(named, globs);
    }
  }

  /** The unit of durations. */
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
   * How durations are counted.
   *
   * @param bounds in the unit; null for exponential buckets
   * @param maxSize how many of these there are at most
   */
  public record Histogram(double @Nullable [] bounds, int maxSize, Wanted dimensions) {}

  String metric(String name) {
    return namespace.isEmpty() ? name : namespace + "." + name;
  }
}
