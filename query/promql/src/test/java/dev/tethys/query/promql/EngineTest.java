package dev.tethys.query.promql;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tethys.model.Labels;
import dev.tethys.model.Matcher;
import dev.tethys.model.access.Scope;
import dev.tethys.model.storage.Appender;
import dev.tethys.model.storage.MetricSource;
import dev.tethys.model.storage.SampleBuffer;
import dev.tethys.model.storage.SelectHints;
import dev.tethys.model.storage.Selection;
import dev.tethys.model.storage.StorageException;
import dev.tethys.query.promql.QueryException.Kind;
import dev.tethys.testkit.MemoryMetricStore;
import dev.tethys.testkit.Waiting;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Limits, cancellation, the queue, statistics, and that threads do not change answers. */
@Tag("slow")
class EngineTest {
  private static final long MINUTE = 60_000;
  private final AtomicLong nanos = new AtomicLong();

  private PromqlEngine engine(EngineOptions.Builder o) {
    return new PromqlEngine(o.build(), () -> Instant.ofEpochSecond(7), nanos::get);
  }

  private static MemoryMetricStore store(int series, int samples) {
    MemoryMetricStore s = new MemoryMetricStore();
    try (Appender a = s.appender()) {
      for (int i = 0; i < series; i++) {
        long ref = a.series(Labels.of("__name__", "m_total", "i", String.format("%03d", i)));
        for (int k = 0; k < samples; k++) {
          a.append(ref, 0, k * MINUTE, k * 0.1 * (i + 1) + Math.sin(i * k));
        }
      }
      a.commit();
    }
    return s;
  }

  private static QueryResult range(PromqlEngine e, MetricSource s, String q) {
    return e.range(s, q, 0, 99 * MINUTE, MINUTE, QueryOptions.DEFAULT).execute();
  }

  private static void fails(Supplier<?> run, Kind kind, String... texts) {
    assertThatThrownBy(run::get)
        .isInstanceOfSatisfying(QueryException.class, x -> assertThat(x.kind()).isEqualTo(kind))
        .hasMessageContainingAll(texts);
  }

  @Test
  void limitsSamplesHeldByAQuery() {
    MemoryMetricStore s = store(10, 100);
    PromqlEngine e = engine(EngineOptions.builder().maxSamples(999));
    fails(
        () -> range(e, s, "m_total"),
        Kind.LIMIT,
        "query processing would load too many samples into memory in query execution");
    assertThat(range(e, s, "sum(m_total)").statistics().peakSamples())
        .as("an aggregation does not hold what it adds up")
        .isLessThan(200);
  }

  @Test
  void rejectsEndlessSubqueriesBeforeAllocation() {
    PromqlEngine e = engine(EngineOptions.builder().maxSamples(1_000_000));
    for (String q : List.of("max_over_time(vector(1)[1y:1s])", "sum_over_time(m_total[10y:1ms])")) {
      fails(
          () -> e.instant(store(1, 1), q, 0, QueryOptions.DEFAULT).execute(),
          Kind.LIMIT,
          "too many samples");
    }
  }

  @Test
  void memoryLimitsNameThemselves() {
    MemoryMetricStore s = store(10, 100);
    PromqlEngine one = engine(EngineOptions.builder().maxBytesPerQuery(5_000));
    fails(() -> range(one, s, "m_total"), Kind.LIMIT, "5000", "query.max-memory-bytes-per-query");
    PromqlEngine all = engine(EngineOptions.builder().maxBytes(5_000));
    fails(() -> range(all, s, "m_total"), Kind.LIMIT, "5000", "query.max-memory-bytes (");
    assertThat(all.memoryUsed()).as("given back after the failure").isZero();
    PromqlEngine enough = engine(EngineOptions.builder().maxBytes(50_000));
    range(enough, s, "m_total");
    assertThat(enough.memoryUsed()).isZero();
  }

  @Test
  void memoryErrorNamesLargestStep() {
    MemoryMetricStore s = store(10, 100);
    PromqlEngine one = engine(EngineOptions.builder().maxBytesPerQuery(12_000));
    fails(
        () -> range(one, s, "m_total * on () group_left vector(1)"),
        Kind.LIMIT,
        "more than the 12000 of query.max-memory-bytes-per-query (most of it, ",
        " bytes, for InstantSelect m_total): ask for fewer series or steps");
    PromqlEngine less = engine(EngineOptions.builder().maxBytesPerQuery(5_000));
    fails(
        () -> range(less, s, "clamp_min(-rate(m_total[5m]), 0)"),
        Kind.LIMIT,
        " bytes, for SeriesFunction clamp_min(-rate(m_total[5m]), 0))");
    PromqlEngine all = engine(EngineOptions.builder().maxBytes(16_000).ruleBytes(4_000));
    fails(
        () -> range(all, s, "m_total * on () group_left vector(1)"),
        Kind.LIMIT,
        "12000 of query.max-memory-bytes without the 4000 of query.max-memory-bytes-rules (most");
  }

  @Test
  void resultIsAccountedForUntilClosed() {
    MemoryMetricStore s = store(10, 100);
    PromqlEngine e = engine(EngineOptions.builder());
    Query q = e.range(s, "m_total", 0, 99 * MINUTE, MINUTE, QueryOptions.DEFAULT);
    q.executeHeld();
    assertThat(e.memoryUsed()).isGreaterThan(10 * 100 * 8);
    assertThat(e.running().size()).as("its place is free").isZero();
    q.close();
    q.close();
    assertThat(e.memoryUsed()).isZero();
  }

  /** A source that lets a test act in the middle of a query. */
  private record Interrupted(MetricSource inner, Runnable onRead) implements MetricSource {
    @Override
    public Selection select(SelectHints hints, List<Matcher> matchers) {
      Selection s = inner.select(hints, matchers);
      return new Selection() {
        @Override
        public int size() {
          return s.size();
        }

        @Override
        public Labels labels(int i) {
          return s.labels(i);
        }

        @Override
        public void read(int i, SampleBuffer into) {
          onRead.run();
          s.read(i, into);
        }

        @Override
        public List<String> warnings() {
          return List.of("a part is missing");
        }

        @Override
        public void close() {
          s.close();
        }
      };
    }

    @Override
    public LabelResult labelNames(long a, long b, List<Matcher> m, int limit) {
      return inner.labelNames(a, b, m, limit);
    }

    @Override
    public LabelResult labelValues(String n, long a, long b, List<Matcher> m, int limit) {
      return inner.labelValues(n, a, b, m, limit);
    }

    @Override
    public List<Labels> series(long a, long b, List<List<Matcher>> m, int limit) {
      return inner.series(a, b, m, limit);
    }

    @Override
    public List<SeriesExemplars> exemplars(long a, long b, List<List<Matcher>> m) {
      return inner.exemplars(a, b, m);
    }
  }

  @Test
  void queryStopsAtItsDeadline() {
    PromqlEngine e = engine(EngineOptions.builder().timeoutMillis(1000));
    MetricSource slow = new Interrupted(store(10, 10), () -> nanos.addAndGet(300_000_000));
    fails(
        () -> range(e, slow, "m_total"), Kind.TIMEOUT, "query timed out in expression evaluation");
    assertThat(e.running().list(Scope.DEFAULT)).isEmpty();
    fails(
        () -> e.instant(slow, "m_total", MINUTE, new QueryOptions(0, 400, false)).execute(),
        Kind.TIMEOUT,
        "timed out");
  }

  @Test
  void cancelsRunningQueryByNumber() {
    PromqlEngine e = engine(EngineOptions.builder());
    List<RunningQueries.Entry> seen = new ArrayList<>();
    MetricSource s =
        new Interrupted(
            store(10, 10),
            () -> {
              seen.addAll(e.running().list(Scope.DEFAULT));
              e.running().cancel(Scope.DEFAULT, seen.getFirst().id());
            });
    fails(
        () -> range(e, s, "sum(m_total)"),
        Kind.CANCELED,
        "query was canceled in expression evaluation");
    assertThat(seen.getFirst().text()).isEqualTo("sum(m_total)");
    assertThat(seen.getFirst().waiting()).isFalse();
    assertThat(seen.getFirst().since()).isEqualTo(Instant.ofEpochSecond(7));
    assertThat(seen).as("it stops after the series it was at").hasSize(1);
    assertThat(e.running().cancel(Scope.DEFAULT, 12345)).isFalse();
  }

  @Test
  void excessQueriesWaitAndCanBeCancelled() throws Exception {
    PromqlEngine e = engine(EngineOptions.builder().maxConcurrent(1).threads(1));
    CountDownLatch reading = new CountDownLatch(1);
    CountDownLatch go = new CountDownLatch(1);
    MetricSource s =
        new Interrupted(
            store(1, 10),
            () -> {
              reading.countDown();
              try {
                go.await();
              } catch (InterruptedException x) {
                throw new IllegalStateException(x);
              }
            });
    Thread first = Thread.ofVirtual().start(() -> range(e, s, "m_total"));
    reading.await();
    AtomicReference<@Nullable Throwable> failure = new AtomicReference<>();
    Query second = e.range(s, "m_total + 1", 0, MINUTE, MINUTE, QueryOptions.DEFAULT);
    Thread waiting =
        Thread.ofVirtual()
            .start(
                () -> {
                  try {
                    second.execute();
                  } catch (QueryException x) {
                    failure.set(x);
                  }
                });
    while (e.running().list(Scope.DEFAULT).size() < 2) {
      Waiting.pause();
    }
    assertThat(e.running().list(Scope.DEFAULT).get(1).waiting()).isTrue();
    second.cancel();
    waiting.join();
    assertThat(Objects.requireNonNull(failure.get()))
        .hasMessage("query was canceled in query queue");
    Query third = e.instant(s, "m_total", MINUTE, new QueryOptions(0, 1, false));
    AtomicReference<@Nullable Throwable> late = new AtomicReference<>();
    Thread queued =
        Thread.ofVirtual()
            .start(
                () -> {
                  try {
                    third.execute();
                  } catch (QueryException x) {
                    late.set(x);
                  }
                });
    while (e.running().list(Scope.DEFAULT).size() < 2) {
      Waiting.pause();
    }
    nanos.addAndGet(2_000_000);
    queued.join();
    assertThat(Objects.requireNonNull(late.get())).hasMessageContaining("timed out in query queue");
    go.countDown();
    first.join();
    assertThat(e.running().list(Scope.DEFAULT)).isEmpty();
  }

  private static QueryOptions by(String user, QueryPriority priority) {
    return new QueryOptions(
        0, 0, false, new QueryOrigin(user, "", "", "", priority, Scope.DEFAULT));
  }

  @Test
  void floodOfOneUserDoesNotStarveAnother() throws Exception {
    PromqlEngine e = engine(EngineOptions.builder().maxConcurrent(1).threads(1));
    CountDownLatch go = new CountDownLatch(1);
    List<String> order = Collections.synchronizedList(new ArrayList<>());
    List<Thread> threads = new ArrayList<>();
    for (int i = 0; i < 21; i++) {
      String user = i < 20 ? "flood" : "quiet";
      MetricSource s =
          new Interrupted(
              store(1, 1),
              () -> {
                order.add(user);
                await(go);
              });
      Query q = e.instant(s, "m_total", 0, by(user, QueryPriority.INTERACTIVE));
      threads.add(Thread.ofVirtual().start(q::execute));
      int n = i + 1;
      while (e.running().size() < n) {
        Waiting.pause();
      }
    }
    go.countDown();
    for (Thread t : threads) {
      t.join();
    }
    assertThat(order).hasSize(21);
    assertThat(order.indexOf("quiet")).as("after one turn of the flood at most").isLessThan(3);
  }

  private static void await(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException x) {
      throw new IllegalStateException(x);
    }
  }

  @Test
  void reservesSlotsForRules() throws Exception {
    PromqlEngine e = engine(EngineOptions.builder().maxConcurrent(1).ruleConcurrent(1).threads(1));
    CountDownLatch reading = new CountDownLatch(1);
    CountDownLatch go = new CountDownLatch(1);
    MetricSource s =
        new Interrupted(
            store(1, 1),
            () -> {
              reading.countDown();
              await(go);
            });
    Thread slow =
        Thread.ofVirtual()
            .start(e.instant(s, "m_total", 0, by("ann", QueryPriority.INTERACTIVE))::execute);
    reading.await();
    e.instant(store(1, 1), "m_total", 0, by("", QueryPriority.RULE)).execute();
    assertThat(e.running().size()).as("the question still runs").isOne();
    go.countDown();
    slow.join();
  }

  @Test
  void rejectsQueryThatWaitsTooLongInFullQueue() throws Exception {
    PromqlEngine e = engine(EngineOptions.builder().maxConcurrent(1).maxQueued(1).threads(1));
    CountDownLatch reading = new CountDownLatch(1);
    CountDownLatch go = new CountDownLatch(1);
    MetricSource s =
        new Interrupted(
            store(1, 1),
            () -> {
              reading.countDown();
              await(go);
            });
    Thread first =
        Thread.ofVirtual().start(e.instant(s, "m_total", 0, QueryOptions.DEFAULT)::execute);
    reading.await();
    Thread second =
        Thread.ofVirtual().start(e.instant(s, "m_total", 0, QueryOptions.DEFAULT)::execute);
    while (e.running().size() < 2) {
      Waiting.pause();
    }
    fails(
        () -> e.instant(s, "m_total", 0, QueryOptions.DEFAULT).execute(),
        Kind.OVERLOAD,
        "query.max-queued",
        "query.max-concurrency");
    go.countDown();
    first.join();
    second.join();
  }

  @Test
  void startsQueryOnlyWhenMemoryIsAvailable() throws Exception {
    PromqlEngine e = engine(EngineOptions.builder().maxBytes(80_000).threads(1));
    Query large = e.range(store(30, 100), "m_total", 0, 99 * MINUTE, MINUTE, QueryOptions.DEFAULT);
    large.executeHeld();
    assertThat(e.memoryUsed()).as("more than a quarter").isGreaterThan(20_000);
    CountDownLatch reading = new CountDownLatch(1);
    CountDownLatch go = new CountDownLatch(1);
    MetricSource slow =
        new Interrupted(
            store(1, 1),
            () -> {
              reading.countDown();
              await(go);
            });
    Thread first =
        Thread.ofVirtual().start(e.instant(slow, "m_total", 0, QueryOptions.DEFAULT)::execute);
    reading.await(); // one query runs even when all memory is held
    Thread second =
        Thread.ofVirtual()
            .start(e.instant(store(1, 1), "m_total", 0, QueryOptions.DEFAULT)::execute);
    while (e.running().size() < 2) {
      Waiting.pause();
    }
    assertThat(e.running().list(Scope.DEFAULT).getLast().waiting()).isTrue();
    large.close();
    second.join();
    assertThat(e.running().size()).as("the first still reads").isOne();
    go.countDown();
    first.join();
  }

  @Test
  void limitsConcurrentQueries() throws Exception {
    int cores = Runtime.getRuntime().availableProcessors();
    int most = Math.max(4, 2 * cores);
    PromqlEngine e = engine(EngineOptions.builder().maxConcurrent(100).threads(1));
    CountDownLatch reading = new CountDownLatch(most);
    CountDownLatch all = new CountDownLatch(most + 1);
    CountDownLatch go = new CountDownLatch(1);
    MetricSource slow =
        new Interrupted(
            store(1, 1),
            () -> {
              reading.countDown();
              all.countDown();
              await(go);
            });
    List<Thread> threads = new ArrayList<>();
    for (int i = 0; i <= most; i++) {
      threads.add(
          Thread.ofVirtual().start(e.instant(slow, "m_total", 0, QueryOptions.DEFAULT)::execute));
    }
    reading.await();
    while (e.running().size() <= most) {
      Waiting.pause();
    }
    assertThat(e.running().list(Scope.DEFAULT))
        .filteredOn(RunningQueries.Entry::waiting)
        .hasSize(1);
    nanos.addAndGet(2_100_000_000L); // they wait for their store
    all.await();
    go.countDown();
    for (Thread t : threads) {
      t.join();
    }
  }

  @Test
  void reportsFailuresOfTheStore() {
    PromqlEngine e = engine(EngineOptions.builder());
    MetricSource broken =
        new Interrupted(
            store(1, 10),
            () -> {
              throw new StorageException(StorageException.Reason.CORRUPT, "block 7 is damaged");
            });
    fails(() -> range(e, broken, "m_total"), Kind.STORAGE, "expanding series: block 7 is damaged");
    assertThat(range(e, new Interrupted(store(1, 9), () -> {}), "m_total").warnings())
        .containsExactly("a part is missing");
  }

  @Test
  void rejectsWrongResultTypeOfTree() {
    PromqlEngine e = engine(EngineOptions.builder());
    MemoryMetricStore s = store(1, 1);
    fails(
        () -> e.range(s, "m_total[5m]", 0, 1, 1, QueryOptions.DEFAULT),
        Kind.BAD_DATA,
        "invalid expression type \"range vector\" for range query, must be Scalar or instant"
            + " Vector");
    fails(() -> e.range(s, "m_total", 0, 1, 0, QueryOptions.DEFAULT), Kind.BAD_DATA, "step");
    fails(() -> e.range(s, "m_total", 2, 1, 1, QueryOptions.DEFAULT), Kind.BAD_DATA, "end");
  }

  @Test
  void threadsDoNotChangeAnswers() {
    MemoryMetricStore s = store(300, 100);
    PromqlEngine one = engine(EngineOptions.builder().threads(1));
    PromqlEngine many = engine(EngineOptions.builder().threads(7));
    for (String q :
        List.of(
            "m_total",
            "rate(m_total[5m])",
            "sum(rate(m_total[5m]))",
            "avg without (i) (m_total)",
            "stddev(m_total)",
            "topk(3, m_total)",
            "quantile(0.3, m_total)",
            "sum by (i) (m_total) / on (i) m_total",
            "count(m_total > 3)")) {
      Value.Matrix a = (Value.Matrix) range(one, s, q).value();
      Value.Matrix b = (Value.Matrix) range(many, s, q).value();
      assertThat(b.series()).as(q).hasSameSizeAs(a.series());
      for (int i = 0; i < a.series().size(); i++) {
        Value.Series x = a.series().get(i);
        Value.Series y = b.series().get(i);
        assertThat(y.labels()).isEqualTo(x.labels());
        assertThat(y.size()).isEqualTo(x.size());
        for (int k = 0; k < x.size(); k++) {
          assertThat(Double.doubleToRawLongBits(y.values()[k]))
              .as("%s %s at %d", q, x.labels(), k)
              .isEqualTo(Double.doubleToRawLongBits(x.values()[k]));
        }
      }
    }
  }

  @Test
  void errorOnAnotherThreadFailsTheQuery() {
    AtomicLong reads = new AtomicLong();
    MetricSource broken =
        new Interrupted(
            store(300, 100),
            () -> {
              if (reads.incrementAndGet() == 200) {
                throw new StorageException(StorageException.Reason.UNAVAILABLE, "gone");
              }
            });
    PromqlEngine e = engine(EngineOptions.builder().threads(4));
    fails(() -> range(e, broken, "m_total"), Kind.STORAGE, "gone");
    assertThat(e.memoryUsed()).isZero();
  }

  @Test
  void absentReadsOnlyRequiredSamples() {
    MemoryMetricStore s = store(50, 100);
    PromqlEngine e = engine(EngineOptions.builder());
    for (String one :
        List.of(
            "m_total",
            "abs(m_total)",
            "-m_total",
            "clamp_min(last_over_time(m_total[1m]), 1)",
            "count_over_time(m_total[1m])")) {
      assertThat(range(e, s, "absent(" + one + ")").statistics().totalSamples())
          .as(one)
          .isEqualTo(100);
    }
    assertThat(range(e, s, "absent_over_time(m_total[1m])").statistics().totalSamples())
        .isEqualTo(100);
    assertThat(range(e, s, "absent(m_total > bool 1)").statistics().totalSamples())
        .as("a histogram among them would be remarked on")
        .isEqualTo(5000);
  }

  /** Without their names they have the same labels, which is no error: all become one series. */
  @Test
  void absenceOfSeveralMetricsOverTime() {
    MemoryMetricStore s = new MemoryMetricStore();
    try (Appender a = s.appender()) {
      a.append(a.series(Labels.of("__name__", "a")), 0, 10 * MINUTE, 1);
      a.append(a.series(Labels.of("__name__", "b")), 0, 20 * MINUTE, 1);
      a.commit();
    }
    PromqlEngine e = engine(EngineOptions.builder());
    String q = "absent_over_time({__name__=~\"a|b\"}[5m])";
    QueryResult there = e.instant(s, q, 20 * MINUTE, QueryOptions.DEFAULT).execute();
    assertThat(((Value.InstantVector) there.value()).samples()).isEmpty();
    Value.Matrix m =
        (Value.Matrix)
            e.range(s, q, 9 * MINUTE, 21 * MINUTE, 6 * MINUTE, QueryOptions.DEFAULT)
                .execute()
                .value();
    assertThat(m.series()).hasSize(1);
    assertThat(m.series().getFirst().timestamps()).startsWith(9 * MINUTE, 15 * MINUTE);
    fails(
        () -> range(e, s, "present_over_time({__name__=~\"a|b\"}[2h])"),
        Kind.EXECUTION,
        "vector cannot contain metrics with the same labelset");
  }

  @Test
  void countsSamplesLikePrometheus() {
    MemoryMetricStore s = store(2, 100);
    PromqlEngine e = engine(EngineOptions.builder().perStepStatistics(true));
    QueryOptions perStep = new QueryOptions(0, 0, true);
    QueryStatistics r =
        e.range(s, "sum(rate(m_total[3m]))", 10 * MINUTE, 13 * MINUTE, MINUTE, perStep)
            .execute()
            .statistics();
    assertThat(r.totalSamples()).as("2 series x 4 steps x 3 samples").isEqualTo(24);
    assertThat(r.samplesRead()).as("windows overlap").isEqualTo(12);
    assertThat(r.totalPerStep()).containsExactly(6, 6, 6, 6);
    assertThat(r.readPerStep()).containsExactly(6, 2, 2, 2);
    QueryStatistics sub =
        e.instant(s, "max_over_time(m_total[5m:1m])", 20 * MINUTE, perStep).execute().statistics();
    assertThat(sub.totalSamples()).isEqualTo(10);
    assertThat(sub.samplesRead()).isEqualTo(10);
    QueryStatistics fixed =
        e.range(s, "m_total @ 600", 10 * MINUTE, 13 * MINUTE, MINUTE, perStep)
            .execute()
            .statistics();
    assertThat(fixed.totalSamples()).isEqualTo(8);
    assertThat(fixed.samplesRead()).isEqualTo(2);
  }

  @Test
  void computesEqualSubtreesOnce() {
    AtomicLong reads = new AtomicLong();
    MetricSource s = new Interrupted(store(5, 100), reads::incrementAndGet);
    PromqlEngine e = engine(EngineOptions.builder());
    range(e, s, "rate(m_total[5m]) / (rate(m_total[5m]) + rate(m_total[5m])) > 0");
    assertThat(reads.get()).isEqualTo(5);
    range(e, s, "rate(m_total[5m]) + rate(m_total[6m])");
    assertThat(reads.get()).isEqualTo(15);
  }

  @Test
  void annotationsHaveTheirLastPosition() {
    MemoryMetricStore s = new MemoryMetricStore();
    try (Appender a = s.appender()) {
      long ref = a.series(Labels.of("__name__", "gauge"));
      a.append(ref, 0, 0, 1);
      a.append(ref, 0, MINUTE, 2);
      a.commit();
    }
    PromqlEngine e = engine(EngineOptions.builder());
    assertThat(
            e.instant(s, "rate(gauge[5m]) +\n  rate(gauge[5m])", MINUTE, QueryOptions.DEFAULT)
                .execute()
                .infos())
        .containsExactly(
            "PromQL info: metric might not be a counter, name does not end in"
                + " _total/_sum/_count/_bucket: \"gauge\" (2:8)");
  }

  @Test
  void metricsCarryPrometheussNames() {
    PromqlEngine e = engine(EngineOptions.builder().maxConcurrent(3));
    range(e, store(2, 10), "m_total");
    List<String> names = new ArrayList<>();
    e.metrics().collect(f -> names.add(f.name()));
    assertThat(names)
        .contains(
            "prometheus_engine_queries",
            "prometheus_engine_queries_concurrent_max",
            "prometheus_engine_query_duration_seconds",
            "prometheus_engine_query_samples_total");
  }
}
