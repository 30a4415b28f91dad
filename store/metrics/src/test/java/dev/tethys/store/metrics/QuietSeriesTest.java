package dev.tethys.store.metrics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tethys.model.Labels;
import dev.tethys.model.storage.Appender;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Series without new samples leave memory once they are a share of all that is set. */
class QuietSeriesTest {
  private static final long T0 = 1_699_999_200_000L;
  private static final int ALL = 3000;

  /** Two fifths of all. */
  private static final int QUIET = 1200;

  @TempDir Path folder;

  private final AtomicLong now = new AtomicLong(T0);

  private long seriesAfterAnHour(MetricsDatabase db) {
    for (int minute = 0; minute < 70; minute += 5) {
      now.set(T0 + Duration.ofMinutes(minute).toMillis());
      try (Appender a = db.appender()) {
        for (int i = minute < 15 ? 0 : QUIET; i < ALL; i++) {
          long s = a.series(Labels.of("__name__", "m", "i", Integer.toString(i)));
          assertThat(a.append(s, 0, now.get(), i)).isEqualTo(Appender.Outcome.OK);
        }
        a.commit();
      }
      db.maintain();
    }
    return db.status().head().series();
  }

  private DatabaseOptions options() {
    return DatabaseOptions.DEFAULTS
        .withBackground(false)
        .withClock(() -> Instant.ofEpochMilli(now.get()));
  }

  @Test
  void usualShareIsAFifth() {
    try (MetricsDatabase db = MetricsDatabase.open(folder, options())) {
      assertThat(seriesAfterAnHour(db)).isEqualTo(ALL - QUIET);
    }
  }

  @Test
  void waitsForLargerShareUntilTheRangeIsFull() {
    try (MetricsDatabase db = MetricsDatabase.open(folder, options().withQuietShare(0.5))) {
      assertThat(seriesAfterAnHour(db)).isEqualTo(ALL);
      db.reconfigure(options().withQuietShare(0.3));
      db.maintain();
      assertThat(db.status().head().series()).isEqualTo(ALL - QUIET);
    }
  }

  @Test
  void shareIsPositiveAndAtMostOne() {
    for (double wrong : new double[] {0, -0.1, 1.1, Double.NaN}) {
      assertThatThrownBy(() -> DatabaseOptions.DEFAULTS.withQuietShare(wrong))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("quietShare");
    }
  }
}
