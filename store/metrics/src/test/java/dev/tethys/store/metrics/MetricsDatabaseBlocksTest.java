package dev.tethys.store.metrics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tethys.model.Histogram;
import dev.tethys.model.Labels;
import dev.tethys.model.Matcher;
import dev.tethys.model.Samples;
import dev.tethys.model.access.Scope;
import dev.tethys.model.storage.Appender;
import dev.tethys.model.storage.Appender.Outcome;
import dev.tethys.model.storage.MetricStore;
import dev.tethys.model.storage.SampleBuffer;
import dev.tethys.model.storage.SelectHints;
import dev.tethys.model.storage.Selection;
import dev.tethys.model.storage.StorageException;
import dev.tethys.testkit.MemoryMetricStore;
import dev.tethys.testkit.MetricStoreContract;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The way of samples from memory to blocks and on, compared with a plain store at each station. */
@Tag("slow")
class MetricsDatabaseBlocksTest {
  private static final long T0 = 1_699_999_200_000L;
  private static final long HOUR = 3_600_000;

  private static final DatabaseOptions OPTIONS =
      DatabaseOptions.DEFAULTS
          .withBackground(false)
          .withRetention(Duration.ofDays(1000), 0)
          .withOutOfOrderWindow(DatabaseOptions.ANY_AGE);

  @TempDir Path folder;

  /** Appends the same random batches to both; steps of 15 s. */
  private static void fill(Random r, MetricStore a, MetricStore b, int from, int to, int late) {
    for (int step = from; step < to; step++) {
      long t = T0 + step * 15_000L;
      try (Appender x = a.appender();
          Appender y = b.appender()) {
        for (int i = 0; i < 90; i++) {
          if (r.nextInt(50) == 0) {
            continue; // a missed sample
          }
          long time = i < 70 ? t : t + r.nextInt(9) - 4;
          Labels l =
              Labels.of(
                  "__name__", "m" + i % 7, "host", "h" + i / 7, "kind", i % 2 == 0 ? "a" : "b");
          if (late > 0 && r.nextInt(late) == 0) {
            time -= r.nextInt(20 * 3600) * 1000L + 7;
          }
          if (i % 30 == 5) {
            Histogram h =
                new Histogram(
                    true,
                    Histogram.ResetHint.UNKNOWN,
                    3,
                    0.01,
                    step,
                    step + 3.0,
                    step * 0.25,
                    new int[] {1, 2, 1, 1},
                    new double[] {1, 1, 1},
                    new int[0],
                    new double[0],
                    null);
            Outcome o = x.append(x.series(l), 0, time, h);
            agree(o, y.append(y.series(l), 0, time, h));
          } else {
            double v =
                switch (i % 9) {
                  case 0 -> 42;
                  case 1 -> step * 3.0;
                  case 2 -> step * 0.1 + 0.2;
                  case 3 -> r.nextGaussian();
                  case 4 -> r.nextInt(30) == 0 ? Samples.STALE : r.nextInt(4) * 4096;
                  case 5 -> -step / 100.0;
                  case 6 -> Double.longBitsToDouble(r.nextLong());
                  case 7 -> r.nextInt(10) == 0 ? 1 : 0;
                  default -> 1e18 + r.nextInt();
                };
            long start = i % 9 == 1 ? T0 - 1 : 0;
            Outcome o = x.append(x.series(l), start, time, v);
            agree(o, y.append(y.series(l), start, time, v));
          }
        }
        x.commit();
        y.commit();
      }
    }
  }

  /** A late sample at the time of another one in a block is taken and follows it. */
  private static void agree(Outcome real, Outcome plain) {
    if (real != Outcome.OK || plain != Outcome.DUPLICATE_TIMESTAMP) {
      assertThat(real).isEqualTo(plain);
    }
  }

  private static void same(MetricStore a, MetricStore b, long min, long max, Matcher... matchers) {
    SampleBuffer x = new SampleBuffer();
    SampleBuffer y = new SampleBuffer();
    try (Selection s =
            a.within(Scope.DEFAULT).select(SelectHints.range(min, max), List.of(matchers));
        Selection t =
            b.within(Scope.DEFAULT).select(SelectHints.range(min, max), List.of(matchers))) {
      int k = 0;
      for (int i = 0; i < s.size(); i++) {
        s.read(i, x);
        if (x.size == 0) {
          continue;
        }
        y.clear();
        while (y.size == 0) {
          t.read(k++, y);
        }
        assertThat(s.labels(i)).isEqualTo(t.labels(k - 1));
        assertThat(x.size).as("samples of %s", s.labels(i)).isEqualTo(y.size);
        for (int j = 0; j < x.size; j++) {
          assertThat(x.timestamps[j]).isEqualTo(y.timestamps[j]);
          Histogram h = x.histograms == null ? null : x.histograms[j];
          Histogram g = y.histograms == null ? null : y.histograms[j];
          if (h != null && g != null) {
            assertThat(h.withResetHint(Histogram.ResetHint.UNKNOWN))
                .isEqualTo(g.withResetHint(Histogram.ResetHint.UNKNOWN));
          } else {
            assertThat(h).isEqualTo(g);
            assertThat(Double.doubleToRawLongBits(x.values[j]))
                .isEqualTo(Double.doubleToRawLongBits(y.values[j]));
          }
          long p = x.startTimestamps == null ? 0 : x.startTimestamps[j];
          long q = y.startTimestamps == null ? 0 : y.startTimestamps[j];
          assertThat(p).isEqualTo(q);
          if (h == null && Samples.isStale(x.values[j])) {
            assertThat(x.mayBeStale).isTrue();
          }
        }
      }
      for (; k < t.size(); k++) {
        t.read(k, y);
        assertThat(y.size).as("samples of %s", t.labels(k)).isZero();
      }
    }
  }

  /** Reaches the contract's check of times without values. */
  private abstract static class TimesOf extends MetricStoreContract {
    static void check(MetricStore store, long min, long max) {
      checkTimes(store, min, max);
    }
  }

  private static void sameAll(MetricStore a, MetricStore b, Random r) {
    same(a, b, T0 - 1000 * HOUR, T0 + 1000 * HOUR);
    TimesOf.check(a, T0 - 1000 * HOUR, T0 + 1000 * HOUR);
    TimesOf.check(a, T0 + HOUR, T0 + 5 * HOUR);
    for (int i = 0; i < 10; i++) {
      long min = T0 - 10 * HOUR + r.nextInt(40 * 3600) * 1000L;
      same(a, b, min, min + r.nextInt(10 * 3600) * 1000L, Matcher.equal("__name__", "m" + i % 8));
    }
  }

  @Test
  void throughBlocksCompactionAndReopening() {
    Random r = new Random(1);
    MemoryMetricStore plain = new MemoryMetricStore();
    MetricsDatabase db = MetricsDatabase.open(folder, OPTIONS);
    for (int part = 0; part < 6; part++) {
      fill(r, db, plain, part * 1000, (part + 1) * 1000, 40);
      sameAll(db, plain, r);
      db.maintain();
      sameAll(db, plain, r);
      if (part % 2 == 0) {
        db.close();
        db = MetricsDatabase.open(folder, OPTIONS);
        assertThat(db.recovery().problems()).isEmpty();
        sameAll(db, plain, r);
      }
    }
    assertThat(db.blockList()).isNotEmpty();
    assertThat(db.blockList().stream().mapToInt(BlockInfo::level).max().orElse(0)).isGreaterThan(1);
    assertThat(db.stats(10).maxTime() - db.stats(10).minTime()).isLessThan(5 * HOUR + 25 * HOUR);
    db.close();
  }

  @Test
  void deletionInMemoryAndBlocks() {
    Random r = new Random(2);
    MemoryMetricStore plain = new MemoryMetricStore();
    MetricsDatabase db = MetricsDatabase.open(folder, OPTIONS);
    fill(r, db, plain, 0, 2000, 100);
    db.maintain();
    assertThat(db.blockList()).isNotEmpty();
    for (MetricStore s : List.of(db, plain)) {
      s.delete(T0 + HOUR, T0 + 3 * HOUR, List.of(List.of(Matcher.equal("__name__", "m1"))));
      s.delete(T0 + 2 * HOUR, T0 + 8 * HOUR, List.of(List.of(Matcher.equal("host", "h3"))));
      s.delete(T0 - 90 * HOUR, T0 + 90 * HOUR, List.of(List.of(Matcher.equal("host", "h5"))));
    }
    sameAll(db, plain, r);
    db.close();
    db = MetricsDatabase.open(folder, OPTIONS);
    sameAll(db, plain, r);
    db.cleanTombstones();
    sameAll(db, plain, r);
    assertThat(db.blockList()).allSatisfy(b -> assertThat(b.tombstones()).isZero());
    fill(r, db, plain, 2000, 3000, 0);
    db.maintain();
    sameAll(db, plain, r);
    db.close();
  }

  @Test
  void openSelectionsSurviveTheirBlocks() {
    Random r = new Random(3);
    MemoryMetricStore plain = new MemoryMetricStore();
    try (MetricsDatabase db = MetricsDatabase.open(folder, OPTIONS)) {
      fill(r, db, plain, 0, 1500, 0);
      try (Selection before = db.select(SelectHints.range(0, Long.MAX_VALUE), List.of())) {
        db.maintain();
        try (Selection during = db.select(SelectHints.range(0, Long.MAX_VALUE), List.of())) {
          fill(r, db, plain, 1500, 5000, 0);
          db.maintain();
          SampleBuffer x = new SampleBuffer();
          SampleBuffer y = new SampleBuffer();
          assertThat(during.size()).isEqualTo(before.size());
          for (int i = 0; i < before.size(); i++) {
            before.read(i, x);
            during.read(i, y);
            assertThat(x.size).isEqualTo(y.size).isLessThanOrEqualTo(1500);
          }
        }
      }
      sameAll(db, plain, r);
    }
  }

  @Test
  void snapshotsAreDatabases() {
    Random r = new Random(4);
    MemoryMetricStore plain = new MemoryMetricStore();
    try (MetricsDatabase db = MetricsDatabase.open(folder.resolve("a"), OPTIONS)) {
      fill(r, db, plain, 0, 2000, 50);
      db.maintain();
      fill(r, db, plain, 2000, 2200, 50);
      db.snapshot(folder.resolve("b"), false);
      assertThatThrownBy(() -> db.snapshot(folder.resolve("b"), false))
          .isInstanceOf(StorageException.class)
          .hasMessageContaining("not empty");
      sameAll(db, plain, r);
    }
    try (MetricsDatabase copy = MetricsDatabase.open(folder.resolve("b"), OPTIONS)) {
      sameAll(copy, plain, r);
    }
  }

  @Test
  void appliesRetentionByTimeAndSize() {
    Random r = new Random(5);
    MemoryMetricStore plain = new MemoryMetricStore();
    DatabaseOptions o = OPTIONS.withRetention(Duration.ofHours(6), 0);
    try (MetricsDatabase db = MetricsDatabase.open(folder, o)) {
      fill(r, db, plain, 0, 4000, 0);
      db.maintain();
      List<BlockInfo> blocks = db.blockList();
      long newest = blocks.getLast().maxTime();
      assertThat(blocks).allSatisfy(b -> assertThat(newest - b.maxTime()).isLessThan(6 * HOUR));
      assertThat(blocks.size()).isGreaterThan(1);
      db.reconfigure(o.withRetention(Duration.ofHours(6), 1));
      db.maintain();
      assertThat(db.blockList()).isEmpty();
    }
  }

  @Test
  void idleSeriesLeaveMemory() {
    try (MetricsDatabase db = MetricsDatabase.open(folder, OPTIONS)) {
      Labels gone = Labels.of("__name__", "gone");
      long ref;
      try (Appender a = db.appender()) {
        ref = a.series(gone);
        a.append(ref, 0, T0, 1);
        a.commit();
      }
      for (int i = 0; i < 2000; i++) {
        try (Appender a = db.appender()) {
          a.append(a.series(Labels.of("__name__", "stays")), 0, T0 + i * 15_000L, i);
          a.commit();
        }
      }
      db.maintain();
      assertThat(db.stats(10).series()).isEqualTo(1);
      try (Appender a = db.appender()) {
        assertThat(a.append(ref, 0, T0 + 2000 * 15_000L, 2)).isEqualTo(Outcome.UNKNOWN_SERIES);
        long again = a.series(gone);
        assertThat(a.append(again, 0, T0 + 2000 * 15_000L, 2)).isEqualTo(Outcome.OK);
        a.commit();
      }
      SampleBuffer b = new SampleBuffer();
      try (Selection s =
          db.select(
              SelectHints.range(0, Long.MAX_VALUE), List.of(Matcher.equal("__name__", "gone")))) {
        s.read(0, b);
        assertThat(b.size).isEqualTo(2);
      }
    }
  }

  @Test
  void keepsSamplesOfASeriesEvictedDuringTheirCommit() {
    try (MetricsDatabase db = MetricsDatabase.open(folder, OPTIONS)) {
      Labels gone = Labels.of("__name__", "gone");
      try (Appender a = db.appender()) {
        a.append(a.series(gone), 0, T0, 1);
        a.commit();
      }
      try (Appender slow = db.appender()) {
        slow.append(slow.series(gone), 0, T0 + HOUR, 2);
        for (int i = 0; i < 2000; i++) {
          try (Appender a = db.appender()) {
            a.append(a.series(Labels.of("__name__", "stays")), 0, T0 + i * 15_000L, i);
            a.commit();
          }
        }
        db.maintain();
        assertThat(db.stats(10).series()).isEqualTo(1);
        slow.commit();
      }
      SampleBuffer b = new SampleBuffer();
      try (Selection s =
          db.select(
              SelectHints.range(0, Long.MAX_VALUE), List.of(Matcher.equal("__name__", "gone")))) {
        s.read(0, b);
        assertThat(b.size).isEqualTo(2);
      }
    }
  }

  @Test
  void limitsAreNamed() {
    DatabaseOptions o = OPTIONS.withLimits(3, 10, Duration.ofMinutes(10));
    try (MetricsDatabase db = MetricsDatabase.open(folder, o)) {
      try (Appender a = db.appender()) {
        for (int i = 0; i < 3; i++) {
          a.append(a.series(Labels.of("i", "" + i)), 0, T0, 1);
        }
        assertThatThrownBy(() -> a.series(Labels.of("i", "3")))
            .isInstanceOfSatisfying(
                StorageException.class,
                e -> {
                  assertThat(e.reason()).isEqualTo(StorageException.Reason.LIMIT);
                  assertThat(e)
                      .hasMessageContaining("already holds 3 series")
                      .hasMessageContaining("--storage.max-series")
                      .hasMessageContaining("i=\"3\"");
                });
        long known = a.series(Labels.of("i", "1"));
        assertThat(a.append(known, 0, System.currentTimeMillis() + 3_600_000, 1))
            .isEqualTo(Outcome.OUT_OF_BOUNDS);
        a.commit();
      }
    }
  }

  @Test
  void opensOneStorePerFolder() throws IOException {
    try (MetricsDatabase db = MetricsDatabase.open(folder, OPTIONS)) {
      assertThat(db.blockList()).isEmpty();
      assertThatThrownBy(() -> MetricsDatabase.open(folder, OPTIONS))
          .isInstanceOf(StorageException.class)
          .hasMessageContaining("locked");
    }
    List<Path> left = new ArrayList<>();
    try (var s = Files.list(folder)) {
      s.forEach(left::add);
    }
    MetricsDatabase.open(folder, OPTIONS).close();
    assertThat(left).isNotEmpty();
  }

  @Test
  void blockReportsItsSizeByPart() {
    try (MetricsDatabase db = MetricsDatabase.open(folder, OPTIONS)) {
      fill(new Random(5), db, new MemoryMetricStore(), 0, 1500, 0);
      db.maintain();
      assertThat(db.blockList()).anyMatch(b -> b.histograms() > 0);
      for (BlockInfo b : db.blockList()) {
        if (b.histograms() == 0) {
          continue; // a short one that no other was merged with
        }
        assertThat(b.floats()).isGreaterThan(b.histograms());
        long bytes = b.parts().stream().mapToLong(BlockInfo.Part::bytes).sum();
        assertThat(bytes)
            .isBetween(b.bytes() - 1000, b.bytes()); // all but what the block says of itself
        assertThat(b.parts().stream().mapToLong(BlockInfo.Part::samples).sum())
            .isEqualTo(b.samples());
        assertThat(b.parts().stream().mapToLong(BlockInfo.Part::chunks).sum())
            .isEqualTo(b.chunks());
        assertThat(b.parts())
            .extracting(BlockInfo.Part::name)
            .contains(
                "constant",
                "integer differences",
                "byte planes",
                "histogram",
                "sums with last places",
                "timestamps",
                "start timestamps",
                "directory",
                "labels",
                "postings");
      }
      assertThat(db.blockList()).isNotEmpty();
    }
  }
}
