package dev.tethys.query.promql.exec;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tethys.model.Labels;
import dev.tethys.model.guard.MemoryShare;
import dev.tethys.model.storage.MetricSource;
import dev.tethys.query.promql.QueryException;
import dev.tethys.testkit.Waiting;
import java.lang.reflect.Proxy;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.IntConsumer;
import java.util.function.LongSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Series that are computed on several threads and passed on in their order. */
@Timeout(60)
class OrderedSeriesTest {
  private static final Grid GRID = new Grid(0, 1000, 100);
  private static final MetricSource NOTHING =
      (MetricSource)
          Proxy.newProxyInstance(
              MetricSource.class.getClassLoader(),
              new Class<?>[] {MetricSource.class},
              (proxy, method, arguments) -> {
                throw new AssertionError("nothing is selected");
              });
  private final ExecutorService pool = Executors.newFixedThreadPool(4);

  @AfterEach
  void stop() {
    pool.shutdownNow();
  }

  private static Execution execution(Executor pool, int threads, LongSupplier nanoTime) {
    return new Execution(
        NOTHING,
        new Execution.Limits(1_000_000, 0, 1_000, 300_000, 0, false),
        new Execution.Features(false, false, false),
        new QueryMemoryBudget(MemoryShare.unlimited(), MemoryShare.unlimited(), 0),
        pool,
        threads,
        nanoTime,
        Execution.counter(GRID, false),
        null);
  }

  /** So many series that are worth several threads; each gives its number at the first step. */
  private static SeriesStream stream(int size, IntConsumer whenComputed) {
    return new SeriesStream() {
      @Override
      public int size() {
        return size;
      }

      @Override
      public Labels labels(int series) {
        return Labels.EMPTY;
      }

      @Override
      public boolean dropName(int series) {
        return false;
      }

      @Override
      public long cost(Grid grid) {
        return Streams.PARALLEL_COST;
      }

      @Override
      public void evaluate(int series, Workspace workspace, SeriesTarget target) {
        assertThat(target.isEmpty()).as("a target comes cleared").isTrue();
        target.values[0] = series;
        whenComputed.accept(series);
      }
    };
  }

  private static void pause(long nanos) {
    long end = System.nanoTime() + nanos;
    while (System.nanoTime() < end) {
      Thread.onSpinWait();
    }
  }

  @Test
  void returnsSeriesInOrderRegardlessOfDuration() {
    SplittableRandom random = new SplittableRandom(5);
    for (int round = 0; round < 60; round++) {
      int size = random.nextInt(700);
      int threads = 1 + random.nextInt(4);
      int slowest = random.nextInt(40_000);
      try (Execution x = execution(pool, threads, () -> 0)) {
        List<Integer> got = new ArrayList<>();
        OrderedSeries.forEach(
            x,
            GRID,
            stream(size, i -> pause(ThreadLocalRandom.current().nextInt(slowest + 1))),
            (i, values) -> {
              assertThat(values.values[0]).isEqualTo(i);
              got.add(i);
            });
        assertThat(got).hasSize(size).isSorted();
        assertThat(x.heldBytes()).as("what was held is given back").isZero();
      }
    }
  }

  @Test
  void waitsForSlowestThreadWithoutLoss() throws InterruptedException {
    CountDownLatch others = new CountDownLatch(3 * 8 * 16);
    AtomicBoolean held = new AtomicBoolean();
    try (Execution x = execution(pool, 3, () -> 0)) {
      List<Integer> got = new ArrayList<>();
      OrderedSeries.forEach(
          x,
          GRID,
          stream(
              1000,
              i -> {
                others.countDown();
                if (i == 0) {
                  held.set(true);
                  awaitFullRing(others); // until the ring is full, but for what this thread has
                }
              }),
          (i, values) -> got.add(i));
      assertThat(held).isTrue();
      assertThat(got).hasSize(1000).isSorted();
    }
  }

  private static void awaitFullRing(CountDownLatch some) {
    while (some.getCount() > 15) {
      Waiting.pause();
    }
  }

  @Test
  void firstErrorStopsAll() {
    for (int at : new int[] {0, 17, 333, 998}) {
      for (boolean taking : new boolean[] {true, false}) {
        try (Execution x = execution(pool, 4, () -> 0)) {
          assertThatThrownBy(
                  () ->
                      OrderedSeries.forEach(
                          x,
                          GRID,
                          stream(999, i -> fail(!taking && i == at)),
                          (i, values) -> fail(taking && i == at)))
              .isInstanceOf(IllegalStateException.class)
              .hasMessage("as told");
        }
      }
    }
  }

  private static void fail(boolean now) {
    if (now) {
      throw new IllegalStateException("as told");
    }
  }

  @Test
  void timeoutStopsWaitingThreads() {
    AtomicLong now = new AtomicLong();
    try (Execution x = execution(pool, 2, now::get)) {
      assertThatThrownBy(
              () ->
                  OrderedSeries.forEach(
                      x,
                      GRID,
                      stream(
                          500,
                          i -> {
                            if (i == 0) {
                              pause(30_000_000); // the other is a ring ahead
                              now.set(5_000);
                            }
                          }),
                      (i, values) -> {}))
          .isInstanceOf(QueryException.class)
          .hasMessageContaining("timed out");
    }
  }

  @Test
  void doesNotWaitForLateHelpers() {
    List<Runnable> late = new ArrayList<>();
    try (Execution x = execution(late::add, 4, () -> 0)) {
      List<Integer> got = new ArrayList<>();
      OrderedSeries.forEach(x, GRID, stream(300, i -> {}), (i, values) -> got.add(i));
      assertThat(got).hasSize(300);
      assertThat(late).hasSize(3);
      late.forEach(Runnable::run);
      assertThat(got).as("there was nothing left for them").hasSize(300).isSorted();
    }
  }
}
