package dev.tethys.query.promql;

/**
 * What one query asks for beside its text.
 *
 * @param lookbackMillis how old a sample may be; 0 for the engine's default
 * @param timeoutMillis how long it may run, waiting included; 0 for the engine's default, which
 *     also bounds it
 * @param perStepStatistics whether samples are counted by step, if the engine does that at all
 */
public record QueryOptions(long lookbackMillis, long timeoutMillis, boolean perStepStatistics) {
  /** The engine's defaults. */
  public static final QueryOptions DEFAULT = new QueryOptions(0, 0, false);
}
