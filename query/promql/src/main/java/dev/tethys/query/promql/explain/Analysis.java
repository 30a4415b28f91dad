package dev.tethys.query.promql.explain;

import dev.tethys.query.promql.QueryResult;

/**
 * Run of a query that measured its cost.
 *
 * @param explanation plan with the cost of each step
 * @param peakBytes the most memory that it held for results and intermediates
 * @param cpuNanos CPU time over all threads
 */
public record Analysis(
    Explanation explanation, QueryResult result, long peakBytes, long cpuNanos) {}
