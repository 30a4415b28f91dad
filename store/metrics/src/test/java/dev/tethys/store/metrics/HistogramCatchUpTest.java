package dev.tethys.store.metrics;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.model.Histogram;
import dev.tethys.model.Labels;
import dev.tethys.model.Matcher;
import dev.tethys.model.storage.Appender;
import dev.tethys.model.storage.Appender.Outcome;
import dev.tethys.model.storage.SampleBuffer;
import dev.tethys.model.storage.SelectHints;
import dev.tethys.model.storage.Selection;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A sender of histograms alone that brings hours at once: a chunk of them spans many blocks. */
class HistogramCatchUpTest {
  private static final long T0 = 1_699_999_200_000L;
  private static final Labels SERIES = Labels.of("__name__", "h");

  @TempDir Path folder;

  private final List<Long> sent = new ArrayList<>();

  private static Histogram histogram(int count) {
    return new Histogram(
        true,
        Histogram.ResetHint.UNKNOWN,
        0,
        0.001,
        0,
        count,
        1,
        new int[] {0, 1},
        new double[] {count},
        new int[0],
        new double[0],
        null);
  }

  private static MetricsDatabase open(Path at) {
    return MetricsDatabase.open(
        at,
        DatabaseOptions.DEFAULTS
            .withBackground(false)
            .withBlockDuration(Duration.ofHours(2))
            .withRetention(Duration.ofDays(1000), 0)
            .withClock(() -> Instant.ofEpochMilli(T0 + Duration.ofHours(12).toMillis())));
  }

  private MetricsDatabase filled() {
    MetricsDatabase db = open(folder.resolve("db"));
    try (Appender a = db.appender()) {
      long ref = a.series(SERIES);
      for (int i = 0; i < 72; i++) {
        long t = T0 + Duration.ofMinutes(10).toMillis() * i;
        assertThat(a.append(ref, 0, t, histogram(i + 1))).isEqualTo(Outcome.OK);
        sent.add(t);
      }
      a.commit();
    }
    return db;
  }

  private static List<Long> times(MetricsDatabase db) {
    List<Long> out = new ArrayList<>();
    SampleBuffer b = new SampleBuffer();
    try (Selection s =
        db.select(SelectHints.range(0, Long.MAX_VALUE), List.of(Matcher.equal("__name__", "h")))) {
      for (int i = 0; i < s.size(); i++) {
        s.read(i, b);
        for (int k = 0; k < b.size; k++) {
          out.add(b.timestamps[k]);
        }
      }
    }
    return out;
  }

  @BeforeEach
  void forget() {
    sent.clear();
  }

  @Test
  void blocksKeepTheLastHistogram() {
    try (MetricsDatabase db = filled()) {
      db.maintain();
      assertThat(db.blockList()).isNotEmpty();
      assertThat(times(db)).isEqualTo(sent);
    }
    try (MetricsDatabase db = open(folder.resolve("db"))) {
      assertThat(times(db)).isEqualTo(sent);
    }
  }

  @Test
  void copiesKeepTheLastHistogram() {
    Path copy = folder.resolve("copy");
    try (MetricsDatabase db = filled()) {
      db.snapshot(copy, false);
    }
    try (MetricsDatabase db = open(copy)) {
      assertThat(times(db)).isEqualTo(sent);
    }
  }
}
