package dev.tethys.app.server;

import dev.tethys.api.prometheus.ApiWarmUp;
import dev.tethys.model.log.JulLogger;
import dev.tethys.model.storage.StorageException;
import dev.tethys.query.promql.EngineOptions;
import dev.tethys.query.promql.PromqlEngine;
import dev.tethys.query.promql.QueryException;
import dev.tethys.query.promql.QueryOptions;
import dev.tethys.query.promql.QueryResult;
import dev.tethys.query.promql.Value;
import dev.tethys.store.metrics.BlockInfo;
import dev.tethys.store.metrics.DatabaseStats;
import dev.tethys.store.metrics.MetricsDatabase;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Runs queries over the data of a store right after it was opened, so that dashboards find compiled
 * code after a restart. It starts before the server is ready. It pauses while a client sends
 * queries. Bounded by time, by rounds and by the samples that a query may read; ends with its
 * server.
 */
final class QueryWarmUp implements AutoCloseable {
  /** More than so many rounds compile hardly anything new. */
  static final int MAX_ROUNDS = 50;

  private static final int MAX_METRICS = 2_000;
  private static final Duration WAIT = Duration.ofSeconds(1);

  /**
   * Panels request steps of whole or quarter minutes, where windows of regular samples can be
   * computed from the previous one. Every fourth round requests other steps, for which each window
   * is located separately.
   */
  private static final long STEP = 60_000;

  private static final long ODD_STEP = 47_000;
  private static final int ODD_ROUNDS = 4;

  /** The windows of usual queries, a round each. */
  static final List<String> WINDOWS = List.of("5m", "2m", "30m", "10m");

  private static final long MAX_SAMPLES = 2_000_000;

  /**
   * The range of most rounds. Every fifth looks as far back as dashboards do when they are opened,
   * over several blocks, each of which is read for its first time then.
   */
  private static final long SPAN = Duration.ofHours(3).toMillis();

  private static final long FAR_SPAN = Duration.ofHours(6).toMillis();
  private static final int FAR_ROUNDS = 5;

  /** Divisor of the warm-up time: lookups take at most 1/4 of it. */
  private static final int LOOKUP_SHARE = 4;

  private static final System.Logger LOG = JulLogger.of("dev.tethys.query");

  private final MetricsDatabase database;
  private final Duration time;
  private final WarmUpTurns turns;
  private final CompletableFuture<List<SignalWarmUp<?>>> following = new CompletableFuture<>();
  private @Nullable Thread thread;

  /**
   * Prepares a warm-up.
   *
   * @param time maximum duration without pauses
   * @param clock monotonic clock, such as {@link System#nanoTime}
   * @param others queries that take precedence
   */
  QueryWarmUp(
      MetricsDatabase database, Duration time, LongSupplier clock, WarmUpTurns.Others others) {
    this.database = database;
    this.time = time;
    this.turns = new WarmUpTurns(time, clock, others);
  }

  /** Warms up in parallel with everything else, then with the result of {@link #follow}. */
  void start() {
    thread =
        Thread.ofPlatform()
            .daemon()
            .name("query-warm-up")
            .priority(Thread.MIN_PRIORITY)
            .start(
                () -> {
                  try {
                    run();
                    for (SignalWarmUp<?> other : following.join()) {
                      turns.begin();
                      other.run(turns);
                    }
                  } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                  }
                });
  }

  /** Rehearses other signals after metrics, once their stores are open. */
  void follow(List<SignalWarmUp<?>> signals) {
    following.complete(List.copyOf(signals));
  }

  /** Returns the interval between the points requested in a round, in milliseconds. */
  static long step(int round) {
    return round % ODD_ROUNDS == ODD_ROUNDS - 1 ? ODD_STEP : STEP;
  }

  /** Returns the time range of a round's queries in milliseconds. */
  static long span(int round) {
    return round % FAR_ROUNDS == 1 ? FAR_SPAN : SPAN;
  }

  /** Runs the warm-up; returns the number of executed queries. */
  int run() throws InterruptedException {
    turns.begin();
    int answered = 0;
    try (PromqlEngine engine =
        new PromqlEngine(
            EngineOptions.builder()
                .maxSamples(MAX_SAMPLES)
                .timeoutMillis(Math.max(1, time.toMillis()))
                .threads(Math.min(2, Runtime.getRuntime().availableProcessors()))
                .build())) {
      if (!turns.isActive()) {
        return 0;
      }
      DatabaseStats stats = database.stats(MAX_METRICS);
      long end = stats.maxTime();
      long oldest = oldest(stats);
      List<WarmUpSeries> series = choose(engine, stats.seriesCountByMetricName(), oldest, end);
      if (series.isEmpty() || oldest >= end) {
        return 0;
      }
      try (ApiWarmUp rehearsal = new ApiWarmUp(engine, database)) {
        ColdQueryWarmUp warmUp =
            ColdQueryWarmUp.at(
                database, stats.seriesCountByMetricName(), Math.max(oldest, end - SPAN), end);
        // Lookups before all queries: over many series these take most of the time.
        for (int round = 0; round < MAX_ROUNDS && isTimeForLookups(); round++) {
          long start = Math.max(oldest, end - span(round));
          List<String> paths = LookupWarmUp.of(series.get(round % series.size()), start, end);
          answered += turns.each(paths, rehearsal::get);
        }
        for (int round = 0; round < MAX_ROUNDS && turns.isActive(); round++) {
          long start = Math.max(oldest, end - span(round));
          answered += ask(rehearsal, usual(round, series), start, end, step(round));
          answered += ask(rehearsal, warmUp.of(round), start, end, STEP);
        }
      }
      return answered;
    } catch (StorageException | IOException e) {
      LOG.log(Level.DEBUG, "warm-up queries were not run", e); // closed meanwhile
      return answered;
    } finally {
      LOG.log(
          Level.DEBUG, "{0} warm-up queries run in {1} ms", answered, turns.spent() / 1_000_000);
    }
  }

  /** Returns the time of the oldest sample, in memory or in a block. */
  private long oldest(DatabaseStats stats) {
    long oldest = stats.minTime();
    for (BlockInfo b : database.blockList()) {
      oldest = Math.min(oldest, b.minTime());
    }
    return oldest;
  }

  /**
   * Chooses the series to query: of metrics that are not too large, or else some of the large ones,
   * as in a store of pods where every metric has a series per pod.
   */
  private List<WarmUpSeries> choose(
      PromqlEngine engine, List<DatabaseStats.Count> counts, long oldest, long end)
      throws InterruptedException {
    List<String> fit = WarmUpMetrics.choose(counts, metric -> changes(engine, metric, end));
    if (!fit.isEmpty()) {
      return fit.stream().map(WarmUpSeries::of).toList();
    }
    List<WarmUpSeries> out = new ArrayList<>();
    for (String metric : WarmUpMetrics.tooLarge(counts)) {
      if (!turns.isActive()) {
        break;
      }
      long start = Math.max(oldest, end - SPAN);
      WarmUpSeries some = turns.timed(() -> WarmUpSeries.some(database, metric, start, end));
      if (some != null) {
        out.add(some);
      }
    }
    return out;
  }

  /**
   * Whether there is time for lookups, which over hundreds of thousands of series would take all of
   * it.
   */
  private boolean isTimeForLookups() throws InterruptedException {
    return turns.isActive() && turns.spent() < time.toNanos() / LOOKUP_SHARE;
  }

  /** Returns the usual queries of a round. */
  private static List<String> usual(int round, List<WarmUpSeries> series) {
    String window = WINDOWS.get((round + round / series.size()) % WINDOWS.size());
    return WarmUpQueries.usual(series.get(round % series.size()), window);
  }

  /** Runs each query over a range and at its end; returns the number of successful queries. */
  private int ask(ApiWarmUp rehearsal, List<String> queries, long start, long end, long apart)
      throws IOException, InterruptedException {
    long step = Math.min(apart, end - start);
    long first = step == STEP ? start / STEP * STEP : start;
    return turns.each(queries, q -> rehearsal.ask(q, first, end, step))
        + turns.each(queries, q -> rehearsal.ask(q, end));
  }

  /**
   * Returns the average number of value changes per series of the metric in the 10 minutes before a
   * time.
   */
  private double changes(PromqlEngine engine, String metric, long time)
      throws InterruptedException {
    if (!turns.isActive()) {
      return 0;
    }
    String query = "avg(changes(%s[10m]))".formatted(metric);
    try {
      QueryResult r =
          turns.timed(() -> engine.instant(database, query, time, QueryOptions.DEFAULT).execute());
      return r.value() instanceof Value.InstantVector v && !v.samples().isEmpty()
          ? v.samples().getFirst().value()
          : 0;
    } catch (QueryException e) {
      LOG.log(Level.DEBUG, "looking at " + metric, e); // too many samples, say: others follow
      return 0;
    }
  }

  @Override
  public void close() {
    turns.end();
    following.complete(List.of());
    Thread t = thread;
    if (t != null) {
      try {
        t.join(WAIT); // for the one query that runs; the store takes care of what runs on
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }
  }
}
