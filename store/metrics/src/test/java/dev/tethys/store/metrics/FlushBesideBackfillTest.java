package dev.tethys.store.metrics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tethys.model.Labels;
import dev.tethys.model.Matcher;
import dev.tethys.model.file.FileAccess;
import dev.tethys.model.file.RealFiles;
import dev.tethys.model.storage.Appender;
import dev.tethys.model.storage.Appender.Outcome;
import dev.tethys.model.storage.SampleBuffer;
import dev.tethys.model.storage.SelectHints;
import dev.tethys.model.storage.Selection;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A series that is new comes into a range without samples, while adjacent ranges are being written
 * to blocks: it stays.
 */
class FlushBesideBackfillTest {
  private static final long RANGE = 600_000;
  private static final long T0 = 2_833_332 * RANGE;

  /** Enough for a cut of memory because of quiet series. */
  private static final int QUIET = 1500;

  @TempDir Path folder;

  /** Once, when the first file of a block is made. */
  private Runnable atBlock = () -> {};

  private final AtomicBoolean came = new AtomicBoolean();

  private FileAccess files() {
    RealFiles real = new RealFiles();
    return (FileAccess)
        Proxy.newProxyInstance(
            FileAccess.class.getClassLoader(),
            new Class<?>[] {FileAccess.class},
            (p, method, args) -> {
              if (method.getName().equals("create")
                  && args[0].toString().contains(Blocks.CREATING)) {
                Runnable now = atBlock;
                atBlock = () -> {};
                now.run();
              }
              try {
                return method.invoke(real, args);
              } catch (InvocationTargetException e) {
                throw e.getCause();
              }
            });
  }

  private MetricsDatabase open() {
    DatabaseOptions o =
        DatabaseOptions.DEFAULTS
            .withBackground(false)
            .withRetention(Duration.ofDays(100_000), 0)
            .withBlockDuration(Duration.ofMillis(RANGE))
            .withOutOfOrderWindow(Duration.ofDays(1));
    return MetricsDatabase.open(folder, o, files());
  }

  private static void append(MetricsDatabase db, String name, long time) {
    try (Appender a = db.appender()) {
      assertThat(a.append(a.series(Labels.of("__name__", name)), 0, time, 1)).isEqualTo(Outcome.OK);
      a.commit();
    }
  }

  private static List<Long> times(MetricsDatabase db, String name) {
    List<Long> out = new ArrayList<>();
    SampleBuffer b = new SampleBuffer();
    try (Selection s =
        db.select(SelectHints.range(0, Long.MAX_VALUE), List.of(Matcher.equal("__name__", name)))) {
      for (int i = 0; i < s.size(); i++) {
        s.read(i, b);
        for (int k = 0; k < b.size; k++) {
          out.add(b.timestamps[k]);
        }
      }
    }
    return out;
  }

  private void comesAtTheNextBlock(MetricsDatabase db, long time) {
    atBlock =
        () -> {
          append(db, "new", time);
          came.set(true);
        };
  }

  @Test
  void cutsBetweenFullRanges() {
    try (MetricsDatabase db = open()) {
      append(db, "first", T0);
      append(db, "third", T0 + 2 * RANGE);
      append(db, "newest", T0 + 4 * RANGE);
      comesAtTheNextBlock(db, T0 + RANGE);
      db.maintain();
      assertThat(came).isTrue();
      assertThat(times(db, "new")).containsExactly(T0 + RANGE);
      db.maintain();
      assertThat(times(db, "new")).containsExactly(T0 + RANGE);
    }
    try (MetricsDatabase db = open()) {
      assertThat(times(db, "new")).containsExactly(T0 + RANGE);
    }
  }

  @Test
  void cutsBeforeAnEarlyRange() {
    try (MetricsDatabase db = open()) {
      append(db, "first", T0);
      append(db, "next", T0 + 3 * RANGE);
      db.maintain();
      assertThat(db.blockList()).hasSize(1);
      append(db, "next", T0 + 1); // a block of late samples comes before the cut
      try (Appender a = db.appender()) {
        for (int i = 0; i < QUIET; i++) {
          long s = a.series(Labels.of("__name__", "quiet", "i", Integer.toString(i)));
          a.append(s, 0, T0 + 4 * RANGE, i);
        }
        a.commit();
      }
      append(db, "newest", T0 + 4 * RANGE + RANGE * 2 / 5);
      comesAtTheNextBlock(db, T0 + 2 * RANGE);
      db.maintain();
      assertThat(came).isTrue();
      assertThat(times(db, "new")).containsExactly(T0 + 2 * RANGE);
      db.maintain();
      assertThat(times(db, "new")).containsExactly(T0 + 2 * RANGE);
    }
    try (MetricsDatabase db = open()) {
      assertThat(times(db, "new")).containsExactly(T0 + 2 * RANGE);
    }
  }

  /** A restart would skip samples that are older than a block. */
  @Test
  void doesNotImportBlockOverUnflushedSamples() {
    try (MetricsDatabase db = open()) {
      append(db, "first", T0);
      append(db, "newest", T0 + 4 * RANGE);
      atBlock =
          () -> {
            throw new IllegalStateException("a disk of this test");
          };
      assertThatThrownBy(db::maintain).hasMessageContaining("a disk of this test");
      try (BlockImport in = db.blockImport()) {
        assertThat(in.floor()).isEqualTo(T0);
      }
    }
  }
}
