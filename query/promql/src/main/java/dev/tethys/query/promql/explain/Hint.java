package dev.tethys.query.promql.explain;

/**
 * Suggestion to make a query cheaper or more correct.
 *
 * @param node the step of the plan that it is about
 * @param rule a short name that does not change
 */
public record Hint(int node, String rule, String text) {}
