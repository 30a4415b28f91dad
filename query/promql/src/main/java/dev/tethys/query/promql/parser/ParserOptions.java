package dev.tethys.query.promql.parser;

/**
 * Enabled parts of the language that need a feature flag in Prometheus.
 *
 * @param experimentalFunctions {@code promql-experimental-functions}
 * @param extendedRangeSelectors {@code promql-extended-range-selectors}: anchored, smoothed
 * @param binopFillModifiers {@code promql-binop-fill-modifiers}: fill, fill_left, fill_right
 */
public record ParserOptions(
    boolean experimentalFunctions, boolean extendedRangeSelectors, boolean binopFillModifiers) {
  /** The stable language. */
  public static final ParserOptions STABLE = new ParserOptions(false, false, false);

  /** Everything. */
  public static final ParserOptions ALL = new ParserOptions(true, true, true);
}
