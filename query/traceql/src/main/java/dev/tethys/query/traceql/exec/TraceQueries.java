package dev.tethys.query.traceql.exec;

import dev.tethys.model.access.Scope;
import dev.tethys.model.cancellation.Cancellation;
import dev.tethys.model.guard.MemoryShare;
import dev.tethys.model.traces.SpanField;
import dev.tethys.model.traces.SpanFilter;
import dev.tethys.model.traces.SpanSelection;
import dev.tethys.model.traces.TraceStore;
import dev.tethys.query.traceql.FoundTrace;
import dev.tethys.query.traceql.SelectionDifference;
import dev.tethys.query.traceql.TraceLimits;
import dev.tethys.query.traceql.TraceQuery;
import dev.tethys.query.traceql.TraceQueryException;
import dev.tethys.query.traceql.TraceSearchResult;
import dev.tethys.query.traceql.TraceSeriesResult;
import dev.tethys.query.traceql.ast.FieldExpr;
import dev.tethys.query.traceql.ast.Metric;
import dev.tethys.query.traceql.ast.Root;
import dev.tethys.query.traceql.ast.TraceValue;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/**
 * Runs TraceQL over a trace store. A query runs on the calling thread, which threads of a pool
 * help. It ends with the exception of {@link dev.tethys.model.cancellation.Cancellation#check} of
 * the calling thread when that fails. Times are Unix nanoseconds. Thread-safe.
 */
public final class TraceQueries {
  private final TraceStore store;
  private final Executor pool;
  private final int parallelism;
  private final TraceLimits limits;
  private final MemoryShare memory;

  /** Queries that share their memory with no others, for tools and tests. */
  public TraceQueries(TraceStore store, Executor pool, int parallelism, TraceLimits limits) {
    this(store, pool, parallelism, limits, MemoryShare.unlimited());
  }

  /**
   * @param pool threads that help; may reject tasks
   * @param parallelism maximum number of threads of a query, the calling one included
   * @param memory memory budget shared by all queries
   */
  public TraceQueries(
      TraceStore store, Executor pool, int parallelism, TraceLimits limits, MemoryShare memory) {
    this.store = store;
    this.pool = pool;
    this.parallelism = Math.max(1, parallelism);
    this.limits = limits;
    this.memory = memory;
  }

  /** Queries of the same store and threads that take their memory from another share. */
  public TraceQueries withMemory(MemoryShare share) {
    return new TraceQueries(store, pool, parallelism, limits, share);
  }

  private TraceqlRun begin() {
    return new TraceqlRun(pool, parallelism, limits, memory);
  }

  /** Returns the queried store. */
  public TraceStore store() {
    return store;
  }

  /**
   * Finds traces. With the hint {@code most_recent=true} they are the newest, newest first.
   *
   * @param from first start of a span, inclusive
   * @param to last start of a span, exclusive
   * @param limit most traces; more than {@link TraceLimits#maxTraces} are rejected
   * @param spansPerSpanset maximum number of spans that are returned of a spanset; 0 for all
   */
  public TraceSearchResult search(
      Scope scope, TraceQuery query, long from, long to, int limit, int spansPerSpanset) {
    if (!(query.root() instanceof Root.Search s)) {
      throw TraceQueryException.invalid(
          "query " + query + " returns series, not traces; remove the metrics function");
    }
    if (limit > limits.maxTraces()) {
      throw TraceQueryException.invalid(
          "limit " + limit + " exceeds the maximum of " + limits.maxTraces() + " traces");
    }
    try (TraceqlRun work = begin()) {
      List<FoundTrace> found =
          TraceSearch.run(
              work,
              s.pipeline(),
              from,
              to,
              limit,
              spansPerSpanset,
              query.hint("most_recent", false),
              store,
              scope);
      List<String> warnings;
      try (SpanSelection range = store.select(scope, from, to)) {
        warnings = range.warnings();
      }
      return new TraceSearchResult(found, work.statistics(), warnings);
    }
  }

  /**
   * Computes series with a value for each step. Times are multiples of the step; a value covers the
   * step before its time, which is included.
   *
   * @param exemplars most exemplars of all series together
   */
  public TraceSeriesResult range(
      Scope scope, TraceQuery query, long from, long to, long step, int exemplars) {
    int most = exemplars;
    Long hinted = query.integerHint("exemplars");
    if (hinted != null) {
      most = (int) Math.clamp(hinted, 0, limits.maxSeries());
    } else if (!query.hint("exemplars", true)) {
      most = 0;
    }
    try (TraceqlRun work = begin()) {
      return MetricQuery.range(
          work,
          store,
          scope,
          metric(query),
          from,
          to,
          step,
          query.hint("extrapolate", false),
          most);
    }
  }

  /** Computes series with one value for the range, whose end is the time. */
  public TraceSeriesResult instant(Scope scope, TraceQuery query, long from, long to) {
    try (TraceqlRun work = begin()) {
      return MetricQuery.instant(
          work, store, scope, metric(query), from, to, query.hint("extrapolate", false));
    }
  }

  private static Metric metric(TraceQuery query) {
    if (query.root() instanceof Root.Metrics m) {
      return m.metric();
    }
    throw TraceQueryException.invalid(
        "query " + query + " returns traces, not series; add a metrics function such as | rate()");
  }

  /**
   * Filter of the store for a query that consists of filters in braces, such as for a deletion.
   *
   * @throws TraceQueryException if the query is another, or the store cannot decide on it
   */
  public static SpanFilter filter(TraceQuery query) {
    return MetricQuery.exactFilter(query.root());
  }

  /** Ranks conditions by the difference of their share between a selection and the other spans. */
  public SelectionDifference difference(Scope scope, SelectionDifference.Request request) {
    try (TraceqlRun work = begin()) {
      return DifferenceRun.run(work, store, scope, request);
    }
  }

  /**
   * Fields of which a span that fits a query has a value.
   *
   * @param fields fields of the store
   * @param query filter of the spans; only its filters in braces are used
   */
  public List<SpanField> present(
      Scope scope, List<SpanField> fields, TraceQuery query, long from, long to) {
    SpanFilter filter = MetricQuery.filter(query.root());
    List<SpanField> out = new ArrayList<>();
    for (SpanField f : fields) {
      Cancellation.check();
      if (!store.values(scope, f, filter, from, to, 1).isEmpty()) {
        out.add(f);
      }
    }
    return out;
  }

  /**
   * Returns the distinct values of a field.
   *
   * @param field attribute or intrinsic field, as of {@link TraceQuery#parseField}
   * @param query filter of the spans; null for all. Only its filters in braces are used
   * @param limit most values
   */
  public List<TraceValue> values(
      Scope scope, FieldExpr field, @Nullable TraceQuery query, long from, long to, int limit) {
    SpanFilter filter = query == null ? SpanFilter.ALL : MetricQuery.filter(query.root());
    return FieldValues.values(store, scope, field, filter, from, to, limit);
  }
}
