package dev.tethys.query.logql;

import java.time.Duration;

/**
 * Limits of queries, named as in Loki. Zero means no limit, except for the number of entries.
 *
 * @param maxEntries {@code max_entries_limit_per_query}
 * @param maxSeries {@code max_query_series}: maximum number of series of a result
 * @param maxLength {@code max_query_length}: longest time range of a query
 * @param maxRange {@code max_query_range}: longest window of a function
 * @param maxSteps maximum number of steps of a range query
 * @param timeout {@code query_timeout}
 * @param maxBytes most memory of a query
 */
public record LogqlLimits(
    int maxEntries,
    int maxSeries,
    Duration maxLength,
    Duration maxRange,
    int maxSteps,
    Duration timeout,
    long maxBytes) {
  /** Limits that also exist in Loki. */
  public static final LogqlLimits DEFAULT =
      new LogqlLimits(
          5000, 500, Duration.ofHours(721), Duration.ZERO, 11_000, Duration.ofMinutes(1), 1L << 30);
}
