package dev.tethys.store.metrics;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.model.Labels;
import dev.tethys.model.Samples;
import dev.tethys.model.storage.Appender;
import dev.tethys.model.storage.Appender.Outcome;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A tenth of all series is replaced each ten minutes, for hours: what the store takes stops growing
 * after the first hours.
 */
@Tag("slow")
class SteadyChurnTest {
  private static final long T0 = 1_699_999_200_000L;
  private static final int ACTIVE = 4000;
  private static final int HOURS = 16;
  private static final int STEP_SECONDS = 120;

  @TempDir Path folder;

  /** The largest value of a period that is checked. */
  private static final class Most {
    long series;
    long seriesBytes;
    long memory;
    long log;

    void note(MetricsDatabase db) {
      StorageStatus s = db.status();
      series = Math.max(series, s.head().series());
      seriesBytes = Math.max(seriesBytes, s.memory().owners().getFirst().value());
      memory = Math.max(memory, s.memory().used());
      log = Math.max(log, s.logBytes());
    }
  }

  @Test
  void memoryAndLogStopGrowing() {
    AtomicLong now = new AtomicLong(T0);
    DatabaseOptions o =
        DatabaseOptions.DEFAULTS
            .withBackground(false)
            .withRetention(Duration.ofHours(6), 0)
            .withClock(() -> Instant.ofEpochMilli(now.get()))
            .withLog(DatabaseOptions.Fsync.EACH_SECOND, 1 << 20, 4 << 20);
    int[] generation = new int[ACTIVE];
    long[] references = new long[ACTIVE];
    Most early = new Most();
    Most late = new Most();
    long created = ACTIVE;
    MetricsDatabase db = MetricsDatabase.open(folder, o);
    for (int step = 0; step < HOURS * 3600 / STEP_SECONDS; step++) {
      now.set(T0 + step * STEP_SECONDS * 1000L);
      long t = now.get();
      try (Appender a = db.appender()) {
        if (step > 0 && step % (600 / STEP_SECONDS) == 0) {
          for (int i = 0; i < ACTIVE / 10; i++) {
            int k = (int) (created++ % ACTIVE);
            a.append(references[k], 0, t, Samples.STALE);
            generation[k]++;
            references[k] = 0;
          }
        }
        for (int i = 0; i < ACTIVE; i++) {
          if (references[i] == 0
              || a.append(references[i], 0, t, i * 0.7 + step) == Outcome.UNKNOWN_SERIES) {
            references[i] = a.series(labels(i, generation[i]));
            assertThat(a.append(references[i], 0, t, i * 0.7 + step)).isEqualTo(Outcome.OK);
          }
        }
        a.commit();
      }
      db.maintain();
      long hour = (t - T0) / 3_600_000;
      (hour >= 3 && hour < 8 ? early : hour >= 11 ? late : new Most()).note(db);
      if (step == 500) {
        db.close();
        db = MetricsDatabase.open(folder, o);
        java.util.Arrays.fill(references, 0);
      }
    }
    // Quiet series wait for a fifth of all to be quiet, and for the cut to pass them.
    assertThat(late.series).isLessThan(ACTIVE * 14 / 10);
    assertThat(late.series).isLessThanOrEqualTo(early.series + ACTIVE / 10);
    assertThat(late.seriesBytes).isLessThan(early.seriesBytes * 5 / 4);
    assertThat(late.memory).isLessThan(early.memory * 5 / 4);
    assertThat(late.log).isLessThan(early.log * 5 / 4);
    assertThat(db.status().churn().created()).isBetween(5L * ACTIVE / 10, 7L * ACTIVE / 10);
    db.close();
  }

  private static Labels labels(int i, int generation) {
    return Labels.of(
        "__name__",
        "m" + i % 50,
        "job",
        "churn",
        "pod",
        "pod-" + i % 200 + "-" + generation,
        "i",
        "" + i);
  }
}
