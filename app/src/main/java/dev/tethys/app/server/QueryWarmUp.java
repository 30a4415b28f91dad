package dev.tethys.app.server;

import dev.tethys.api.Rehearsal;
import dev.tethys.model.storage.StorageException;
import dev.tethys.query.promql.EngineOptions;
import dev.tethys.query.promql.PromqlEngine;
import dev.tethys.query.promql.QueryException;
import dev.tethys.query.promql.RunningQueries;
import dev.tethys.query.promql.parser.PromqlParseException;
import dev.tethys.store.metrics.DatabaseStats;
import dev.tethys.store.metrics.MetricsDatabase;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Rehearses queries over what a store holds right after it was opened, so that dashboards that come
 * back with a restarted server find compiled code. It stands back while somebody asks: two cores
 * that rehearse and compile would make him wait five times as long. Bounded by time, by rounds and
 * by the samples that a query may read; ends with its server.
 */
final class QueryWarmUp implements AutoCloseable {
  /** More than so many rounds compile nothing new. */
  static final int MAX_ROUNDS = 40;

  /** Metrics with more series take too long for what is learnt from them. */
  static final int MAX_SERIES = 2_000;

  /**
   * As much is compiled over so many series as over twenty times as many, in a tenth of the time.
   */
  static final int ENOUGH_SERIES = 100;

  /** Those who waited for the restart come first. */
  private static final Duration HEAD_START = Duration.ofMillis(200);

  /** How long nobody has to have asked before the next query is rehearsed. */
  private static final Duration QUIET = Duration.ofMillis(25);

  /** Queries that never cease have everything compiled by themselves. */
  private static final long MAX_WAITS = Duration.ofMinutes(1).dividedBy(QUIET);

  private static final int METRICS = 3;
  private static final int MAX_METRICS = 2_000;
  private static final Pattern NAME = Pattern.compile("[a-zA-Z_:][a-zA-Z0-9_:]*");
  private static final Duration WAIT = Duration.ofSeconds(1);
  private static final int STEPS = 200;
  private static final long MAX_SAMPLES = 2_000_000;
  private static final long MAX_SPAN = Duration.ofHours(3).toMillis();
  private static final System.Logger LOG = System.getLogger("dev.tethys.query");

  /** Those whose queries come first. */
  interface Others {
    /** How many queries they have asked so far. */
    long asked();

    /** How many of these are not answered yet. */
    int waiting();

    /** Those of an engine. */
    static Others of(RunningQueries queries) {
      return new Others() {
        @Override
        public long asked() {
          return queries.asked();
        }

        @Override
        public int waiting() {
          return queries.size();
        }
      };
    }
  }

  /** The usual ways to look at a metric, which stands for %s. */
  static final List<String> QUERIES =
      List.of(
          "%s",
          "rate(%s[5m])",
          "sum(rate(%s[5m]))",
          "sum by (instance) (rate(%s[5m]))",
          "1 - avg by (instance) (rate(%s[5m]))",
          "topk(5, %s)",
          "%s / %s",
          "avg(%s / %s)",
          "max_over_time(%s[30m])",
          "avg_over_time(%s[10m])",
          "quantile_over_time(0.9, %s[10m])",
          "deriv(%s[15m])",
          "predict_linear(%s[15m], 3600)",
          "increase(%s[10m])",
          "irate(%s[2m])",
          "count(%s)",
          "count by (__name__) ({__name__=~\"%s.*\"})",
          "quantile(0.9, rate(%s[5m]))",
          "stddev by (job) (%s)",
          "max_over_time(sum(rate(%s[5m]))[10m:1m])",
          "changes(%s[30m])",
          "%s > bool 0.5 and %s > 0",
          "%s * on (instance, job) group_left () group by (instance, job) (%s)",
          "label_replace(rate(%s[5m]), \"host\", \"$1\", \"instance\", \"(.*):.*\")",
          "sort_desc(sum by (instance) (rate(%s[5m])))",
          "clamp_max(delta(%s[10m]), 5)",
          "histogram_quantile(0.9, sum by (le) (rate(%s[5m])))",
          "absent(%s)");

  private final MetricsDatabase database;
  private final long nanos;
  private final LongSupplier clock;
  private final Others others;
  private long waits;
  private long quietAt;
  private final CountDownLatch closing = new CountDownLatch(1);
  private @Nullable Thread thread;

  /**
   * Prepares it.
   *
   * @param time for how long at most, waiting not counted
   * @param clock as {@link System#nanoTime}
   * @param others who comes first
   */
  QueryWarmUp(MetricsDatabase database, Duration time, LongSupplier clock, Others others) {
    this.database = database;
    this.nanos = time.toNanos();
    this.clock = clock;
    this.others = others;
  }

  /** Rehearses beside everything else, after a moment. */
  void start() {
    thread =
        Thread.ofPlatform()
            .daemon()
            .name("query-warm-up")
            .priority(Thread.MIN_PRIORITY)
            .start(
                () -> {
                  try {
                    if (!closing.await(HEAD_START.toMillis(), TimeUnit.MILLISECONDS)) {
                      run();
                    }
                  } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                  }
                });
  }

  /** Rehearses; how many queries were answered. */
  int run() throws InterruptedException {
    long spent = 0;
    int answered = 0;
    try (PromqlEngine engine =
        new PromqlEngine(
            EngineOptions.builder()
                .maxSamples(MAX_SAMPLES)
                .timeoutMillis(Math.max(1, nanos / 1_000_000))
                .threads(Math.min(2, Runtime.getRuntime().availableProcessors()))
                .build())) {
      if (!isQuiet()) {
        return 0;
      }
      DatabaseStats stats = database.stats(MAX_METRICS);
      List<String> metrics = metrics(stats.seriesCountByMetricName());
      long end = stats.maxTime();
      long start = Math.max(stats.minTime(), end - MAX_SPAN);
      if (metrics.isEmpty() || start >= end) {
        return 0;
      }
      Rehearsal rehearsal = new Rehearsal(engine, database);
      long step = Math.max(1_000, (end - start) / STEPS);
      for (int round = 0; round < MAX_ROUNDS; round++) {
        for (String query : QUERIES) {
          if (!isQuiet() || spent >= nanos) {
            return answered;
          }
          long began = clock.getAsLong();
          String metric = metrics.get(round % metrics.size());
          if (answer(rehearsal, query.replace("%s", metric), start, end, step)) {
            answered++;
          }
          spent += clock.getAsLong() - began;
        }
      }
      return answered;
    } catch (StorageException e) {
      LOG.log(Level.DEBUG, "queries were not rehearsed", e); // closed meanwhile
      return answered;
    } finally {
      LOG.log(Level.DEBUG, "{0} queries rehearsed in {1} ms", answered, spent / 1_000_000);
    }
  }

  /**
   * What to ask of: metrics with nearly enough series, or else with the fewest.
   *
   * @param counts most series first
   */
  static List<String> metrics(List<DatabaseStats.Count> counts) {
    List<DatabaseStats.Count> plain =
        counts.stream()
            .filter(c -> c.value() <= MAX_SERIES && NAME.matcher(c.name()).matches())
            .toList();
    List<DatabaseStats.Count> few =
        plain.stream().filter(c -> c.value() <= ENOUGH_SERIES).limit(METRICS).toList();
    return (few.isEmpty() ? plain.reversed().stream().limit(METRICS) : few.stream())
        .map(DatabaseStats.Count::name)
        .toList();
  }

  /** Waits until nobody asks; false when the rehearsal is to end. */
  private boolean isQuiet() throws InterruptedException {
    long seen = others.asked();
    while (closing.getCount() > 0 && (seen != quietAt || others.waiting() > 0)) {
      if (waits++ >= MAX_WAITS || closing.await(QUIET.toMillis(), TimeUnit.MILLISECONDS)) {
        return false;
      }
      long now = others.asked();
      if (now == seen && others.waiting() == 0) {
        quietAt = now;
      }
      seen = now;
    }
    return closing.getCount() > 0;
  }

  private static boolean answer(Rehearsal r, String query, long start, long end, long step) {
    try {
      r.answer(query, start, end, step);
      return true;
    } catch (QueryException | PromqlParseException e) {
      LOG.log(Level.DEBUG, "rehearsing " + query, e); // too many samples, say: others follow
      return false;
    }
  }

  @Override
  public void close() {
    closing.countDown();
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
