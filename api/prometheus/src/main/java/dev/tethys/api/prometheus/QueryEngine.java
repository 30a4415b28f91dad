package dev.tethys.api.prometheus;

import dev.tethys.model.storage.ScopedSource;
import dev.tethys.query.promql.PromqlEngine;
import dev.tethys.query.promql.Query;
import dev.tethys.query.promql.QueryException;
import dev.tethys.query.promql.QueryOptions;
import dev.tethys.query.promql.QueryResult;
import dev.tethys.query.promql.explain.Analysis;
import dev.tethys.query.promql.explain.Explanation;
import dev.tethys.query.promql.parser.PromqlParseException;

/** The query engine over the server's own store. Times are Unix milliseconds. */
public interface QueryEngine {
  /** Creates an engine over one source, read in the scope of each query. */
  static QueryEngine of(PromqlEngine engine, ScopedSource source) {
    return new QueryEngine() {
      @Override
      public Prepared instant(String query, long time, QueryOptions options) {
        return prepared(
            engine.instant(source.within(options.origin().scope()), query, time, options));
      }

      @Override
      public Prepared range(String query, long start, long end, long step, QueryOptions options) {
        return prepared(
            engine.range(
                source.within(options.origin().scope()), query, start, end, step, options));
      }

      @Override
      public PromqlEngine.Status status() {
        return engine.status();
      }
    };
  }

  private static Prepared prepared(Query q) {
    return new Prepared() {
      @Override
      public QueryResult execute() {
        return q.executeHeld();
      }

      @Override
      public void close() {
        q.close();
      }

      @Override
      public void cancel() {
        q.cancel();
      }

      @Override
      public Explanation explain() {
        return q.explain();
      }

      @Override
      public Analysis analyze() {
        return q.analyze();
      }
    };
  }

  /** Query that can be run once. Closing it releases the memory of its result. */
  interface Prepared extends AutoCloseable {
    @Override
    void close();

    /**
     * Runs the query. The memory of the result is accounted for until the query is closed.
     *
     * @throws QueryException if it fails
     */
    QueryResult execute();

    /** Cancels the query, which then fails soon. Can be called from any thread. */
    void cancel();

    /** Returns the query plan. */
    Explanation explain();

    /**
     * Runs the query and measures its cost.
     *
     * @throws QueryException if it fails
     */
    Analysis analyze();
  }

  /**
   * Prepares a query at one point in time.
   *
   * @throws PromqlParseException if the text is not PromQL
   * @throws QueryException if its arguments make no sense
   */
  Prepared instant(String query, long time, QueryOptions options);

  /**
   * Prepares a query from start to end, both inclusive.
   *
   * @param step milliseconds
   * @throws PromqlParseException if the text is not PromQL
   * @throws QueryException if its arguments make no sense
   */
  Prepared range(String query, long start, long end, long step, QueryOptions options);

  /** Returns the running queries and the most expensive ones. */
  PromqlEngine.Status status();
}
