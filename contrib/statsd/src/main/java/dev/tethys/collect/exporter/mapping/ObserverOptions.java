package dev.tethys.collect.exporter.mapping;

import java.time.Duration;
import java.util.List;

/**
 * Aggregation of observations.
 *
 * @param histogram whether they become a histogram; else a summary
 * @param buckets upper bounds of a histogram, ascending, without +Inf; none for a native histogram
 *     only
 * @param nativeFactor growth factor of native histogram buckets; 0 if none
 * @param nativeBuckets maximum number of such buckets; 0 for no limit
 * @param quantiles quantiles of a summary, each with its permitted error
 * @param maxAge maximum age of observations used for quantiles
 */
public record ObserverOptions(
    boolean histogram,
    List<Double> buckets,
    double nativeFactor,
    int nativeBuckets,
    List<Objective> quantiles,
    Duration maxAge) {
  /** A quantile and its maximum error. */
  public record Objective(double quantile, double error) {}

  /** A summary with the usual quantiles over ten minutes. */
  public static final ObserverOptions DEFAULT =
      new ObserverOptions(
          false,
          List.of(.005, .01, .025, .05, .1, .25, .5, 1.0, 2.5, 5.0, 10.0),
          0,
          0,
          List.of(new Objective(0.5, 0.05), new Objective(0.9, 0.01), new Objective(0.99, 0.001)),
          Duration.ofMinutes(10));

  /** Options with native buckets, the default of a mapping file that does not configure them. */
  ObserverOptions withNativeBuckets() {
    return new ObserverOptions(histogram, buckets, 1.1, 256, quantiles, maxAge);
  }
}
