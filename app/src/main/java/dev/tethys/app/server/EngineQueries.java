package dev.tethys.app.server;

import dev.tethys.api.QueryEngine;
import dev.tethys.model.storage.MetricSource;
import dev.tethys.query.promql.PromqlEngine;
import dev.tethys.query.promql.QueryOptions;
import dev.tethys.query.promql.QueryResult;

/** The engine over the server's own store. */
record EngineQueries(PromqlEngine engine, MetricSource store) implements QueryEngine {
  @Override
  public QueryResult instant(String query, long time, QueryOptions options) {
    return engine.instant(store, query, time, options).execute();
  }

  @Override
  public QueryResult range(String query, long start, long end, long step, QueryOptions options) {
    return engine.range(store, query, start, end, step, options).execute();
  }
}
