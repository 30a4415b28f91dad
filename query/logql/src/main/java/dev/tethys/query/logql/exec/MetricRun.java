package dev.tethys.query.logql.exec;

import dev.tethys.model.Labels;
import dev.tethys.model.LabelsBuilder;
import dev.tethys.model.Matcher;
import dev.tethys.model.storage.MetricSource;
import dev.tethys.model.storage.SelectHints;
import dev.tethys.model.storage.Selection;
import dev.tethys.query.logql.LogqlLimits;
import dev.tethys.query.logql.ast.MetricExpr;
import dev.tethys.query.logql.ast.MetricExpr.Literal;
import dev.tethys.query.logql.ast.MetricExpr.Variants;
import dev.tethys.query.logql.ast.MetricExpr.VectorAggregation;
import dev.tethys.query.logql.ast.VectorOp;
import dev.tethys.query.promql.QueryException;
import dev.tethys.query.promql.QueryException.Kind;
import dev.tethys.query.promql.Value;
import dev.tethys.query.promql.exec.Block;
import dev.tethys.query.promql.exec.Column;
import dev.tethys.query.promql.exec.Execution;
import dev.tethys.query.promql.exec.Grid;
import dev.tethys.query.promql.exec.Operator;
import dev.tethys.query.promql.exec.QueryMemoryBudget;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.regex.Pattern;

/** Runs a metric query and builds its result. */
public final class MetricRun {
  /** Label of the results of variants. */
  private static final String VARIANT = "__variant__";

  private static final Pattern DUPLICATE =
      Pattern.compile(
          "found duplicate series for the match group .* on the (left|right) hand-side of the"
              + " operation: .*;many-to-many matching not allowed: (.*)",
          Pattern.DOTALL);

  private final QueryRun run;
  private final StepGrid grid;
  private final boolean instant;
  private final LogqlLimits limits;

  public MetricRun(QueryRun run, StepGrid grid, boolean instant, LogqlLimits limits) {
    this.run = run;
    this.grid = grid;
    this.instant = instant;
    this.limits = limits;
  }

  /** Runs a query and returns its result. */
  public Value run(MetricExpr e) {
    if (e instanceof Literal l) {
      return literal(l.value());
    }
    List<Column> columns = new ArrayList<>();
    boolean sorted = false;
    if (e instanceof Variants v) {
      for (int i = 0; i < v.metrics().size(); i++) {
        for (Column c : columns(v.metrics().get(i))) {
          Labels l = new LabelsBuilder(c.labels()).set(VARIANT, String.valueOf(i)).build();
          columns.add(c.with(l, false));
        }
      }
    } else {
      columns.addAll(columns(e));
      sorted = instant && isOrdered(e);
    }
    if (limits.maxSeries() > 0 && columns.size() > limits.maxSeries()) {
      throw new QueryException(
          Kind.LIMIT,
          "maximum number of series ("
              + limits.maxSeries()
              + ") reached for a single query; consider reducing query cardinality by adding more"
              + " specific stream selectors, reducing the time range, or aggregating results with"
              + " functions like sum(), count() or topk()");
    }
    if (!sorted) {
      columns.sort(Comparator.comparing(Column::labels));
    }
    return instant ? vector(columns) : matrix(columns);
  }

  private static boolean isOrdered(MetricExpr e) {
    return e instanceof VectorAggregation v
        && (v.op() == VectorOp.SORT || v.op() == VectorOp.SORT_DESC || v.op().takesParameter());
  }

  private List<Column> columns(MetricExpr e) {
    Operator plan = new MetricPlanner(run, grid).plan(e);
    Grid millis = grid.millis();
    try (Execution x = execution(millis)) {
      Block b = plan.evaluate(x, millis);
      return b.columns();
    } catch (QueryException failure) {
      throw inLokiWords(failure);
    }
  }

  private static QueryException inLokiWords(QueryException e) {
    var m = DUPLICATE.matcher(String.valueOf(e.getMessage()));
    return m.matches()
        ? new QueryException(
            e.kind(),
            "found duplicate series on the "
                + m.group(1)
                + " hand-side;many-to-many matching not allowed: "
                + m.group(2),
            e)
        : e;
  }

  private Execution execution(Grid millis) {
    return new Execution(
        NoSeries.SOURCE,
        new Execution.Limits(Long.MAX_VALUE, limits.maxBytes(), run.deadline(), 0, 0, false),
        new Execution.Features(false, false, false),
        new QueryMemoryBudget(run.memory(), run.memory(), 0),
        run.pool(),
        run.parallelism(),
        run.clock(),
        Execution.counter(millis, false),
        null);
  }

  private Value literal(double v) {
    if (instant) {
      return new Value.Scalar(grid.millis().start(), v);
    }
    double[] values = new double[grid.steps()];
    java.util.Arrays.fill(values, v);
    return matrix(List.of(new Column(Labels.EMPTY, false, values, null)));
  }

  private Value vector(List<Column> columns) {
    List<Value.Sample> out = new ArrayList<>(columns.size());
    for (Column c : columns) {
      out.add(new Value.Sample(c.labels(), c.value(0), null));
    }
    return new Value.InstantVector(Math.floorDiv(grid.start(), 1_000_000L), out);
  }

  private Value matrix(List<Column> columns) {
    List<Value.Series> out = new ArrayList<>(columns.size());
    run.hold(16L * grid.steps() * columns.size());
    for (Column c : columns) {
      double[] all = c.values();
      long[] times = new long[all.length];
      double[] values = new double[all.length];
      int n = 0;
      for (int k = 0; k < all.length; k++) {
        if (!Column.isAbsent(all[k])) {
          times[n] = Math.floorDiv(grid.time(k), 1_000_000L);
          values[n++] = all[k];
        }
      }
      if (n > 0) {
        out.add(new Value.Series(c.labels(), n, times, values, null));
      }
    }
    return new Value.Matrix(out);
  }

  /** Source of operators that read no series. */
  private static final class NoSeries implements MetricSource {
    static final MetricSource SOURCE = new NoSeries();

    private static IllegalStateException none() {
      return new IllegalStateException("LogQL does not read metric series");
    }

    @Override
    public Selection select(SelectHints hints, List<Matcher> matchers) {
      throw none();
    }

    @Override
    public LabelResult labelNames(long minTime, long maxTime, List<Matcher> matchers, int limit) {
      throw none();
    }

    @Override
    public LabelResult labelValues(
        String name, long minTime, long maxTime, List<Matcher> matchers, int limit) {
      throw none();
    }

    @Override
    public List<Labels> series(
        long minTime, long maxTime, List<List<Matcher>> matcherSets, int limit) {
      throw none();
    }

    @Override
    public List<SeriesExemplars> exemplars(
        long minTime, long maxTime, List<List<Matcher>> matcherSets) {
      throw none();
    }
  }
}
