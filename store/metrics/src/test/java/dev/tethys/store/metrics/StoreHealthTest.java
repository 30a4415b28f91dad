package dev.tethys.store.metrics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tethys.model.Labels;
import dev.tethys.model.storage.Appender;
import dev.tethys.model.storage.StorageException;
import dev.tethys.model.storage.StoreHealth;
import dev.tethys.testkit.SimulatedFiles;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Objects;
import org.junit.jupiter.api.Test;

class StoreHealthTest {
  private static final long T0 = 1_699_999_200_000L;

  private final SimulatedFiles disk = new SimulatedFiles(1);

  private MetricsDatabase open() {
    return MetricsDatabase.open(
        Path.of("/data"),
        DatabaseOptions.DEFAULTS
            .withBackground(false)
            .withRetention(Duration.ofDays(3), 1 << 20)
            .withLog(DatabaseOptions.Fsync.EACH_SECOND, 1 << 20, 1024),
        disk);
  }

  private static void append(MetricsDatabase db, long time) {
    try (Appender a = db.appender()) {
      for (int i = 0; i < 200; i++) {
        a.append(a.series(Labels.of("__name__", "m")), 0, time + i, Math.sqrt(i));
      }
      a.commit();
    }
  }

  @Test
  void reportsAFullDiskUntilACommitSucceeds() {
    try (MetricsDatabase db = open()) {
      append(db, T0);
      assertThat(db.health().problem()).isNull();
      assertThat(db.health().keepMillis()).isEqualTo(Duration.ofDays(3).toMillis());
      assertThat(db.health().maxBytes()).isEqualTo(1 << 20);
      disk.setFree(0);
      assertThatThrownBy(() -> append(db, T0 + 1000)).isInstanceOf(StorageException.class);
      StoreHealth full = db.health();
      assertThat(Objects.requireNonNull(full.problem()).refusing()).isTrue();
      assertThat(full.problem().text()).startsWith("data is refused: ");
      assertThat(full.failedWrites()).isPositive();
      assertThat(full.diskFree()).isZero();
      disk.setFree(Long.MAX_VALUE);
      append(db, T0 + 2000);
      assertThat(db.health().problem()).isNull();
    }
  }

  @Test
  void reportsMemoryThatCannotBeSaved() {
    try (MetricsDatabase db = open()) {
      append(db, T0);
      disk.setFree(0);
      assertThatThrownBy(db::maintain).isInstanceOf(StorageException.class);
      StoreHealth.Problem problem = Objects.requireNonNull(db.health().problem());
      assertThat(problem.refusing()).isFalse();
      assertThat(problem.text()).startsWith("data stays in memory");
      disk.setFree(Long.MAX_VALUE);
      db.maintain();
      assertThat(db.health().problem()).isNull();
    }
  }
}
