package dev.tethys.app.server;

import dev.tethys.insight.graph.query.MetricAnswers;
import dev.tethys.insight.inspections.check.InspectionCheck;
import dev.tethys.model.access.Scope;
import dev.tethys.model.storage.MetricSource;
import dev.tethys.query.promql.PreparedQuery;
import dev.tethys.query.promql.PromqlEngine;
import dev.tethys.query.promql.QueryOptions;
import dev.tethys.query.promql.QueryOrigin;
import dev.tethys.query.promql.QueryPriority;
import dev.tethys.query.promql.parser.ParserOptions;
import dev.tethys.query.promql.parser.PromqlParser;

/** PromQL of insight over the metrics of the server, with a limit of time and without a cache. */
record InsightQueries(PromqlEngine engine, MetricSource source) {
  /** Maximum duration of a query. */
  private static final long TIMEOUT_MILLIS = 5_000;

  /**
   * Answers queries, which are prepared each time.
   *
   * @param origin name of the part that asks, for the log of queries
   */
  MetricAnswers answers(String origin, QueryPriority priority) {
    QueryOptions options = options(origin, priority);
    return (query, time) ->
        InspectionCheck.samples(engine.instant(source, query, time, options).execute().value());
  }

  /** Prepares a query that is asked often. */
  PreparedQuery prepare(String query, String origin, QueryPriority priority) {
    return engine.prepare(
        source, query, PromqlParser.parse(query, ParserOptions.STABLE), options(origin, priority));
  }

  private static QueryOptions options(String origin, QueryPriority priority) {
    return new QueryOptions(
            0, TIMEOUT_MILLIS, false, new QueryOrigin(origin, "", "", "", priority, Scope.DEFAULT))
        .uncached();
  }
}
