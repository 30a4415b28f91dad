package dev.tethys.query.promql;

import dev.tethys.model.Labels;
import dev.tethys.model.storage.MetricSource;
import dev.tethys.model.storage.StorageException;
import dev.tethys.model.tracing.ActiveSpan;
import dev.tethys.query.promql.QueryException.Kind;
import dev.tethys.query.promql.ast.Expr;
import dev.tethys.query.promql.ast.Expr.ValueType;
import dev.tethys.query.promql.exec.Block;
import dev.tethys.query.promql.exec.Column;
import dev.tethys.query.promql.exec.Execution;
import dev.tethys.query.promql.exec.Grid;
import dev.tethys.query.promql.exec.MemoryLimitException;
import dev.tethys.query.promql.exec.Profile;
import dev.tethys.query.promql.exec.Propagated;
import dev.tethys.query.promql.exec.ResultAssembly;
import dev.tethys.query.promql.exec.SampleCount;
import dev.tethys.query.promql.exec.ThreadCpu;
import dev.tethys.query.promql.explain.Analysis;
import dev.tethys.query.promql.explain.Caching;
import dev.tethys.query.promql.explain.Explainer;
import dev.tethys.query.promql.explain.Explanation;
import dev.tethys.query.promql.explain.Hints;
import dev.tethys.query.promql.explain.PlanNode;
import dev.tethys.query.promql.plan.Locality;
import dev.tethys.query.promql.plan.Plan;
import dev.tethys.query.promql.plan.Planner;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * One query, ready to be run once. {@link #execute} runs it on the calling thread and others of the
 * engine; {@link #cancel} may come from any thread at any time.
 */
public final class Query implements AutoCloseable {
  /** Taller trees run on their own thread, with stack for them. */
  private static final int MAX_BRIEF_HEIGHT = 64;

  private final PromqlEngine engine;
  private final MetricSource source;
  private final String text;
  private final Expr expr;
  private final Grid grid;
  private final long end;
  private final boolean range;
  private final Plan plan;
  private final QueryOptions options;
  private final long created;
  private volatile @Nullable Execution execution;
  private volatile @Nullable SampleCount count;
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
    this(engine, source, text, expr, grid, end, range, options, null);
  }

  /**
   * @param known existing plan; null to plan now
   */
  Query(
      PromqlEngine engine,
      MetricSource source,
      String text,
      Expr expr,
      Grid grid,
      long end,
      boolean range,
      QueryOptions options,
      @Nullable Plan known) {
    this.engine = engine;
    this.source = source;
    this.text = text;
    this.expr = expr;
    this.grid = grid;
    this.end = end;
    this.range = range;
    this.options = options;
    this.created = engine.nanoTime();
    this.plan =
        known != null
            ? known
            : Planner.plan(expr, grid.start(), end, range ? grid.interval() : 0, engine.options());
  }

  /** Returns the plan, reusable for the same query at other times. */
  Plan plan() {
    return plan;
  }

  /** Returns the original text; empty if only a tree was given. */
  public String text() {
    return text;
  }

  /** Cancels the query, which then fails soon; has no effect after its end. */
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

  /** Explains the query without running it. */
  public Explanation explain() {
    return explained(null);
  }

  private Explanation explained(@Nullable Profile profile) {
    PlanNode tree = Explainer.explain(plan, grid, text, lookback(), profile);
    return new Explanation(
        tree, Hints.of(tree, grid.steps(), range ? grid.interval() : 0), caching());
  }

  /** Returns the reuse of cached results, or null if caching is disabled. */
  private @Nullable Caching caching() {
    if (engine.cache() == null || !range || !(plan instanceof Plan.Steps)) {
      return null;
    }
    Locality l = locality();
    if (l == null) {
      return new Caching(
          Caching.Extent.NONE, "the samples that it reads are unknown in advance", 0);
    }
    ResultReuse r = reuse(l);
    return new Caching(
        l.isStepwise() ? Caching.Extent.STEPS : Caching.Extent.WHOLE,
        l.hindrance(),
        r == null ? 0 : r.available());
  }

  private @Nullable Locality locality() {
    return Locality.of(expr, grid.start(), end, grid.interval(), lookback(), engine.options());
  }

  private @Nullable ResultReuse reuse(Locality l) {
    ResultCache cache = engine.cache();
    return cache == null
        ? null
        : new ResultReuse(cache, source, text, grid, lookback(), maxSourceResolution(), l);
  }

  /** Returns the reuse of cached results for this query, or null if none. */
  private @Nullable ResultReuse reuse(@Nullable Profile profile, SampleCount count) {
    if (engine.cache() == null
        || profile != null // it is to be seen what computing takes
        || !range
        || grid.steps() < 2
        || !options.cached()
        || count.isByStep()
        || text.isEmpty()) {
      return null;
    }
    Locality l = locality();
    return l == null ? null : reuse(l);
  }

  private long maxSourceResolution() {
    return options.maxSourceResolution() == QueryOptions.AUTO
        ? engine.options().maxSourceResolution()
        : options.maxSourceResolution();
  }

  private long lookback() {
    return options.lookbackMillis() > 0
        ? options.lookbackMillis()
        : engine.options().lookbackMillis();
  }

  /**
   * Runs the query and measures every step, which makes it slightly slower.
   *
   * @throws QueryException if it fails
   */
  public Analysis analyze() {
    Profile p = new Profile(engine::nanoTime, ThreadCpu::nanos);
    QueryResult result;
    try (this) {
      result = execute(p);
    }
    return new Analysis(explained(p), result, peakBytes, cpuNanos);
  }

  /**
   * Runs the query.
   *
   * @throws QueryException if it fails
   */
  public QueryResult execute() {
    try (this) {
      return execute(null);
    }
  }

  /**
   * Runs the query; the memory of its result is accounted for until {@link #close}, which is for
   * those who take their time to read it, such as a client at the end of a slow line.
   *
   * @throws QueryException if it fails
   */
  public QueryResult executeHeld() {
    return execute(null);
  }

  /** Releases the memory of the result. */
  @Override
  public void close() {
    Execution x = execution;
    if (x != null) {
      x.close();
    }
  }

  private QueryResult execute(@Nullable Profile profile) {
    try (ActiveSpan span = QuerySpans.begin(this)) {
      return span.during(() -> execute(profile, span));
    }
  }

  private QueryResult execute(@Nullable Profile profile, ActiveSpan span) {
    long timeout = engine.options().timeoutMillis();
    if (options.timeoutMillis() > 0) {
      timeout = Math.min(timeout, options.timeoutMillis());
    }
    Run run = new Run(engine.nanoTime(), profile);
    long deadline = run.queued + timeout * 1_000_000;
    try (RunningQueries.QuerySlot place = engine.running().enter(this, deadline)) {
      run.started = place.start();
      run.computesLong = place::computesLong;
      QueryResult r = runBrief(run, deadline);
      if (r == null) {
        r = engine.compute(this, () -> run.run(deadline, -1));
        if (profile == null
            && cpuNanos > 0
            && text.length() <= BriefQueries.MAX_TEXT
            && height(expr) <= MAX_BRIEF_HEIGHT) {
          engine.brief().measured(text, grid.steps(), cpuNanos);
        }
      }
      engine.finished(this, r.statistics(), null);
      QuerySpans.ended(span, r.statistics(), null);
      return r;
    } catch (StorageException e) {
      String message = "expanding series: " + e.getMessage();
      finished(run, span, message);
      throw new QueryException(
          e.reason() == StorageException.Reason.LIMIT ? Kind.LIMIT : Kind.STORAGE, message, e);
    } catch (RuntimeException | Error e) {
      finished(run, span, String.valueOf(e.getMessage()));
      throw e;
    }
  }

  private void finished(Run run, ActiveSpan span, String error) {
    QueryStatistics s = run.statistics();
    engine.finished(this, s, error);
    QuerySpans.ended(span, s, error);
  }

  /** Runs it on the calling thread, if it is known to take little; null if that was not so. */
  private @Nullable QueryResult runBrief(Run run, long deadline) {
    if (run.profile != null
        || text.isEmpty()
        || !Thread.currentThread().isVirtual() // others compute on their own in any case
        || Thread.currentThread().isInterrupted()) {
      return null;
    }
    long expected = engine.brief().expected(text, grid.steps());
    try {
      return expected < 0 ? null : run.run(deadline, expected);
    } catch (Execution.NotBrief e) {
      return null;
    }
  }

  /**
   * Returns the height of a tree, counted up to the largest that a thread with a small stack can
   * run.
   */
  private static int height(Expr e) {
    return height(e, 0);
  }

  private static int height(Expr e, int above) {
    int most = above + 1;
    for (Expr c : above > MAX_BRIEF_HEIGHT ? List.<Expr>of() : e.children()) {
      most = Math.max(most, height(c, above + 1));
    }
    return most;
  }

  /** One run with its timings and counters. */
  private final class Run {
    private final long queued;
    private final @Nullable Profile profile;
    private SampleCount count;
    private CacheReuse reuse = CacheReuse.NONE;
    private Runnable computesLong = () -> {};
    private long started;
    private long evaluated;
    private long ended;

    Run(long queued, @Nullable Profile profile) {
      this.queued = queued;
      this.profile = profile;
      this.count = counter();
    }

    private SampleCount counter() {
      return Execution.counter(
          grid, engine.options().perStepStatistics() && options.perStepStatistics());
    }

    /**
     * @param expected expected CPU time if it runs on the calling thread; -1 if it has its own
     *     thread
     */
    QueryResult run(long deadline, long expected) {
      try {
        return run(deadline, expected, plan);
      } catch (Propagated.Undecided e) {
        Plan as =
            Planner.plan(
                expr, grid.start(), end, range ? grid.interval() : 0, engine.options(), false);
        return run(deadline, expected, as);
      }
    }

    private QueryResult run(long deadline, long expected, Plan plan) {
      count = counter();
      Query.this.count = count;
      long cpu = ThreadCpu.nanos();
      Execution x =
          engine.execution(
              source,
              deadline,
              lookback(),
              maxSourceResolution(),
              options.origin().priority(),
              count,
              profile);
      boolean done = false;
      ResultReuse known = null;
      try {
        execution = x;
        if (canceled) {
          x.cancel();
        }
        if (expected >= 0) {
          x.limitBriefly(engine.nanoTime() + BriefQueries.GIVE_UP_NANOS);
        } else if (options.origin().priority() == QueryPriority.INTERACTIVE) {
          x.useSlots(engine.slots(), computesLong);
        }
        known = reuse(profile, count);
        boolean rule = options.origin().priority() == QueryPriority.RULE;
        if (rule) {
          engine.slots().ruleBegan(engine.nanoTime());
        }
        Value value;
        try {
          value = value(x, plan, known);
        } finally {
          if (rule) {
            engine.slots().ruleEnded();
          }
          evaluated = engine.nanoTime();
          // The CPU time of a virtual thread cannot be read: the time that the query took on its
          // own thread is charged.
          cpuNanos = Math.max(expected, 0) + ThreadCpu.nanos() - cpu + x.helperCpuNanos();
          peakBytes = x.peakBytes();
        }
        if (value instanceof Value.Matrix m) {
          value = sorted(m);
        }
        List<String> warnings = x.annotations().warnings(text);
        List<String> infos = x.annotations().infos(text);
        if (known != null) {
          known.keep(x, warnings, infos);
          reuse = known.reuse();
          if (reuse.outcome() == CacheReuse.Outcome.HIT) {
            warnings = known.warnings();
            infos = known.infos();
          }
        }
        ended = engine.nanoTime();
        QueryResult r = new QueryResult(value, warnings, infos, statistics());
        done = true;
        return r;
      } catch (MemoryLimitException e) {
        throw e.withQuery(text);
      } finally {
        x.endSlot();
        if (known != null) {
          known.end();
        }
        if (!done) {
          x.close();
        }
      }
    }

    QueryStatistics statistics() {
      long end = ended > 0 ? ended : engine.nanoTime();
      long begin = started > 0 ? started : end;
      long inner = evaluated > 0 ? evaluated : end;
      Execution x = execution;
      return new QueryStatistics(
          seconds(begin - queued),
          seconds(Math.max(0, queued - created)),
          seconds(Math.max(0, inner - begin)),
          seconds(end - inner),
          seconds(end - begin),
          seconds(end - queued),
          count.total(),
          count.read(),
          x == null ? 0 : x.peakSamples(),
          count.totalSteps(),
          count.readSteps(),
          grid.start(),
          grid.interval(),
          reuse);
    }
  }

  /** Progress of a query: samples loaded, current and peak memory in bytes. */
  record Progress(long samples, long bytes, long peakBytes) {}

  /** Progress of the run; null before it starts. */
  @Nullable Progress progress() {
    Execution x = execution;
    SampleCount c = count;
    return x == null || c == null ? null : new Progress(c.total(), x.heldBytes(), x.peakBytes());
  }

  QueryOrigin origin() {
    return options.origin();
  }

  long cpuNanos() {
    return cpuNanos;
  }

  long peakBytes() {
    return peakBytes;
  }

  QueryLog.Line logLine(Instant now, QueryStatistics s, @Nullable String error) {
    return new QueryLog.Line(
        now, text, grid.start(), end, range ? grid.interval() : 0, error, s, options.origin());
  }

  private static double seconds(long nanos) {
    return nanos / 1e9;
  }

  private Value value(Execution x, Plan plan, @Nullable ResultReuse known) {
    if (plan instanceof Plan.Text t) {
      return new Value.Text(grid.start(), t.value());
    }
    if (plan instanceof Plan.Range r) {
      return new Value.Matrix(r.range().evaluate(x, grid));
    }
    Plan.Steps s = (Plan.Steps) plan;
    Function<Grid, Block> compute = g -> ResultAssembly.names(x, g, s.operator().evaluate(x, g));
    Block b = known == null ? compute.apply(grid) : known.evaluate(x, compute);
    return range ? matrix(b) : instant(b);
  }

  private Value instant(Block b) {
    if (expr.type() == ValueType.SCALAR) {
      return new Value.Scalar(grid.start(), b.column(0).value(0));
    }
    List<Value.Sample> out = new ArrayList<>(b.size());
    for (Column c : b.columns()) {
      var h = c.histogram(0);
      out.add(new Value.Sample(c.labels(), h == null ? c.value(0) : h.sum(), h));
    }
    return new Value.InstantVector(grid.start(), out);
  }

  private Value.Matrix matrix(Block b) {
    long[] times = new long[grid.steps()];
    for (int s = 0; s < times.length; s++) {
      times[s] = grid.time(s);
    }
    List<Value.Series> out = new ArrayList<>(b.size());
    Value.Series before = null;
    for (Column c : b.columns()) {
      before = ResultAssembly.series(c, times, before);
      out.add(before);
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
