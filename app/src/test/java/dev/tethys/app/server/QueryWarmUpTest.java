package dev.tethys.app.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.model.Labels;
import dev.tethys.model.storage.Appender;
import dev.tethys.store.metrics.DatabaseOptions;
import dev.tethys.store.metrics.MetricsDatabase;
import dev.tethys.web.Routes;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.IntSupplier;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@Tag("slow")
class QueryWarmUpTest {
  private static final Duration TIME = Duration.ofSeconds(10);

  private static final WarmUpSeries ANY = WarmUpSeries.of("");

  /** Each query is asked over a range and at one moment. Its one metric is new once. */
  private static final int ALL =
      QueryWarmUp.MAX_ROUNDS
              * (2 * WarmUpQueries.usual(ANY, "").size() + LookupWarmUp.of(ANY, 0, 0).size())
          + 2;

  private static final WarmUpTurns.Others NOBODY = others(() -> 0, () -> 0);

  @TempDir Path folder;

  private static WarmUpTurns.Others others(LongSupplier asked, IntSupplier waiting) {
    return new WarmUpTurns.Others() {
      @Override
      public long queryCount() {
        return asked.getAsLong();
      }

      @Override
      public int waiting() {
        return waiting.getAsInt();
      }
    };
  }

  private static void fill(MetricsDatabase database) {
    long start = System.currentTimeMillis() - 1_800_000;
    try (Appender a = database.appender()) {
      for (int s = 0; s < 10; s++) {
        long ref =
            a.series(Labels.of("__name__", "seconds_total", "job", "j", "instance", "i" + s));
        for (int t = 0; t < 100; t++) {
          a.append(ref, 0, start + t * 15_000L, t * s);
        }
      }
      a.commit();
    }
  }

  @Test
  void rehearsesEveryQueryAndEnds() throws Exception {
    try (MetricsDatabase database = MetricsDatabase.open(folder, DatabaseOptions.DEFAULTS)) {
      fill(database);
      QueryWarmUp w = new QueryWarmUp(database, TIME, () -> 0, NOBODY);
      assertThat(w.run()).isEqualTo(ALL);
    }
  }

  /** In a store of pods each metric has a series of every pod. */
  @Test
  void warmsUpSomeSeriesIfAllMetricsAreLarge() throws Exception {
    try (MetricsDatabase database = MetricsDatabase.open(folder, DatabaseOptions.DEFAULTS)) {
      long start = System.currentTimeMillis() - 600_000;
      try (Appender a = database.appender()) {
        for (int s = 0; s < 3 * WarmUpMetrics.MAX_SERIES / 2; s++) {
          long ref =
              a.series(
                  Labels.of(
                      "__name__",
                      "pod_seconds_total",
                      "cluster",
                      "c",
                      "node",
                      "say \"" + s % 40 + "\"",
                      "pod",
                      "p" + s));
          for (int t = 0; t < 3; t++) {
            a.append(ref, 0, start + t * 15_000L, t * s);
          }
        }
        a.commit();
      }
      assertThat(WarmUpSeries.some(database, "pod_seconds_total", start, start + 60_000))
          .isEqualTo(new WarmUpSeries("pod_seconds_total", "node=\"say \\\"0\\\"\""));
      assertThat(WarmUpSeries.some(database, "absent", start, start + 60_000)).isNull();
      QueryWarmUp w = new QueryWarmUp(database, TIME, () -> 0, NOBODY);
      assertThat(w.run()).isEqualTo(ALL - 2);
    }
  }

  @Test
  void endsAtItsTimeLimitAndWithItsServer() throws Exception {
    try (MetricsDatabase database = MetricsDatabase.open(folder, DatabaseOptions.DEFAULTS)) {
      fill(database);
      AtomicLong now = new AtomicLong();
      QueryWarmUp slow =
          new QueryWarmUp(database, TIME, () -> now.getAndAdd(TIME.toNanos() / 4), NOBODY);
      assertThat(slow.run()).isBetween(1, 4);
      QueryWarmUp closed = new QueryWarmUp(database, TIME, () -> 0, NOBODY);
      closed.close();
      assertThat(closed.run()).isZero();
    }
  }

  @Test
  void pausesWhileClientsQuery() throws Exception {
    try (MetricsDatabase database = MetricsDatabase.open(folder, DatabaseOptions.DEFAULTS)) {
      fill(database);
      AtomicLong asked = new AtomicLong(1);
      AtomicLong looked = new AtomicLong();
      QueryWarmUp w =
          new QueryWarmUp(
              database,
              TIME,
              () -> 0,
              others(
                  () -> looked.incrementAndGet() <= 5 ? asked.incrementAndGet() : asked.get(),
                  () -> 0));
      assertThat(w.run()).isEqualTo(ALL);
      assertThat(looked.get()).isGreaterThan(5);

      AtomicInteger never = new AtomicInteger();
      waitsUntilItIsClosed(database, never, others(never::incrementAndGet, () -> 0));
    }
  }

  @Test
  void waitsWhileAQueryRuns() throws Exception {
    try (MetricsDatabase database = MetricsDatabase.open(folder, DatabaseOptions.DEFAULTS)) {
      fill(database);
      AtomicInteger looked = new AtomicInteger();
      QueryWarmUp w =
          new QueryWarmUp(
              database,
              TIME,
              () -> 0,
              others(() -> 1, () -> looked.incrementAndGet() <= 5 ? 1 : 0));
      assertThat(w.run()).isEqualTo(ALL);
      assertThat(looked.get()).isGreaterThan(5);

      AtomicInteger never = new AtomicInteger();
      waitsUntilItIsClosed(database, never, others(() -> 1, never::incrementAndGet));
    }
  }

  private static void waitsUntilItIsClosed(
      MetricsDatabase database, AtomicInteger looked, WarmUpTurns.Others others)
      throws InterruptedException {
    QueryWarmUp w = new QueryWarmUp(database, TIME, () -> 0, others);
    Thread.ofVirtual()
        .start(
            () -> {
              while (looked.get() < 4) {
                Thread.onSpinWait();
              }
              w.close();
            });
    assertThat(w.run()).isZero();
  }

  @Test
  void ignoresEmptyAndClosedStores() throws Exception {
    MetricsDatabase database = MetricsDatabase.open(folder, DatabaseOptions.DEFAULTS);
    assertThat(new QueryWarmUp(database, TIME, () -> 0, NOBODY).run()).isZero();
    database.close();
    assertThat(new QueryWarmUp(database, TIME, () -> 0, NOBODY).run()).isZero();
  }

  /** Stores of other signals are opened while queries of metrics are rehearsed already. */
  @Test
  void warmsUpOtherSignalsOnceTheirStoresOpen() throws Exception {
    CountDownLatch asked = new CountDownLatch(1);
    SignalWarmUp<String> other =
        new SignalWarmUp<>("other") {
          @Override
          @Nullable String content() {
            asked.countDown();
            return null;
          }

          @Override
          void addApi(Routes routes) {}

          @Override
          List<String> paths(String content, int round) {
            return List.of();
          }
        };
    try (MetricsDatabase database = MetricsDatabase.open(folder, DatabaseOptions.DEFAULTS)) {
      fill(database);
      try (QueryWarmUp w =
          new QueryWarmUp(database, Duration.ofMillis(1), System::nanoTime, NOBODY)) {
        w.start();
        assertThat(asked.getCount()).isEqualTo(1);
        w.follow(List.of(other));
        assertThat(asked.await(10, TimeUnit.SECONDS)).isTrue();
      }
    }
  }
}
