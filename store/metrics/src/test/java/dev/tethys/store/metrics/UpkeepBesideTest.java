package dev.tethys.store.metrics;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.model.Labels;
import dev.tethys.model.Matcher;
import dev.tethys.model.storage.Appender;
import dev.tethys.model.storage.SampleBuffer;
import dev.tethys.model.storage.SelectHints;
import dev.tethys.model.storage.Selection;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BrokenBarrierException;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicIntegerArray;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Flush, compaction, checkpoint and the leaving of series beside writers and readers: at no moment
 * is a committed sample missing, twice, or another's.
 */
class UpkeepBesideTest {
  private static final long T0 = 1_699_999_200_000L;
  private static final int WRITERS = 2;
  private static final int SERIES = 100;
  private static final int STEPS = 1500;

  @TempDir Path folder;

  @Test
  void nothingIsMissingAtAnyTime() throws Exception {
    DatabaseOptions o =
        DatabaseOptions.DEFAULTS
            .withBackground(false)
            .withRetention(Duration.ofDays(1000), 0)
            .withBlockDuration(Duration.ofMinutes(10))
            .withLog(DatabaseOptions.Fsync.EACH_SECOND, 1 << 16, 1 << 17);
    AtomicIntegerArray done = new AtomicIntegerArray(WRITERS); // steps committed
    AtomicBoolean stop = new AtomicBoolean();
    ExecutorService pool = Executors.newFixedThreadPool(WRITERS + 2);
    try (MetricsDatabase db = MetricsDatabase.open(folder, o)) {
      List<Future<?>> writers = new ArrayList<>();
      for (int w = 0; w < WRITERS; w++) {
        int writer = w;
        writers.add(pool.submit(() -> write(db, writer, done)));
      }
      Future<?> upkeep =
          pool.submit(
              () -> {
                while (!stop.get()) {
                  db.maintain();
                }
              });
      Future<?> reader =
          pool.submit(
              () -> {
                while (!stop.get()) {
                  read(db, done);
                }
              });
      for (Future<?> f : writers) {
        f.get(120, TimeUnit.SECONDS);
      }
      stop.set(true);
      upkeep.get(60, TimeUnit.SECONDS);
      reader.get(60, TimeUnit.SECONDS);
      read(db, done);
      assertThat(db.blockList()).isNotEmpty();
    } finally {
      stop.set(true);
      pool.shutdownNow();
    }
    try (MetricsDatabase db = MetricsDatabase.open(folder, o)) {
      read(db, done);
    }
  }

  private final CyclicBarrier together = new CyclicBarrier(WRITERS);

  private void write(MetricsDatabase db, int writer, AtomicIntegerArray done) {
    for (int step = 0; step < STEPS; step++) {
      try (Appender a = db.appender()) {
        for (int i = 0; i < SERIES; i++) {
          Labels l = Labels.of("__name__", "m", "w", "" + writer, "i", "" + i);
          assertThat(a.append(a.series(l), 0, T0 + step * 4000L, step * 2.5 + i))
              .isEqualTo(Appender.Outcome.OK);
        }
        // A series that lives for one step. It may leave before it has its sample: then it is asked
        // for again, as every writer does.
        Labels l = Labels.of("__name__", "short", "w", "" + writer, "step", "" + step);
        Appender.Outcome o;
        do {
          o = a.append(a.series(l), 0, T0 + step * 4000L, step);
        } while (o == Appender.Outcome.UNKNOWN_SERIES);
        assertThat(o).isEqualTo(Appender.Outcome.OK);
        a.commit();
      }
      done.set(writer, step + 1);
      if (step % 20 == 0) {
        // Who falls half a block range behind the other would be out of bounds, as in Prometheus.
        try {
          together.await(60, TimeUnit.SECONDS);
        } catch (InterruptedException | BrokenBarrierException | TimeoutException e) {
          throw new IllegalStateException(e);
        }
      }
    }
  }

  private static void read(MetricsDatabase db, AtomicIntegerArray done) {
    SampleBuffer b = new SampleBuffer();
    for (int w = 0; w < WRITERS; w++) {
      int atLeast = done.get(w);
      try (Selection s =
          db.select(SelectHints.range(0, Long.MAX_VALUE), List.of(Matcher.equal("w", "" + w)))) {
        int shorts = 0;
        int all = -1;
        for (int i = 0; i < s.size(); i++) {
          s.read(i, b);
          if (s.labels(i).metricName().equals("short")) {
            shorts++;
            assertThat(b.size).isEqualTo(1);
            assertThat(b.values[0]).isEqualTo(Double.parseDouble(s.labels(i).get("step")));
            continue;
          }
          int number = Integer.parseInt(s.labels(i).get("i"));
          all = all < 0 ? b.size : all;
          assertThat(b.size).isEqualTo(all).isGreaterThanOrEqualTo(atLeast);
          for (int k = 0; k < b.size; k++) {
            if (b.timestamps[k] != T0 + k * 4000L || b.values[k] != k * 2.5 + number) {
              throw new AssertionError("step " + k + " of series " + number);
            }
          }
        }
        assertThat(shorts).isGreaterThanOrEqualTo(atLeast);
      }
    }
  }
}
