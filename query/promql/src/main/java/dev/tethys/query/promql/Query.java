package dev.tethys.query.promql;

import dev.tethys.model.Labels;
import dev.tethys.model.storage.MetricSource;
import dev.tethys.model.storage.StorageException;
import dev.tethys.query.promql.QueryException.Kind;
import dev.tethys.query.promql.ast.Expr;
import dev.tethys.query.promql.ast.Expr.ValueType;
import dev.tethys.query.promql.exec.Block;
import dev.tethys.query.promql.exec.Column;
import dev.tethys.query.promql.exec.Execution;
import dev.tethys.query.promql.exec.Finish;
import dev.tethys.query.promql.exec.Grid;
import dev.tethys.query.promql.exec.Profile;
import dev.tethys.query.promql.exec.SampleCount;
import dev.tethys.query.promql.exec.ThreadCpu;
import dev.tethys.query.promql.explain.Analysis;
import dev.tethys.query.promql.explain.Explainer;
import dev.tethys.query.promql.explain.Explanation;
import dev.tethys.query.promql.explain.Hints;
import dev.tethys.query.promql.explain.PlanNode;
import dev.tethys.query.promql.plan.Plan;
import dev.tethys.query.promql.plan.Planner;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One query, ready to be run once. {@link #execute} runs it on the calling thread and others of the
 * engine; {@link #cancel} may come from any thread at any time.
 */
public final class Query {
  private final PromqlEngine engine;
  private final MetricSource source;
  private final String text;
  private final Expr expr;
  private final Grid grid;
  private final boolean range;
  private final Plan plan;
  private final QueryOptions options;
  private final long created;
  private volatile @Nullable Execution execution;
  private volatile boolean canceled;
  private volatile long cpuNanos;
  private volatile long peakBytes;

  Query(
      PromqlEngine engine,
      MetricSource source,
      String text,
      Expr expr,
      Grid grid,
      long end,
      boolean range,
      QueryOptions options) {
    this.engine = engine;
    this.source = source;
    this.text = text;
    this.expr = expr;
    this.grid = grid;
    this.range = range;
    this.options = options;
    this.created = engine.nanoTime();
    this.plan =
        Planner.plan(expr, grid.start(), end, range ? grid.interval() : 0, engine.options());
  }

  /** The text as it was given; empty when only a tree was. */
  public String text() {
    return text;
  }

  public Expr expr() {
    return expr;
  }

  /** Makes the query end with an error soon; nothing happens when it has ended. */
  public void cancel() {
    canceled = true;
    Execution x = execution;
    if (x != null) {
      x.cancel();
    }
  }

  boolean isCanceled() {
    return canceled;
  }

  /** What the query would do, without running it. */
  public Explanation explain() {
    return explained(null);
  }

  private Explanation explained(@Nullable Profile profile) {
    PlanNode tree = Explainer.explain(plan, grid, text, lookback(), profile);
    return new Explanation(tree, Hints.of(tree, grid.steps(), range ? grid.interval() : 0));
  }

  private long lookback() {
    return options.lookbackMillis() > 0
        ? options.lookbackMillis()
        : engine.options().lookbackMillis();
  }

  /**
   * Runs the query and measures every step of it, which makes it somewhat slower.
   *
   * @throws QueryException when it cannot be answered
   */
  public Analysis analyze() {
    Profile p = new Profile(engine::nanoTime, ThreadCpu::nanos);
    QueryResult result = execute(p);
    return new Analysis(explained(p), result, peakBytes, cpuNanos);
  }

  /**
   * Runs the query.
   *
   * @throws QueryException when it cannot be answered
   */
  public QueryResult execute() {
    return execute(null);
  }

  private QueryResult execute(@Nullable Profile profile) {
    long timeout = engine.options().timeoutMillis();
    if (options.timeoutMillis() > 0) {
      timeout = Math.min(timeout, options.timeoutMillis());
    }
    long deadline = engine.nanoTime() + timeout * 1_000_000;
    long queued = engine.nanoTime();
    try (RunningQueries.Place place = engine.running().enter(this, deadline)) {
      return engine.compute(this, () -> run(deadline, queued, place.start(), profile));
    } catch (StorageException e) {
      throw new QueryException(
          e.reason() == StorageException.Reason.LIMIT ? Kind.LIMIT : Kind.STORAGE,
          "expanding series: " + e.getMessage(),
          e);
    }
  }

  private QueryResult run(long deadline, long queued, long started, @Nullable Profile profile) {
    long cpu = ThreadCpu.nanos();
    SampleCount count =
        Execution.counter(
            grid, engine.options().perStepStatistics() && options.perStepStatistics());
    try (Execution x = engine.execution(source, deadline, lookback(), count, profile)) {
      execution = x;
      if (canceled) {
        x.cancel();
      }
      Value value;
      try {
        value = value(x);
      } finally {
        cpuNanos = ThreadCpu.nanos() - cpu + x.helperCpuNanos();
        peakBytes = x.peakBytes();
      }
      long evaluated = engine.nanoTime();
      if (value instanceof Value.Matrix m) {
        value = sorted(m);
      }
      long now = engine.nanoTime();
      QueryStatistics statistics =
          new QueryStatistics(
              seconds(started - queued),
              seconds(Math.max(0, queued - created)),
              seconds(evaluated - started),
              seconds(now - evaluated),
              seconds(now - started),
              seconds(now - queued),
              count.total(),
              count.read(),
              x.peakSamples(),
              count.totalSteps(),
              count.readSteps(),
              grid.start(),
              grid.interval());
      engine.finished(statistics);
      return new QueryResult(
          value, x.annotations().warnings(text), x.annotations().infos(text), statistics);
    }
  }

  private static double seconds(long nanos) {
    return nanos / 1e9;
  }

  private Value value(Execution x) {
    return switch (plan) {
      case Plan.Text t -> new Value.Text(grid.start(), t.value());
      case Plan.Range r -> new Value.Matrix(r.range().evaluate(x, grid));
      case Plan.Steps s -> {
        Block b = Finish.names(x, grid, s.operator().evaluate(x, grid));
        yield range ? matrix(b) : instant(b);
      }
    };
  }

  private Value instant(Block b) {
    if (expr.type() == ValueType.SCALAR) {
      return new Value.Scalar(grid.start(), b.column(0).values()[0]);
    }
    List<Value.Sample> out = new ArrayList<>(b.size());
    for (Column c : b.columns()) {
      var h = c.histogram(0);
      out.add(new Value.Sample(c.labels(), h == null ? c.values()[0] : h.sum(), h));
    }
    return new Value.InstantVector(grid.start(), out);
  }

  private Value.Matrix matrix(Block b) {
    long[] times = new long[grid.steps()];
    for (int s = 0; s < times.length; s++) {
      times[s] = grid.time(s);
    }
    List<Value.Series> out = new ArrayList<>(b.size());
    for (Column c : b.columns()) {
      out.add(Finish.series(c, times));
    }
    return new Value.Matrix(out);
  }

  private static Value.Matrix sorted(Value.Matrix m) {
    List<Value.Series> s = new ArrayList<>(m.series());
    boolean ordered = true;
    Labels last = null;
    for (Value.Series x : s) {
      ordered &= last == null || last.compareTo(x.labels()) <= 0;
      last = x.labels();
    }
    if (!ordered) {
      s.sort((a, b) -> a.labels().compareTo(b.labels()));
    }
    return new Value.Matrix(s);
  }
}
