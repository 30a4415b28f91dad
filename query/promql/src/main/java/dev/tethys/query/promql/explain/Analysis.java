package dev.tethys.query.promql.explain;

import dev.tethys.query.promql.QueryResult;

/**
 * A query that was run to see what it takes.
 *
 * @param explanation its plan, with what each step took
 * @param peakBytes the most memory that it held for results and intermediates
 * @param cpuNanos CPU time over all threads
 */
public record Analysis(
    Explanation explanation, QueryResult result, long peakBytes, long cpuNanos) {}
