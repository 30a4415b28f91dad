package dev.tethys.api.traces;

import java.time.Duration;

/**
 * Settings of the APIs of traces.
 *
 * @param timeout most time of a query
 * @param lookback time range of lists of services, operations and attributes without a range
 * @param maxTraces most traces of a response with whole traces
 * @param maxValues most services, operations, attributes or values of a response
 * @param admin whether spans may be deleted and deletions cancelled
 * @param version version of the program
 */
public record TracesSettings(
    Duration timeout,
    Duration lookback,
    int maxTraces,
    int maxValues,
    boolean admin,
    String version) {
  /** Returns settings without a configuration. */
  public static TracesSettings of(String version) {
    return new TracesSettings(
        Duration.ofMinutes(1), Duration.ofHours(72), 10_000, 10_000, false, version);
  }
}
