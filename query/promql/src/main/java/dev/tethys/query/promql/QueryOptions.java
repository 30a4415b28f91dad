package dev.tethys.query.promql;

/**
 * Options of one query.
 *
 * @param lookbackMillis maximum age of a sample; 0 for the engine's default
 * @param timeoutMillis maximum duration, queueing included; 0 for the engine's default, which is
 *     also its upper bound
 * @param perStepStatistics whether samples are counted by step, if the engine does that at all
 * @param cached whether cached results may be used, and this one cached
 * @param origin origin of the query
 * @param maxSourceResolution the longest buckets of downsampled data, in milliseconds, that may
 *     replace samples where the step is not shorter, although the result differs; 0 for samples
 *     only, even where they were deleted; {@link #AUTO} for downsampled data where the result is
 *     the same or samples were deleted, or for the engine's option
 */
public record QueryOptions(
    long lookbackMillis,
    long timeoutMillis,
    boolean perStepStatistics,
    boolean cached,
    QueryOrigin origin,
    long maxSourceResolution) {
  /** Downsampled data if the result is the same. */
  public static final long AUTO = -1;

  /** The engine's defaults. */
  public static final QueryOptions DEFAULT = new QueryOptions(0, 0, false);

  /** Options of no particular user. */
  public QueryOptions(long lookbackMillis, long timeoutMillis, boolean perStepStatistics) {
    this(lookbackMillis, timeoutMillis, perStepStatistics, QueryOrigin.UNKNOWN);
  }

  /** Options of a client that accepts cached results; annotations follow the engine's options. */
  public QueryOptions(
      long lookbackMillis, long timeoutMillis, boolean perStepStatistics, QueryOrigin origin) {
    this(lookbackMillis, timeoutMillis, perStepStatistics, true, origin, AUTO);
  }

  /** Returns a copy that computes every step. */
  public QueryOptions uncached() {
    return new QueryOptions(
        lookbackMillis, timeoutMillis, perStepStatistics, false, origin, maxSourceResolution);
  }

  /** Returns a copy for data of another resolution. */
  public QueryOptions withMaxSourceResolution(long millis) {
    return new QueryOptions(
        lookbackMillis, timeoutMillis, perStepStatistics, cached, origin, millis);
  }
}
