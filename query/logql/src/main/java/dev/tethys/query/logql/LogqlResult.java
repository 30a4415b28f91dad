package dev.tethys.query.logql;

/** Result of a query with the work that it took. */
public record LogqlResult(LogqlValue value, LogqlStatistics statistics) {}
