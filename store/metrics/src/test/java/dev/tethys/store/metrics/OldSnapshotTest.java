package dev.tethys.store.metrics;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.model.Labels;
import dev.tethys.model.Matcher;
import dev.tethys.model.Samples;
import dev.tethys.model.storage.Appender;
import dev.tethys.model.storage.SampleBuffer;
import dev.tethys.model.storage.SelectHints;
import dev.tethys.model.storage.Selection;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Snapshots of the head that former versions left at a clean stop ({@code
 * src/test/resources/heads}) are still read: what {@link #fill} puts in is there.
 */
class OldSnapshotTest {
  static final long T0 = 1_700_000_000_000L;
  private static final int SERIES = 70;
  private static final int STEPS = 150;

  @TempDir Path folder;

  /** Never change it: the committed snapshots hold this. */
  static void fill(MetricsDatabase db) {
    RandomGenerator r = new Random(11);
    for (int s = 0; s < STEPS; s++) {
      try (Appender a = db.appender()) {
        for (int i = 0; i < SERIES; i++) {
          double v = value(r, i, s);
          if (!Double.isInfinite(v)) {
            a.append(a.series(labels(i)), i % 10 == 3 ? T0 - 7 : 0, T0 + s * 15_000L, v);
          }
        }
        a.commit();
      }
    }
  }

  private static Labels labels(int i) {
    return Labels.of("__name__", "m" + i % 10, "n", String.format("%03d", i));
  }

  /** Infinity if there is no sample. */
  private static double value(RandomGenerator r, int i, int step) {
    int x = r.nextInt(1000);
    return switch (i % 10) {
      case 0 -> 7;
      case 1 -> step * 1000.0 + x;
      case 2 -> x / 8.0;
      case 3 -> step;
      case 4 -> x < 20 ? Double.POSITIVE_INFINITY : x;
      case 5 -> x == 5 ? Samples.STALE : -x;
      case 6 -> x < 990 ? 1 : 0;
      default -> x * 4096.0;
    };
  }

  @ParameterizedTest
  @CsvSource({"head-2, 00000002", "head-3, 00000002"})
  void isRead(String version, String file) throws Exception {
    Files.createDirectories(folder.resolve("head"));
    try (InputStream in = OldSnapshotTest.class.getResourceAsStream("/heads/" + version)) {
      Files.copy(Objects.requireNonNull(in), folder.resolve("head").resolve(file));
    }
    try (MetricsDatabase db =
            MetricsDatabase.open(folder, DatabaseOptions.DEFAULTS.withBackground(false));
        Selection s =
            db.select(
                SelectHints.range(T0, T0 + STEPS * 15_000L),
                List.of(Matcher.of(Matcher.Type.REGEX, "n", ".+")))) {
      assertThat(db.recovery().problems()).isEmpty();
      double[][] want = new double[SERIES][STEPS];
      RandomGenerator r = new Random(11);
      for (int step = 0; step < STEPS; step++) {
        for (int i = 0; i < SERIES; i++) {
          want[i][step] = value(r, i, step);
        }
      }
      assertThat(s.size()).isEqualTo(SERIES);
      for (int k = 0; k < SERIES; k++) {
        int i = Integer.parseInt(Objects.requireNonNull(s.labels(k).get("n")));
        SampleBuffer b = new SampleBuffer();
        s.read(k, b);
        int at = 0;
        for (int step = 0; step < STEPS; step++) {
          if (Double.isInfinite(want[i][step])) {
            continue;
          }
          assertThat(b.timestamps[at]).isEqualTo(T0 + step * 15_000L);
          assertThat(Double.doubleToRawLongBits(b.values[at]))
              .isEqualTo(Double.doubleToRawLongBits(want[i][step]));
          if (i % 10 == 3) {
            assertThat(Objects.requireNonNull(b.startTimestamps)[at]).isEqualTo(T0 - 7);
          }
          at++;
        }
        assertThat(b.size).isEqualTo(at);
      }
    }
  }
}
