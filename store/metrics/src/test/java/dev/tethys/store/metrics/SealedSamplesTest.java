package dev.tethys.store.metrics;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.model.Histogram;
import dev.tethys.model.Labels;
import dev.tethys.model.Matcher;
import dev.tethys.model.file.FileAccess;
import dev.tethys.model.file.RealFiles;
import dev.tethys.model.storage.Appender;
import dev.tethys.model.storage.SampleBuffer;
import dev.tethys.model.storage.SelectHints;
import dev.tethys.model.storage.Selection;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Samples that leave memory before they are in a block. */
@Tag("slow")
class SealedSamplesTest {
  private static final long T0 = 1_700_000_000_000L / 7_200_000 * 7_200_000;
  private static final int SERIES = 640;
  private static final int STEPS = 400;
  private static final int DELETED_FROM = 100;
  private static final int DELETED_TO = 149;

  @TempDir Path folder;

  private final AtomicBoolean full = new AtomicBoolean();

  /** A disk on which there may be no space for anything but what has to be. */
  private FileAccess files() {
    RealFiles real = new RealFiles();
    return (FileAccess)
        Proxy.newProxyInstance(
            FileAccess.class.getClassLoader(),
            new Class<?>[] {FileAccess.class},
            (proxy, method, args) -> {
              if (full.get() && method.getName().equals("usableSpace")) {
                return 1L << 20;
              }
              try {
                return method.invoke(real, args);
              } catch (InvocationTargetException e) {
                throw e.getCause();
              }
            });
  }

  private MetricsDatabase open() {
    return open(folder);
  }

  private MetricsDatabase open(Path at) {
    return MetricsDatabase.open(at, DatabaseOptions.DEFAULTS.withBackground(false), files());
  }

  private static double value(int series, int step) {
    return new SplittableRandom(series * 1000L + step).nextDouble();
  }

  private static void fill(MetricsDatabase db, int from, int to) {
    for (int step = from; step < to; step++) {
      try (Appender a = db.appender()) {
        for (int i = 0; i < SERIES; i++) {
          long ref = a.series(Labels.of("__name__", "m", "n", Integer.toString(i)));
          a.append(ref, 0, T0 + step * 15_000L, value(i, step));
        }
        a.commit();
      }
    }
  }

  private static void check(MetricsDatabase db, boolean deleted) {
    try (Selection s =
        db.select(
            SelectHints.range(T0, T0 + STEPS * 15_000L), List.of(Matcher.equal("__name__", "m")))) {
      assertThat(s.size()).isEqualTo(SERIES);
      SampleBuffer b = new SampleBuffer();
      for (int k = 0; k < SERIES; k++) {
        int i = Integer.parseInt(Objects.requireNonNull(s.labels(k).get("n")));
        b.clear();
        s.read(k, b);
        int at = 0;
        for (int step = 0; step < STEPS; step++) {
          if (deleted && i == 7 && step >= DELETED_FROM && step <= DELETED_TO) {
            continue;
          }
          assertThat(b.timestamps[at]).isEqualTo(T0 + step * 15_000L);
          assertThat(b.values[at]).isEqualTo(value(i, step));
          at++;
        }
        assertThat(b.size).isEqualTo(at);
      }
    }
  }

  /** Bytes of samples in memory. */
  private static long inMemory(MetricsDatabase db) {
    return db.status().memory().owners().stream()
        .filter(o -> o.name().equals("samples"))
        .findFirst()
        .orElseThrow()
        .value();
  }

  private static long inFiles(MetricsDatabase db) {
    return db.status().memory().fileBytes();
  }

  @Test
  void readsFromFiles() throws Exception {
    try (MetricsDatabase db = open()) {
      fill(db, 0, STEPS / 2);
      long before = inMemory(db);
      assertThat(inFiles(db)).isZero();
      db.maintain();
      assertThat(inMemory(db)).isLessThan(before / 2);
      assertThat(inFiles(db)).isGreaterThan(before / 2);
      fill(db, STEPS / 2, STEPS);
      check(db, false);
      db.maintain();
      assertThat(inMemory(db)).isLessThan(before / 2);
      db.delete(
          T0 + DELETED_FROM * 15_000L,
          T0 + DELETED_TO * 15_000L,
          List.of(List.of(Matcher.equal("n", "7"))));
      check(db, true);
      db.maintain();
      check(db, true);
      assertThat(db.blockList()).isEmpty();
      assertThat(Files.exists(folder.resolve("pages.tmp"))).isFalse();
    }
    try (MetricsDatabase db = open()) {
      check(db, true);
    }
  }

  @Test
  void deletingNeighboursLeavesOtherSeriesUnchanged() throws Exception {
    Matcher third =
        Matcher.of(Matcher.Type.REGEX, "n", "12[789]|1[3-8][0-9]|190"); // of ten stripes
    for (boolean stored : new boolean[] {false, true}) {
      Path at = folder.resolve("stored-" + stored);
      try (MetricsDatabase db = open(at)) {
        fill(db, 0, STEPS);
        if (stored) {
          db.maintain();
        }
        db.delete(T0, T0 + STEPS / 2 * 15_000L, List.of(List.of(third)));
        db.maintain();
        checkOthers(db, third);
      }
      try (MetricsDatabase db = open(at)) {
        assertThat(db.recovery().problems()).isEmpty();
        checkOthers(db, third);
      }
    }
  }

  private static void checkOthers(MetricsDatabase db, Matcher deleted) {
    try (Selection s =
        db.select(
            SelectHints.range(T0, T0 + STEPS * 15_000L), List.of(Matcher.equal("__name__", "m")))) {
      assertThat(s.size()).isEqualTo(SERIES);
      for (int k = 0; k < SERIES; k++) {
        String n = Objects.requireNonNull(s.labels(k).get("n"));
        int first = deleted.matches(n) ? STEPS / 2 + 1 : 0;
        SampleBuffer b = new SampleBuffer();
        s.read(k, b);
        assertThat(b.size).isEqualTo(STEPS - first);
        for (int i = 0; i < b.size; i++) {
          assertThat(b.values[i]).isEqualTo(value(Integer.parseInt(n), first + i));
        }
      }
    }
  }

  @Test
  void samplesAfterADeletedFloatAndHistogramAreUnchanged() {
    Labels l = Labels.of("__name__", "mixed");
    Histogram h =
        new Histogram(
            true,
            Histogram.ResetHint.GAUGE,
            1,
            0,
            0,
            2,
            1,
            new int[] {0, 1},
            new double[] {2},
            new int[0],
            new double[0],
            null);
    try (MetricsDatabase db = open()) {
      for (int i = 1; i <= 5; i++) {
        if (i == 5) {
          db.delete(T0 + 3, T0 + 3, List.of(List.of(Matcher.equal("__name__", "mixed"))));
        }
        try (Appender a = db.appender()) {
          if (i == 4) {
            a.append(a.series(l), 0, T0 + i, h);
          } else {
            a.append(a.series(l), 0, T0 + i, i * 10);
          }
          a.commit();
        }
      }
      try (Selection s =
          db.select(SelectHints.range(T0, T0 + 9), List.of(Matcher.equal("__name__", "mixed")))) {
        SampleBuffer b = new SampleBuffer();
        s.read(0, b);
        assertThat(b.size).isEqualTo(4);
        assertThat(b.values[0]).isEqualTo(10);
        assertThat(b.values[1]).isEqualTo(20);
        assertThat(b.values[3]).isEqualTo(50);
      }
    }
  }

  @Test
  void pagesStayInMemoryUntilTheDiskHasSpace() throws Exception {
    full.set(true);
    try (MetricsDatabase db = open()) {
      fill(db, 0, STEPS);
      long before = inMemory(db);
      db.maintain();
      assertThat(inMemory(db)).isEqualTo(before);
      check(db, false);
    }
    full.set(false);
    Files.writeString(folder.resolve("pages.tmp"), "what a process left that was killed");
    try (MetricsDatabase db = open()) {
      assertThat(folder.resolve("pages.tmp")).doesNotExist();
      db.maintain();
      assertThat(inFiles(db)).isPositive();
      check(db, false);
    }
  }
}
