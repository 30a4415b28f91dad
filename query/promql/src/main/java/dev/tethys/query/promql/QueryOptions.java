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
 */
public record QueryOptions(
    long lookbackMillis,
    long timeoutMillis,
    boolean perStepStatistics,
    boolean cached,
    QueryOrigin origin) {
  /** The engine's defaults. */
  public static final QueryOptions DEFAULT = new QueryOptions(0, 0, false);

  /** Asked by nobody in particular. */
  public QueryOptions(long lookbackMillis, long timeoutMillis, boolean perStepStatistics) {
    this(lookbackMillis, timeoutMillis, perStepStatistics, true, QueryOrigin.UNKNOWN);
  }

  /** Asked by somebody who has nothing against kept answers. */
  public QueryOptions(
      long lookbackMillis, long timeoutMillis, boolean perStepStatistics, QueryOrigin origin) {
    this(lookbackMillis, timeoutMillis, perStepStatistics, true, origin);
  }

  /** The same with every step computed. */
  public QueryOptions uncached() {
    return new QueryOptions(lookbackMillis, timeoutMillis, perStepStatistics, false, origin);
  }
}
