package dev.tethys.query.promql;

/**
 * Part of a range query's result that came from the cache.
 *
 * @param steps number of steps that were not computed
 */
public record CacheReuse(Outcome outcome, int steps) {
  /** The cache was not involved. */
  public static final CacheReuse NONE = new CacheReuse(Outcome.BYPASS, 0);

  static final CacheReuse MISS = new CacheReuse(Outcome.MISS, 0);

  /** Outcome of a cache lookup. */
  public enum Outcome {
    /** Everything was known. */
    HIT,
    /** Some steps were cached. */
    PARTIAL,
    /** No usable step was cached. */
    MISS,
    /** No lookup: there is no cache, or it was not requested, or it cannot serve the query. */
    BYPASS
  }
}
