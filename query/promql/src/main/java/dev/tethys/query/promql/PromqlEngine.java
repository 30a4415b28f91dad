package dev.tethys.query.promql;

import dev.tethys.model.access.Scope;
import dev.tethys.model.guard.ComputeThreads;
import dev.tethys.model.log.JulLogger;
import dev.tethys.model.storage.MetricSource;
import dev.tethys.model.tracing.ActiveSpan;
import dev.tethys.query.promql.QueryException.Kind;
import dev.tethys.query.promql.ast.Expr;
import dev.tethys.query.promql.ast.Expr.ValueType;
import dev.tethys.query.promql.exec.ComputeSlots;
import dev.tethys.query.promql.exec.Execution;
import dev.tethys.query.promql.exec.Grid;
import dev.tethys.query.promql.exec.Profile;
import dev.tethys.query.promql.exec.QueryMemoryBudget;
import dev.tethys.query.promql.exec.SampleCount;
import dev.tethys.query.promql.parser.PromqlParser;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Future;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Evaluates PromQL over any metric source. Thread-safe; one engine serves a process, so that its
 * limits apply to all queries together.
 */
public final class PromqlEngine implements AutoCloseable {
  /** Share of the query memory budget beyond which no further query starts. */
  private static final int GATE_SHARE = 4;

  private static final System.Logger LOG = JulLogger.of("dev.tethys.query.promql");

  private final EngineOptions options;
  private final LongSupplier nanoTime;
  private final InstantSource clock;
  private final QueryCosts costs = new QueryCosts();
  private final RunningQueries running;
  private final QueryMemoryBudget budget;
  private final @Nullable ResultCache cache;
  private final ExecutorService pool;
  private final ExecutorService runners;
  private final ComputeSlots slots;
  private final EngineMetrics metrics;
  private final BriefQueries brief = new BriefQueries();
  private volatile @Nullable QueryLog log;

  /** Creates an engine that uses the system's clocks and shares its resources with no other. */
  public PromqlEngine(EngineOptions options) {
    this(options, InstantSource.system(), System::nanoTime);
  }

  /** Creates an engine that uses the system's clocks. */
  public PromqlEngine(EngineOptions options, EngineResources resources) {
    this(options, resources, InstantSource.system(), System::nanoTime);
  }

  /**
   * Creates an engine with the caller's clocks.
   *
   * @param clock clock for the list of running queries
   * @param nanoTime clock for deadlines and statistics, as {@link System#nanoTime}
   */
  public PromqlEngine(EngineOptions options, InstantSource clock, LongSupplier nanoTime) {
    this(options, EngineResources.alone(options), clock, nanoTime);
  }

  private PromqlEngine(
      EngineOptions options,
      EngineResources resources,
      InstantSource clock,
      LongSupplier nanoTime) {
    this.options = options;
    this.nanoTime = nanoTime;
    this.clock = clock;
    this.budget =
        new QueryMemoryBudget(resources.queries(), resources.rules(), options.ruleBytes());
    this.running = new RunningQueries(options, clock, nanoTime, this::admits);
    this.slots = new ComputeSlots(resources.places());
    this.cache =
        options.cacheBytes() > 0 ? new ResultCache(options.cacheBytes(), resources.cache()) : null;
    this.metrics = new EngineMetrics(options, running, () -> log != null, cache);
    int threads = Math.max(1, options.threads());
    ThreadPoolExecutor p =
        new ThreadPoolExecutor(
            threads,
            threads,
            30,
            TimeUnit.SECONDS,
            new LinkedBlockingQueue<>(),
            ComputeThreads.factory("promql-"));
    p.allowCoreThreadTimeOut(true);
    this.pool = p;
    this.runners =
        new ThreadPoolExecutor(
            0,
            Integer.MAX_VALUE, // as many as there are places for queries
            30,
            TimeUnit.SECONDS,
            new SynchronousQueue<>(),
            ComputeThreads.factory("promql-query-"));
  }

  public EngineOptions options() {
    return options;
  }

  /** Returns the currently running queries. */
  public RunningQueries running() {
    return running;
  }

  /** Status of an engine's queries. */
  public interface Status {
    /** Queries that run or wait and visible to a scope, the oldest first. */
    List<RunningQueries.Entry> running(Scope scope);

    /** Stops one; returns false if none with that number is visible to the scope. */
    boolean cancel(Scope scope, long id);

    /** Queries of a scope that have cost most, the most expensive first. */
    List<QueryCosts.Cost> top(Scope scope, QueryCosts.Order order, int limit);

    /** Returns the total number of bytes in use. */
    long memoryUsed();

    /** Returns the memory limit in bytes; 0 if none. */
    long memoryLimit();

    /** Returns the maximum number of concurrent queries, without those of rules. */
    int maxConcurrent();
  }

  /** Returns the running and the most expensive queries. */
  public Status status() {
    return new Status() {
      @Override
      public List<RunningQueries.Entry> running(Scope scope) {
        return running.list(scope);
      }

      @Override
      public boolean cancel(Scope scope, long id) {
        return running.cancel(scope, id);
      }

      @Override
      public List<QueryCosts.Cost> top(Scope scope, QueryCosts.Order order, int limit) {
        return costs.top(scope, order, limit);
      }

      @Override
      public long memoryUsed() {
        return PromqlEngine.this.memoryUsed();
      }

      @Override
      public long memoryLimit() {
        return options.maxBytes();
      }

      @Override
      public int maxConcurrent() {
        return options.maxConcurrent();
      }
    };
  }

  /** Sets the query log, null if none; returns the previous one. */
  public synchronized @Nullable QueryLog log(@Nullable QueryLog next) {
    QueryLog before = log;
    log = next;
    return before;
  }

  /**
   * Records running queries in a file from now on, so that they are known after a crash; logs those
   * of the last run. Must be called when no other process uses the folder.
   */
  public void noteRunning(Path file) {
    running.track(ActiveQueryFile.open(file, options.maxConcurrent() + options.ruleConcurrent()));
  }

  /** Numbers about the engine under Prometheus's names. */
  public EngineMetrics metrics() {
    return metrics;
  }

  /** Bytes that running queries hold. */
  public long memoryUsed() {
    return budget.used();
  }

  /**
   * Whether one more query may start while others run. Queries that wait for a slot hold partial
   * results, so a user with running queries waits until few of them run; each counts as two
   * starting queries.
   */
  private boolean admits(int ofUser, int starting) {
    return (options.maxBytes() <= 0 || memoryUsed() <= options.maxBytes() / GATE_SHARE)
        && (ofUser == 0 || 2 * slots.waiting() + starting < RunningQueries.STARTING);
  }

  /** Returns the limit on long computations of queries sent by users and programs. */
  ComputeSlots slots() {
    return slots;
  }

  /** Queries that take little. */
  BriefQueries brief() {
    return brief;
  }

  /** Returns the result cache, or null if it is disabled. */
  @Nullable ResultCache cache() {
    return cache;
  }

  /**
   * Creates an instant query.
   *
   * @param time Unix milliseconds
   * @throws dev.tethys.query.promql.parser.PromqlParseException if the text is not valid
   * @throws QueryException if its durations or arguments make no sense
   */
  public Query instant(MetricSource source, String text, long time, QueryOptions options) {
    return deep(
        () ->
            instant(source, text, PromqlParser.parse(text, this.options.parser()), time, options));
  }

  /** Creates an instant query from parsed text (empty text: annotations lack positions). */
  public Query instant(
      MetricSource source, String text, Expr expr, long time, QueryOptions options) {
    return new Query(this, source, text, expr, Grid.instant(time), time, false, options);
  }

  /** Creates a parsed query for repeated evaluation at successive times. */
  public PreparedQuery prepare(MetricSource source, String text, Expr expr, QueryOptions options) {
    return new PreparedQuery(this, source, text, expr, options);
  }

  /**
   * Creates a query from a start to the last step at or before an end.
   *
   * @param start Unix milliseconds
   * @param end Unix milliseconds, not before start
   * @param step milliseconds, above 0
   * @throws dev.tethys.query.promql.parser.PromqlParseException if the text is not valid
   * @throws QueryException if it gives no vector or scalar, or its durations make no sense
   */
  public Query range(
      MetricSource source, String text, long start, long end, long step, QueryOptions options) {
    return deep(
        () ->
            range(
                source,
                text,
                PromqlParser.parse(text, this.options.parser()),
                start,
                end,
                step,
                options));
  }

  /** Creates a range query from parsed text (empty text: annotations lack positions). */
  public Query range(
      MetricSource source,
      String text,
      Expr expr,
      long start,
      long end,
      long step,
      QueryOptions options) {
    if (step <= 0) {
      throw new QueryException(Kind.BAD_DATA, "the step of a range query must be above 0");
    }
    if (end < start) {
      throw new QueryException(
          Kind.BAD_DATA, "the end of a range query must not be before its start");
    }
    ValueType type = expr.type();
    if (type != ValueType.VECTOR && type != ValueType.SCALAR) {
      throw new QueryException(
          Kind.BAD_DATA,
          "invalid expression type \""
              + type.documented()
              + "\" for range query, must be Scalar or instant Vector");
    }
    return new Query(this, source, text, expr, Grid.range(start, end, step), end, true, options);
  }

  long nanoTime() {
    return nanoTime.getAsLong();
  }

  Execution execution(
      MetricSource source,
      long deadline,
      long lookback,
      long maxSourceResolution,
      QueryPriority priority,
      SampleCount count,
      @Nullable Profile profile) {
    return new Execution(
        source,
        new Execution.Limits(
            options.maxSamples(),
            options.maxBytesPerQuery(),
            deadline,
            lookback,
            maxSourceResolution,
            priority == QueryPriority.RULE),
        new Execution.Features(
            options.delayedNameRemoval(), options.typeAndUnitLabels(), options.startTimestamps()),
        budget,
        pool,
        Math.max(1, options.threads()),
        nanoTime,
        count,
        profile);
  }

  /**
   * Runs work with deep recursion on this thread or, if its stack overflows, on one with a larger
   * stack.
   */
  private <T> T deep(Callable<T> work) {
    try {
      try {
        return work.call();
      } catch (StackOverflowError e) {
        return runners.submit(work).get();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new QueryException(Kind.CANCELED, "query was canceled in query preparation", e);
    } catch (ExecutionException e) {
      throw rethrown(e.getCause());
    } catch (Exception e) {
      throw rethrown(e);
    }
  }

  /**
   * Runs a query that has its place. Computing would keep a virtual thread's carrier busy, and so
   * every other request waiting; on a platform thread the kernel shares the processors fairly.
   */
  <T> T compute(Query q, Callable<T> work) {
    try {
      if (!Thread.currentThread().isVirtual()) {
        try {
          return work.call();
        } catch (StackOverflowError e) {
          throw rethrown(e);
        }
      }
      ActiveSpan span = ActiveSpan.current();
      Future<T> f = runners.submit(() -> span.during(work::call));
      boolean interrupted = false;
      try {
        while (true) {
          try {
            return f.get();
          } catch (InterruptedException e) {
            interrupted = true;
            q.cancel();
          }
        }
      } finally {
        if (interrupted) {
          Thread.currentThread().interrupt();
        }
      }
    } catch (ExecutionException e) {
      throw rethrown(e.getCause());
    } catch (RejectedExecutionException e) {
      throw new QueryException(Kind.CANCELED, "the query engine is closed", e);
    } catch (Exception e) {
      throw rethrown(e);
    }
  }

  private static RuntimeException rethrown(@Nullable Throwable e) {
    if (e instanceof StackOverflowError) {
      return new QueryException(Kind.LIMIT, "the query nests too deeply to be evaluated", e);
    }
    if (e instanceof Error error) {
      throw error;
    }
    if (e instanceof RuntimeException r) {
      return r;
    }
    return e == null
        ? new QueryException(Kind.INTERNAL, "the query ended without an answer")
        : new QueryException(Kind.INTERNAL, e.toString(), e);
  }

  /** Records the end of a query; failures here do not affect its result. */
  void finished(Query q, QueryStatistics s, @Nullable String error) {
    metrics.finished(s);
    costs.add(
        new QueryCosts.Cost(
            q.origin().scope().tenant(),
            q.text(),
            1,
            error == null ? 0 : 1,
            s.evaluationTime(),
            q.cpuNanos() / 1e9,
            s.totalSamples(),
            s.evaluationTime(),
            q.peakBytes(),
            clock.instant()));
    QueryLog l = log;
    if (l != null) {
      try {
        l.write(q.logLine(clock.instant(), s, error));
      } catch (IOException e) {
        metrics.logFailed();
        LOG.log(Level.DEBUG, "a query could not be logged", e);
      }
    }
  }

  /** Stops the threads; queries that still run fail or end on their own thread. */
  @Override
  public void close() {
    pool.shutdown();
    runners.shutdown();
  }
}
