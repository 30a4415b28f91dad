package dev.tethys.api;

import dev.tethys.model.storage.MetricSource;
import dev.tethys.query.promql.PromqlEngine;
import dev.tethys.query.promql.QueryException;
import dev.tethys.query.promql.QueryOptions;
import dev.tethys.query.promql.QueryResult;
import dev.tethys.query.promql.parser.PromqlParseException;

/** The query engine over the server's own store. Times are Unix milliseconds. */
public interface QueryEngine {
  /** An engine over one source. */
  static QueryEngine of(PromqlEngine engine, MetricSource source) {
    return new QueryEngine() {
      @Override
      public QueryResult instant(String query, long time, QueryOptions options) {
        return engine.instant(source, query, time, options).execute();
      }

      @Override
      public QueryResult range(
          String query, long start, long end, long step, QueryOptions options) {
        return engine.range(source, query, start, end, step, options).execute();
      }
    };
  }

  /**
   * Evaluates at one point in time.
   *
   * @throws PromqlParseException when the text is not PromQL
   * @throws QueryException when it fails
   */
  QueryResult instant(String query, long time, QueryOptions options);

  /**
   * Evaluates from start to end, both included.
   *
   * @param step milliseconds
   * @throws PromqlParseException when the text is not PromQL
   * @throws QueryException when it fails
   */
  QueryResult range(String query, long start, long end, long step, QueryOptions options);
}
