package dev.tethys.query.promql;

/**
 * What one query asks for beside its text.
 *
 * @param lookbackMillis how old a sample may be; 0 for the engine's default
 * @param timeoutMillis how long it may run, waiting included; 0 for the engine's default, which
 *     also bounds it
 * @param perStepStatistics whether samples are counted by step, if the engine does that at all
 * @param cached whether answers that were kept may be used, and this one kept
 * @param origin who asks
 * @param maxSourceResolution the longest buckets of downsampled data, in milliseconds, that may
 *     stand for samples where the step is not shorter, though the answer differs; 0 for samples
 *     alone, even where they are gone; {@link #AUTO} for downsampled data where the answer is the
 *     same or samples are gone, or what the engine's options say
 */
public record QueryOptions(
    long lookbackMillis,
    long timeoutMillis,
    boolean perStepStatistics,
    boolean cached,
    QueryOrigin origin,
    long maxSourceResolution) {
  /** Downsampled data where it makes no difference. */
  public static final long AUTO = -1;

  /** The engine's defaults. */
  public static final QueryOptions DEFAULT = new QueryOptions(0, 0, false);

  /** Asked by nobody in particular. */
  public QueryOptions(long lookbackMillis, long timeoutMillis, boolean perStepStatistics) {
    this(lookbackMillis, timeoutMillis, perStepStatistics, QueryOrigin.UNKNOWN);
  }

  /** Asked by somebody who has nothing against kept answers; data as the engine's options say. */
  public QueryOptions(
      long lookbackMillis, long timeoutMillis, boolean perStepStatistics, QueryOrigin origin) {
    this(lookbackMillis, timeoutMillis, perStepStatistics, true, origin, AUTO);
  }

  /** The same with every step computed. */
  public QueryOptions uncached() {
    return new QueryOptions(
        lookbackMillis, timeoutMillis, perStepStatistics, false, origin, maxSourceResolution);
  }

  /** The same of data of another resolution. */
  public QueryOptions withMaxSourceResolution(long millis) {
    return new QueryOptions(
        lookbackMillis, timeoutMillis, perStepStatistics, cached, origin, millis);
  }
}
