package dev.tethys.query.logql.exec;

import dev.tethys.model.access.Scope;
import dev.tethys.model.guard.ComputeThreads;
import dev.tethys.model.guard.MemoryShare;
import dev.tethys.model.logs.LogStore;
import dev.tethys.query.logql.LogEntry;
import dev.tethys.query.logql.LogqlLimits;
import dev.tethys.query.logql.LogqlRequest;
import dev.tethys.query.logql.LogqlResult;
import dev.tethys.query.logql.LogqlStatistics;
import dev.tethys.query.logql.LogqlValue;
import dev.tethys.query.logql.ast.LogExpr;
import dev.tethys.query.logql.ast.LogqlExpr;
import dev.tethys.query.logql.ast.MetricExpr;
import dev.tethys.query.logql.format.LogqlFormatter;
import dev.tethys.query.logql.parser.LogqlParseException;
import dev.tethys.query.logql.parser.LogqlParser;
import dev.tethys.query.logql.parser.Units;
import dev.tethys.query.logql.pipeline.LogPipeline;
import dev.tethys.query.logql.pipeline.NameTable;
import dev.tethys.query.logql.pipeline.UsedLabels;
import dev.tethys.query.promql.QueryException;
import dev.tethys.query.promql.QueryException.Kind;
import dev.tethys.query.promql.Value;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.function.Function;
import java.util.function.LongSupplier;

/**
 * Runs LogQL over a log store. A query runs on the calling thread, assisted by threads of a shared
 * pool. All queries together have one memory budget.
 *
 * <p>Failures are {@link LogqlParseException} for the text of a query and {@link QueryException}
 * for its execution.
 */
public final class LogqlEngine implements AutoCloseable {
  /** Copies of a response while it is written: the text, its growth. */
  private static final long ANSWER_COPIES = 3;

  private static final long POINT_BYTES = 32;

  private final LogStore store;
  private final MemoryShare memory;
  private final ExecutorService pool;
  private final int parallelism;
  private final LongSupplier nanoTime;

  /**
   * @param parallelism maximum number of threads of a query
   * @param memory memory budget shared by all queries
   */
  public LogqlEngine(LogStore store, int parallelism, MemoryShare memory, LongSupplier nanoTime) {
    this.store = store;
    this.parallelism = Math.max(1, parallelism);
    this.nanoTime = nanoTime;
    this.memory = memory;
    ThreadPoolExecutor p =
        new ThreadPoolExecutor(
            this.parallelism,
            this.parallelism,
            30,
            TimeUnit.SECONDS,
            new LinkedBlockingQueue<>(1024),
            ComputeThreads.factory("logql-"));
    p.allowCoreThreadTimeOut(true);
    pool = p;
  }

  private LogqlEngine(LogqlEngine of, MemoryShare memory) {
    store = of.store;
    parallelism = of.parallelism;
    nanoTime = of.nanoTime;
    pool = of.pool;
    this.memory = memory;
  }

  /**
   * Returns an engine over the same store and threads, whose queries use another share of memory.
   */
  public LogqlEngine withMemory(MemoryShare share) {
    return new LogqlEngine(this, share);
  }

  /** Formats a query over several lines, as {@code format_query} does. */
  public static String format(String query) {
    return LogqlFormatter.format(LogqlParser.parse(query));
  }

  /**
   * Parses a query and checks the arguments of its stages.
   *
   * @throws LogqlParseException if it is not valid
   */
  public static LogqlExpr check(String query) {
    LogqlExpr e = LogqlParser.parse(query);
    switch (e) {
      case LogExpr l -> LogPipeline.compile(l.stages(), new NameTable(), UsedLabels.ALL);
      case MetricExpr m -> MetricPlanner.check(m);
    }
    return e;
  }

  /** Returns the queried store. */
  public LogStore store() {
    return store;
  }

  /** Runs a query. */
  public LogqlResult query(LogqlRequest request, LogqlLimits limits) {
    return query(request, limits, () -> false);
  }

  /**
   * Runs a query.
   *
   * @param stopped whether the query is abandoned, because no caller waits for the result
   */
  public LogqlResult query(LogqlRequest request, LogqlLimits limits, BooleanSupplier stopped) {
    return query(request, limits, stopped, r -> r);
  }

  /**
   * Runs a query and writes its response.
   *
   * @param stopped whether the query is abandoned, because no caller waits for the result
   * @param write writes the response, whose memory counts as that of the query
   */
  public <T> T query(
      LogqlRequest request,
      LogqlLimits limits,
      BooleanSupplier stopped,
      Function<LogqlResult, T> write) {
    long begin = nanoTime.getAsLong();
    LogqlExpr e = check(request.query());
    checkLimits(request, limits, e);
    try (QueryRun run = begin(request.scope(), limits, stopped)) {
      LogqlValue value =
          switch (e) {
            case LogExpr l -> entries(run, l, request);
            case MetricExpr m -> new LogqlValue.Metric(metric(run, m, request, limits));
          };
      LogqlStatistics statistics =
          new LogqlStatistics(
              run.bytesProcessed(),
              run.linesProcessed(),
              run.linesPassed(),
              run.segmentsScanned(),
              size(value),
              (nanoTime.getAsLong() - begin) / 1e9);
      run.hold(ANSWER_COPIES * answerBytes(value));
      return write.apply(new LogqlResult(value, statistics, run.warnings()));
    }
  }

  /** Bytes of a response, about. */
  private static long answerBytes(LogqlValue value) {
    return switch (value) {
      case LogqlValue.Entries e -> e.entries().stream().mapToLong(LogEntry::bytes).sum();
      case LogqlValue.Metric m when m.value() instanceof Value.Matrix x ->
          x.series().stream().mapToLong(s -> POINT_BYTES * s.size()).sum();
      case LogqlValue.Metric m -> POINT_BYTES * size(m);
    };
  }

  QueryRun begin(Scope scope, LogqlLimits limits, BooleanSupplier stopped) {
    long timeout = limits.timeout().isZero() ? Long.MAX_VALUE >> 1 : limits.timeout().toNanos();
    return new QueryRun(
        TenantsStore.of(store, scope),
        scope,
        memory,
        limits.maxBytes(),
        pool,
        parallelism,
        nanoTime,
        nanoTime.getAsLong() + timeout,
        stopped);
  }

  private static void checkLimits(LogqlRequest r, LogqlLimits limits, LogqlExpr e) {
    if (e instanceof LogExpr) {
      if (r.isInstant()) {
        throw new QueryException(
            Kind.BAD_DATA,
            "log queries are not supported as an instant query type, please change your query to a"
                + " range query type");
      }
      if (limits.maxEntries() > 0 && r.limit() > limits.maxEntries()) {
        throw new QueryException(
            Kind.BAD_DATA,
            "max entries limit per query exceeded, limit > max_entries_limit_per_query ("
                + r.limit()
                + " > "
                + limits.maxEntries()
                + ")");
      }
    }
    checkLength(r.start(), r.end(), limits);
    if (!r.isInstant() && e instanceof MetricExpr) {
      if (r.step() < 0) {
        throw new QueryException(
            Kind.BAD_DATA,
            "zero or negative query resolution step widths are not accepted. Try a positive"
                + " integer");
      }
      if (limits.maxSteps() > 0 && (r.end() - r.start()) / r.step() > limits.maxSteps()) {
        throw new QueryException(
            Kind.BAD_DATA,
            "exceeded maximum resolution of 11,000 points per time series. Try increasing the value"
                + " of the step parameter");
      }
    }
    checkRanges(e, limits.maxRange());
  }

  static void checkLength(long start, long end, LogqlLimits limits) {
    Duration most = limits.maxLength();
    if (!most.isZero() && end - start > most.toNanos()) {
      throw new QueryException(
          Kind.BAD_DATA,
          "the query time range exceeds the limit (query length: "
              + Units.durationText(end - start)
              + ", limit: "
              + Units.durationText(most.toNanos())
              + ")");
    }
  }

  private static void checkRanges(LogqlExpr e, Duration most) {
    if (most.isZero()) {
      return;
    }
    switch (e) {
      case MetricExpr.RangeAggregation r -> {
        if (r.range().range() > most.toNanos()) {
          throw new QueryException(
              Kind.BAD_DATA,
              "[interval] value exceeds limit: ["
                  + Units.durationText(r.range().range())
                  + "] > ["
                  + Units.durationText(most.toNanos())
                  + "]");
        }
      }
      case MetricExpr.VectorAggregation v -> checkRanges(v.inner(), most);
      case MetricExpr.LabelReplace r -> checkRanges(r.inner(), most);
      case MetricExpr.Binary b -> {
        checkRanges(b.left(), most);
        checkRanges(b.right(), most);
      }
      case MetricExpr.Variants v -> v.metrics().forEach(m -> checkRanges(m, most));
      default -> {}
    }
  }

  private static LogqlValue entries(QueryRun run, LogExpr l, LogqlRequest r) {
    if (r.interval() <= 0) {
      return new LogqlValue.Entries(
          new LogScan(run, l, r.start(), r.end(), r.direction(), r.limit()).entries());
    }
    // which entries are omitted depends on those before, so that all of them are needed
    List<LogEntry> all =
        new LogScan(run, l, r.start(), r.end(), r.direction(), Integer.MAX_VALUE).entries();
    List<LogEntry> out = new ArrayList<>();
    for (LogEntry e : all) {
      boolean far = out.isEmpty() || Math.abs(e.time() - out.getLast().time()) >= r.interval();
      if (far && out.size() < r.limit()) {
        out.add(e);
      }
    }
    return new LogqlValue.Entries(out);
  }

  private static Value metric(QueryRun run, MetricExpr m, LogqlRequest r, LogqlLimits limits) {
    StepGrid grid =
        r.isInstant() ? StepGrid.instant(r.start()) : StepGrid.range(r.start(), r.end(), r.step());
    return new MetricRun(run, grid, r.isInstant(), limits).run(m);
  }

  private static long size(LogqlValue v) {
    return switch (v) {
      case LogqlValue.Entries e -> e.entries().size();
      case LogqlValue.Metric m ->
          switch (m.value()) {
            case Value.InstantVector i -> i.samples().size();
            case Value.Matrix x -> x.series().size();
            case Value.Scalar s -> 1;
            case Value.Text t -> 1;
          };
    };
  }

  @Override
  public void close() {
    pool.shutdownNow();
  }
}
