package dev.tethys.query.logql;

import dev.tethys.model.access.Scope;

/**
 * Query to run. Times are Unix nanoseconds.
 *
 * @param scope tenant, or several, of the data
 * @param start first step or time, inclusive; equal to {@code end} for an instant query
 * @param end last step; for entries the end of the range, exclusive
 * @param step nanoseconds between steps; 0 for an instant query
 * @param interval least nanoseconds between returned entries; 0 for all entries
 * @param limit maximum number of entries of a log query
 */
public record LogqlRequest(
    Scope scope,
    String query,
    long start,
    long end,
    long step,
    long interval,
    Direction direction,
    int limit) {
  /** Creates a query at one time. */
  public static LogqlRequest instant(Scope scope, String query, long time) {
    return new LogqlRequest(scope, query, time, time, 0, 0, Direction.BACKWARD, 0);
  }

  /** Creates a metric query over steps. */
  public static LogqlRequest range(Scope scope, String query, long start, long end, long step) {
    return new LogqlRequest(scope, query, start, end, step, 0, Direction.BACKWARD, 100);
  }

  /** Creates a log query. */
  public static LogqlRequest entries(
      Scope scope, String query, long start, long end, Direction direction, int limit) {
    return new LogqlRequest(scope, query, start, end, 1_000_000_000L, 0, direction, limit);
  }

  /** Whether the query is for one time. */
  public boolean isInstant() {
    return step == 0;
  }
}
