package dev.tethys.query.traceql.exec;

import dev.tethys.model.access.Scope;
import dev.tethys.model.traces.SpanFilter;
import dev.tethys.model.traces.TraceStore;
import dev.tethys.query.traceql.TraceQueryException;
import dev.tethys.query.traceql.TraceSeriesResult;
import dev.tethys.query.traceql.ast.Metric;
import dev.tethys.query.traceql.ast.Root;
import dev.tethys.query.traceql.ast.Scalar;
import dev.tethys.query.traceql.ast.Stage;
import java.util.List;

/** Entry points of the execution. */
public final class MetricQuery {
  private MetricQuery() {}

  /** Series of a range, with times that are multiples of the step. */
  public static TraceSeriesResult range(
      TraceqlRun work,
      TraceStore store,
      Scope scope,
      Metric metric,
      long from,
      long to,
      long step,
      boolean extrapolate,
      int exemplars) {
    TimeGrid grid = TimeGrid.range(from, to, step, work.limits().maxSteps());
    return run(work, store, scope, metric, grid, extrapolate, exemplars);
  }

  /** Series with one value. */
  public static TraceSeriesResult instant(
      TraceqlRun work,
      TraceStore store,
      Scope scope,
      Metric metric,
      long from,
      long to,
      boolean extrapolate) {
    return run(work, store, scope, metric, TimeGrid.instant(from, to), extrapolate, 0);
  }

  private static TraceSeriesResult run(
      TraceqlRun work,
      TraceStore store,
      Scope scope,
      Metric metric,
      TimeGrid grid,
      boolean extrapolate,
      int exemplars) {
    List<TraceSeriesResult.Series> out =
        new MetricRun(work, store, scope, grid, extrapolate, exemplars)
            .series(metric).stream()
                .map(s -> new TraceSeriesResult.Series(s.labels(), s.values(), s.exemplars()))
                .toList();
    List<String> warnings;
    try (var selection = store.select(scope, grid.from(), grid.to())) {
      warnings = selection.warnings();
    }
    return new TraceSeriesResult(grid.times(), out, work.statistics(), warnings);
  }

  /** Returns the filter that fits all spans which a query may return. */
  public static SpanFilter filter(Root root) {
    return switch (root) {
      case Root.Search s -> filter(s.pipeline());
      case Root.ScalarComparison c -> Pushdown.or(filter(c.left()), filter(c.right()));
      case Root.Metrics m -> filter(m.metric());
    };
  }

  private static SpanFilter filter(Stage.Pipeline p) {
    return MetricRun.filter(RequiredSpans.of(p));
  }

  private static SpanFilter filter(Scalar s) {
    return s instanceof Scalar.OfPipeline p ? filter(p.pipeline()) : SpanFilter.ALL;
  }

  private static SpanFilter filter(Metric m) {
    return switch (m) {
      case Metric.Query q -> filter(q.pipeline());
      case Metric.Top t -> filter(t.of());
      case Metric.Threshold t -> filter(t.of());
      case Metric.Arithmetic a ->
          a.left() instanceof Metric.Number
              ? filter(a.right())
              : a.right() instanceof Metric.Number
                  ? filter(a.left())
                  : Pushdown.or(filter(a.left()), filter(a.right()));
      case Metric.Number _ -> SpanFilter.ALL;
    };
  }

  /**
   * Returns the filter of a search that consists only of filters, such as for a deletion.
   *
   * @throws TraceQueryException if the query is another, or its filters cannot be decided by the
   *     store
   */
  public static SpanFilter exactFilter(Root root) {
    if (root instanceof Root.Search s
        && s.pipeline().stages().stream().allMatch(e -> e instanceof Stage.Filter)) {
      var only = RequiredSpans.onlyFilters(s.pipeline());
      if (only != null) {
        Pushdown p = Pushdown.of(ConstantFolding.fold(only));
        if (p.exact()) {
          return p.filter();
        }
      }
    }
    throw TraceQueryException.invalid(
        "query is not a filter that decides on each span by comparing its fields with literals;"
            + " use filters in braces without pipes, structural operators and fields of the trace");
  }
}
