package dev.tethys.query.promql;

import java.util.List;

/**
 * Query outcome.
 *
 * @param warnings texts with positions, in order of occurrence
 * @param infos likewise, of less weight
 */
public record QueryResult(
    Value value, List<String> warnings, List<String> infos, QueryStatistics statistics) {}
