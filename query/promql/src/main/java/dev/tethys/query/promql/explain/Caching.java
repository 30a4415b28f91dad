package dev.tethys.query.promql.explain;

/**
 * How far answers of a range query can be used again.
 *
 * @param reuse whether step by step, or only as a whole, or not at all
 * @param reason why not step by step; empty otherwise
 * @param steps how many steps are known now, and would not be computed
 */
public record Caching(Extent reuse, String reason, int steps) {
  /** How much of an answer serves another query. */
  public enum Extent {
    /** Each step that both ask for. */
    STEPS,
    /** All of it, for a query with the same start and end. */
    WHOLE,
    /** Nothing. */
    NONE
  }
}
