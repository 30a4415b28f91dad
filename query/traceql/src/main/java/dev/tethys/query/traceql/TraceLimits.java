package dev.tethys.query.traceql;

/**
 * Query limits.
 *
 * @param maxBytes most memory that a query holds
 * @param maxSeries maximum number of series of a metrics query
 * @param maxSteps maximum number of steps of a range query
 * @param maxTraces largest limit of a search
 * @param traceNanos time before and after the time range within which spans of a found trace are
 *     read
 */
public record TraceLimits(
    long maxBytes, int maxSeries, int maxSteps, int maxTraces, long traceNanos) {
  /** Limits that suit a server of a few gigabytes. */
  public static final TraceLimits DEFAULT =
      new TraceLimits(512L << 20, 20_000, 11_000, 10_000, 3_600_000_000_000L);
}
