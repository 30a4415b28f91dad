package dev.tethys.store.metrics;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.model.Labels;
import dev.tethys.model.Matcher;
import dev.tethys.model.storage.Appender;
import dev.tethys.model.storage.Appender.Outcome;
import dev.tethys.model.storage.SampleBuffer;
import dev.tethys.model.storage.SelectHints;
import dev.tethys.model.storage.Selection;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Two samples of one series at one time: the second is refused while the first is in memory, and
 * where the first is in a block already, the first stays, wherever the second is.
 */
class LateDuplicateTest {
  private static final long T0 = 1_699_999_200_000L;
  private static final long MINUTE = 60_000;
  private static final Labels L = Labels.of("__name__", "m");
  private static final Labels CLOCK = Labels.of("__name__", "clock");
  private static final DatabaseOptions OPTIONS =
      DatabaseOptions.DEFAULTS
          .withBackground(false)
          .withRetention(Duration.ofDays(1000), 0)
          .withBlockDuration(Duration.ofMinutes(10))
          .withOutOfOrderWindow(DatabaseOptions.ANY_AGE);

  @TempDir Path folder;

  private static Outcome append(MetricsDatabase db, Labels l, long minute, double value) {
    try (Appender a = db.appender()) {
      Outcome o = a.append(a.series(l), 0, T0 + minute * MINUTE, value);
      a.commit();
      return o;
    }
  }

  private static void firstStays(MetricsDatabase db, int minutes) {
    SampleBuffer b = new SampleBuffer();
    try (Selection s =
        db.select(SelectHints.range(0, Long.MAX_VALUE), List.of(Matcher.equal("__name__", "m")))) {
      s.read(0, b);
      assertThat(b.size).isEqualTo(minutes);
      for (int i = 0; i < minutes; i++) {
        assertThat(b.timestamps[i]).isEqualTo(T0 + i * MINUTE);
        assertThat(b.values[i]).isEqualTo(i);
      }
    }
  }

  @Test
  void memoryRejectsTheSecond() {
    try (MetricsDatabase db = MetricsDatabase.open(folder, OPTIONS)) {
      for (int i = 0; i < 5; i += 2) {
        assertThat(append(db, L, i, i)).isEqualTo(Outcome.OK);
      }
      assertThat(append(db, L, 1, 1)).isEqualTo(Outcome.OK); // late
      assertThat(append(db, L, 3, 3)).isEqualTo(Outcome.OK);
      for (int i = 0; i < 5; i++) {
        assertThat(append(db, L, i, i)).as("the same again").isEqualTo(Outcome.OK);
        assertThat(append(db, L, i, i + 0.5))
            .as("another value")
            .isEqualTo(Outcome.DUPLICATE_TIMESTAMP);
      }
      firstStays(db, 5);
    }
  }

  @Test
  void blockKeepsTheFirst() {
    MetricsDatabase db = MetricsDatabase.open(folder, OPTIONS);
    for (int i = 0; i < 10; i++) {
      append(db, L, i, i);
    }
    for (int i = 0; i <= 30; i++) {
      append(db, CLOCK, i, i);
    }
    db.maintain();
    assertThat(db.blockList()).isNotEmpty();
    for (int round = 0; round < 3; round++) {
      // Reading a block for each late sample would make backfill slow: it is taken.
      for (int i = 0; i < 10; i++) {
        assertThat(append(db, L, i, 100 * round + i + 0.5)).isEqualTo(Outcome.OK);
      }
      firstStays(db, 10);
      // The late samples become a block next to the first, and then both one.
      for (int i = 1; i <= 30; i++) {
        append(db, CLOCK, 30 * (round + 1) + i, i);
      }
      db.maintain();
      firstStays(db, 10);
      db.close();
      db = MetricsDatabase.open(folder, OPTIONS);
      firstStays(db, 10);
    }
    db.close();
  }

  @Test
  void appliesPrometheusRulesWithoutAWindow() {
    try (MetricsDatabase db =
        MetricsDatabase.open(folder, OPTIONS.withOutOfOrderWindow(Duration.ZERO))) {
      append(db, CLOCK, 4, 0);
      append(db, L, 4, 4);
      assertThat(append(db, L, 4, 4)).isEqualTo(Outcome.OK);
      assertThat(append(db, L, 4, 5)).isEqualTo(Outcome.DUPLICATE_TIMESTAMP);
      assertThat(append(db, L, 3, 3)).isEqualTo(Outcome.OUT_OF_ORDER);
      for (int i = 5; i <= 30; i++) {
        append(db, CLOCK, i, i);
      }
      db.maintain(); // the series left memory with its block
      assertThat(append(db, L, 4, 5)).isEqualTo(Outcome.OUT_OF_BOUNDS);
    }
  }
}
