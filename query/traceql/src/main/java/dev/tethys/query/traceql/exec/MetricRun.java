package dev.tethys.query.traceql.exec;

import dev.tethys.model.access.Scope;
import dev.tethys.model.cancellation.Cancellation;
import dev.tethys.model.traces.SpanColumn;
import dev.tethys.model.traces.SpanFilter;
import dev.tethys.model.traces.SpanNeeds;
import dev.tethys.model.traces.SpanRows;
import dev.tethys.model.traces.SpanSegment;
import dev.tethys.model.traces.SpanSelection;
import dev.tethys.model.traces.TraceStore;
import dev.tethys.query.traceql.ast.FieldExpr;
import dev.tethys.query.traceql.ast.Metric;
import java.util.Arrays;
import java.util.List;
import java.util.function.IntConsumer;

/**
 * Evaluation of metrics: one pass over the spans if filters can decide on each span individually.
 */
public final class MetricRun {
  private final TraceqlRun work;
  private final TraceStore store;
  private final Scope scope;
  private final TimeGrid grid;
  private final boolean extrapolate;
  private final int exemplars;

  MetricRun(
      TraceqlRun work,
      TraceStore store,
      Scope scope,
      TimeGrid grid,
      boolean extrapolate,
      int exemplars) {
    this.work = work;
    this.store = store;
    this.scope = scope;
    this.grid = grid;
    this.extrapolate = extrapolate;
    this.exemplars = exemplars;
  }

  /** Returns the series of a metric. */
  List<Series> series(Metric m) {
    return switch (m) {
      case Metric.Query q when q.comparison() != null ->
          new CompareRun(work, store, scope, grid, q, q.comparison()).series();
      case Metric.Query q -> query(q);
      case Metric.Top t -> SeriesMath.top(series(t.of()), t.highest(), t.count());
      case Metric.Threshold t -> SeriesMath.threshold(series(t.of()), t.operator(), t.value());
      case Metric.Arithmetic a ->
          a.left() instanceof Metric.Number n
              ? SeriesMath.scalar(a.operator(), n.value(), series(a.right()))
              : a.right() instanceof Metric.Number n
                  ? SeriesMath.scalar(a.operator(), series(a.left()), n.value())
                  : SeriesMath.join(a.operator(), series(a.left()), series(a.right()));
      case Metric.Number _ -> throw new IllegalStateException("number without an operator");
    };
  }

  private List<Series> query(Metric.Query q) {
    ExecutionColumns slots = new ExecutionColumns();
    Accumulation.Shape shape = new Accumulation.Shape(q, grid, slots, extrapolate, exemplars > 0);
    FieldExpr only = RequiredSpans.onlyFilters(q.pipeline());
    if (only != null) {
      FieldExpr folded = ConstantFolding.fold(only);
      Pushdown p = Pushdown.of(folded);
      if (!p.exact()) {
        slots.addAll(folded);
      }
      if (slots.ofTrace().isEmpty()) {
        return onePass(shape, slots, p, folded);
      }
    }
    return wholeTraces(shape, slots, q);
  }

  private List<Series> onePass(
      Accumulation.Shape shape, ExecutionColumns slots, Pushdown p, FieldExpr folded) {
    Accumulated all = new Accumulated(work, shape, exemplars);
    SpanNeeds needs = new SpanNeeds(false, false, true, shape.ofDuration, slots.fields());
    try (SpanSelection selection = store.select(scope, grid.from(), grid.to())) {
      List<SpanSegment> segments = work.segments(selection);
      int tasks = Pushdown.isNone(p.filter()) ? 0 : segments.size();
      work.forEach(tasks, () -> worker(all, shape, slots, p, folded, needs, segments));
    }
    return all.series();
  }

  private IntConsumer worker(
      Accumulated all,
      Accumulation.Shape shape,
      ExecutionColumns slots,
      Pushdown p,
      FieldExpr folded,
      SpanNeeds needs,
      List<SpanSegment> segments) {
    Accumulation.Scratch scratch = new Accumulation.Scratch();
    return s -> {
      SpanSegment segment = segments.get(s);
      Accumulation a = new Accumulation(shape, scratch, segment.firstTime(), segment.lastTime());
      if (p.exact()) {
        work.scan(segment, p.filter(), needs, rows -> a.add(rows, null));
      } else {
        RowTest test = RowTest.of(folded, slots);
        Frame f = new Frame();
        boolean[][] mask = {new boolean[0]};
        work.scan(
            segment,
            p.filter(),
            needs,
            rows -> {
              if (mask[0].length < rows.count) {
                mask[0] = new boolean[rows.count];
              }
              f.count = rows.count;
              f.columns = rows.columns;
              test.test(f, mask[0]);
              a.add(rows, mask[0]);
            });
      }
      all.add(s, a);
    };
  }

  /** Evaluates the pipeline over whole traces, some at a time. */
  private List<Series> wholeTraces(
      Accumulation.Shape shape, ExecutionColumns slots, Metric.Query q) {
    SpansetEvaluation evaluation =
        new SpansetEvaluation(q.pipeline(), slots, grid.from(), grid.to());
    Accumulated all = new Accumulated(work, shape, exemplars);
    long slack = work.limits().traceNanos();
    try (SpanSelection range = store.select(scope, grid.from(), grid.to());
        SpanSelection wide =
            store.select(scope, Times.minus(grid.from(), slack), Times.plus(grid.to(), slack))) {
      TraceTable.Candidate[] candidates =
          new Candidates(work, work.segments(range))
              .collect(RequiredSpans.of(q.pipeline()))
              .candidates();
      TraceLoader loader =
          new TraceLoader(
              work, slots, TraceFrame.Core.of(slots), work.segments(wide), SpanFilter.ALL);
      Accumulation.Scratch scratch = new Accumulation.Scratch();
      int chunk = 4096;
      for (int at = 0, number = 0; at < candidates.length; at += chunk, number++) {
        Cancellation.check();
        TraceFrame f = loader.load(candidates, at, Math.min(candidates.length, at + chunk));
        evaluation.over(f);
        Accumulation a = new Accumulation(shape, scratch, grid.from(), grid.to() - 1);
        int[] rows = matched(evaluation, f);
        a.add(gathered(f, rows, candidates, at), null);
        all.add(number, a);
        loader.release(f);
      }
    }
    return all.series();
  }

  private static int[] matched(SpansetEvaluation evaluation, TraceFrame f) {
    int[] out = new int[f.frame.count];
    int n = 0;
    for (int t = 0; t + 1 < f.traces.length; t++) {
      int[] rows = {};
      for (SpansetEvaluation.Spanset s : evaluation.evaluate(t)) {
        rows = SpansetEvaluation.union(rows, s.rows());
      }
      System.arraycopy(rows, 0, out, n, rows.length);
      n += rows.length;
    }
    return Arrays.copyOf(out, n);
  }

  private static SpanRows gathered(
      TraceFrame f, int[] rows, TraceTable.Candidate[] candidates, int first) {
    int n = rows.length;
    SpanRows out = new SpanRows();
    out.count = n;
    out.traceHigh = new long[n];
    out.traceLow = new long[n];
    out.spanId = new long[n];
    out.start = new long[n];
    out.duration = new long[n];
    int trace = 0;
    for (int i = 0; i < n; i++) {
      while (f.to(trace) <= rows[i]) {
        trace++;
      }
      out.traceHigh[i] = candidates[first + trace].high();
      out.traceLow[i] = candidates[first + trace].low();
      out.spanId[i] = f.spanIds[rows[i]];
      out.start[i] = f.starts[rows[i]];
      out.duration[i] = f.durations[rows[i]];
    }
    out.columns = new SpanColumn[f.frame.columns.length];
    for (int c = 0; c < out.columns.length; c++) {
      out.columns[c] = gathered(f.frame.columns[c], rows);
    }
    return out;
  }

  private static SpanColumn gathered(SpanColumn from, int[] rows) {
    SpanColumn out = new SpanColumn();
    out.strings = from.strings;
    int total = 0;
    int[] offsets = new int[rows.length + 1];
    for (int i = 0; i < rows.length; i++) {
      total += Frame.to(from, rows[i]) - Frame.from(from, rows[i]);
      offsets[i + 1] = total;
    }
    out.types = new byte[total];
    out.bits = new long[total];
    out.offsets = from.offsets == null ? null : offsets;
    for (int i = 0; i < rows.length; i++) {
      int at = Frame.from(from, rows[i]);
      System.arraycopy(from.types, at, out.types, offsets[i], offsets[i + 1] - offsets[i]);
      System.arraycopy(from.bits, at, out.bits, offsets[i], offsets[i + 1] - offsets[i]);
    }
    return out;
  }

  /** Returns the filter of the spans that a pipeline may return, for values of fields. */
  static SpanFilter filter(RequiredSpans need) {
    return switch (need) {
      case RequiredSpans.Leaf l -> l.filter();
      case RequiredSpans.Related r -> Pushdown.or(r.relation().lower(), r.relation().upper());
      case RequiredSpans.All a ->
          a.of().stream().map(MetricRun::filter).reduce(Pushdown::or).orElse(SpanFilter.ALL);
      case RequiredSpans.Any a ->
          a.of().stream().map(MetricRun::filter).reduce(Pushdown::or).orElse(SpanFilter.ALL);
    };
  }
}
