package dev.tethys.query.promql;

import java.util.List;

/**
 * Query outcome.
 *
 * @param warnings texts with positions, in the order in which they arose
 * @param infos likewise, of less weight
 */
public record QueryResult(
    Value value, List<String> warnings, List<String> infos, QueryStatistics statistics) {}
