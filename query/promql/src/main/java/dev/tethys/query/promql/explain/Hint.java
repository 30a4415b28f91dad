package dev.tethys.query.promql.explain;

/**
 * What would make a query cheaper or more right.
 *
 * @param node the step of the plan that it is about
 * @param rule a short name that does not change
 */
public record Hint(int node, String rule, String text) {}
