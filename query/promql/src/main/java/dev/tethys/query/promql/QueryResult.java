package dev.tethys.query.promql;

import java.util.List;

/**
 * The outcome of a query.
 *
 * @param warnings texts with positions, in the order in which they arose
 * @param infos likewise, of less weight
 */
public record QueryResult(
    Value value, List<String> warnings, List<String> infos, QueryStatistics statistics) {}
