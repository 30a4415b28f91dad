package dev.tethys.query.logql;

import java.util.List;

/**
 * Result of a query with the work that it took.
 *
 * @param warnings reasons why rows may be absent, such as a damaged file
 */
public record LogqlResult(LogqlValue value, LogqlStatistics statistics, List<String> warnings) {}
