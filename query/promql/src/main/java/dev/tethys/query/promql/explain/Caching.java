package dev.tethys.query.promql.explain;

/**
 * Reusability of cached results of a range query.
 *
 * @param reuse whether step by step, or only as a whole, or not at all
 * @param reason reason why steps cannot be reused separately; empty otherwise
 * @param steps number of steps that are cached now
 */
public record Caching(Extent reuse, String reason, int steps) {
  /** Part of a result that other queries can reuse. */
  public enum Extent {
    /** Steps common to both queries. */
    STEPS,
    /** All of it, for a query with the same start and end. */
    WHOLE,
    /** No reuse. */
    NONE
  }
}
