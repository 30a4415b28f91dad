package dev.tethys.store.metrics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tethys.model.Labels;
import dev.tethys.model.file.FileAccess;
import dev.tethys.model.storage.Appender;
import dev.tethys.model.storage.SelectHints;
import dev.tethys.model.storage.Selection;
import dev.tethys.testkit.SimulatedFiles;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.logging.Level;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Maintenance that fails is reported, counted and tried again, regardless of the failure. */
@Tag("slow")
class UpkeepFailuresTest {
  private static final Path FOLDER = Path.of("/data");
  private static final long T0 = 1_699_999_200_000L;

  private static DatabaseOptions options(boolean background) {
    return DatabaseOptions.DEFAULTS
        .withBackground(background)
        .withRetention(Duration.ofDays(1000), 0)
        .withLog(DatabaseOptions.Fsync.EACH_SECOND, 1 << 20, 1024);
  }

  /** Appends so much that a checkpoint is due. */
  private static void append(MetricsDatabase db, int step) {
    try (Appender a = db.appender()) {
      for (int i = 0; i < 500; i++) {
        a.append(a.series(Labels.of("__name__", "m")), 0, T0 + step * 500L + i, Math.sqrt(i));
      }
      a.commit();
    }
  }

  @Test
  @Timeout(60)
  void threadsSurviveOutOfMemory() throws InterruptedException {
    SimulatedFiles disk = new SimulatedFiles(1);
    try (LogLines told = new LogLines();
        MetricsDatabase db = MetricsDatabase.open(FOLDER, options(true), disk)) {
      for (int i = 0;
          failures(told, "tethys-store-sync") < 2 || failures(told, "tethys-store-upkeep") < 1;
          i++) {
        append(db, i);
        disk.outOfMemory(true);
        Thread.sleep(100);
        disk.outOfMemory(false);
      }
    }
    try (MetricsDatabase again = MetricsDatabase.open(FOLDER, options(false), disk.afterKill());
        Selection s = again.select(SelectHints.range(0, Long.MAX_VALUE - 1), List.of())) {
      assertThat(s.size()).isEqualTo(1);
    }
  }

  private static long failures(LogLines told, String thread) {
    return told.of(Level.SEVERE).stream().filter(l -> l.contains(thread + " failed")).count();
  }

  @Test
  void reportsTheFirstFailureWithTheFollowingOne() {
    SimulatedFiles disk = new SimulatedFiles(2);
    boolean[] fails = new boolean[1];
    FileAccess files =
        (FileAccess)
            Proxy.newProxyInstance(
                FileAccess.class.getClassLoader(),
                new Class<?>[] {FileAccess.class},
                (p, method, arguments) -> {
                  if (fails[0] && method.getName().equals("totalSpace")) {
                    throw new IllegalStateException("the second of this test");
                  }
                  try {
                    return method.invoke(disk, arguments);
                  } catch (InvocationTargetException e) {
                    throw e.getCause();
                  }
                });
    RetentionPolicy percentage = new RetentionPolicy(Duration.ofDays(1000), 0, 50, List.of());
    try (MetricsDatabase db =
        MetricsDatabase.open(FOLDER, options(false).withRetention(percentage), files)) {
      append(db, 0);
      disk.failNames("head");
      fails[0] = true;
      assertThatThrownBy(db::maintain)
          .hasMessageContaining("No space left")
          .cause()
          .satisfies(
              e ->
                  assertThat(e.getSuppressed())
                      .singleElement()
                      .asString()
                      .contains("the second of this test"));
      assertThat(db.status().work().failures()).isEqualTo(1);
      disk.failNames("");
      fails[0] = false;
    }
  }
}
