package dev.tethys.store.metrics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tethys.model.Histogram;
import dev.tethys.model.Labels;
import dev.tethys.model.file.FileAccess;
import dev.tethys.model.storage.Appender;
import dev.tethys.model.storage.SampleBuffer;
import dev.tethys.model.storage.SelectHints;
import dev.tethys.model.storage.Selection;
import dev.tethys.model.storage.StorageException;
import dev.tethys.testkit.SimulatedFiles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Blocks written past the head, and samples sorted into them. */
@Tag("slow")
class BlockImportTest {
  private static final long HOUR = 3_600_000;
  private static final long T0 = 1_700_000_000_000L / (2 * HOUR) * (2 * HOUR);
  private static final long NOW = T0 + 100 * HOUR;

  private static final DatabaseOptions OPTIONS =
      DatabaseOptions.DEFAULTS
          .withBackground(false)
          .withRetention(Duration.ZERO, 0)
          .withOutOfOrderWindow(DatabaseOptions.ANY_AGE)
          .withClock(() -> Instant.ofEpochMilli(NOW));

  @TempDir Path folder;

  private static SampleBuffer samples(long from, long to, long step, double add) {
    SampleBuffer b = new SampleBuffer();
    for (long t = from; t < to; t += step) {
      b.add(0, t, (t - T0) / 1000.0 + add);
    }
    return b;
  }

  private static TreeMap<Long, Double> read(MetricsDatabase db, Labels l) {
    TreeMap<Long, Double> out = new TreeMap<>();
    try (Selection s = db.select(SelectHints.range(Long.MIN_VALUE, Long.MAX_VALUE), List.of())) {
      SampleBuffer b = new SampleBuffer();
      for (int i = 0; i < s.size(); i++) {
        if (s.labels(i).equals(l)) {
          s.read(i, b);
          for (int k = 0; k < b.size; k++) {
            assertThat(out.put(b.timestamps[k], b.values[k])).isNull();
          }
        }
      }
    }
    return out;
  }

  private static void append(MetricsDatabase db, Labels l, long t, double v) {
    try (Appender a = db.appender()) {
      assertThat(a.append(a.series(l), 0, t, v)).isEqualTo(Appender.Outcome.OK);
      a.commit();
    }
  }

  private static void same(TreeMap<Long, Double> got, TreeMap<Long, Double> want) {
    want.forEach((t, v) -> assertThat(got.get(t)).as("at %d", t).isEqualTo(v));
    assertThat(got).hasSameSizeAs(want);
  }

  /** What a process killed now would leave. */
  private static Path killed(Path from, Path to) throws IOException {
    try (Stream<Path> all = Files.walk(from)) {
      for (Path p : all.toList()) {
        Path q = to.resolve(from.relativize(p));
        if (Files.isDirectory(p)) {
          Files.createDirectories(q);
        } else {
          Files.copy(p, q);
        }
      }
    }
    return to;
  }

  @Test
  void finishedBlockIsVisibleAndLaterAppendsStay() throws IOException {
    Labels a = Labels.of("__name__", "a");
    Labels b = Labels.of("__name__", "b");
    Path data = folder.resolve("data");
    Path left;
    try (MetricsDatabase db = MetricsDatabase.open(data, OPTIONS)) {
      try (BlockImport in = db.blockImport()) {
        assertThat(in.floor()).isEqualTo(Long.MAX_VALUE);
        try (BlockImport.Draft d = in.begin(null, T0, T0 + 2 * HOUR, List.of(), 1)) {
          assertThat(d.add(a, samples(T0, T0 + 2 * HOUR, 15_000, 0))).isEqualTo(480);
          assertThat(d.add(b, samples(T0, T0 + HOUR, 60_000, 1))).isEqualTo(60);
          BlockInfo made = Objects.requireNonNull(d.finish());
          assertThat(made.samples()).isEqualTo(540);
          assertThat(in.contains(List.of(made.ulid()))).isTrue();
        }
        assertThat(in.contains(List.of("01BZJ9WJQPWHGNC2W4J9TA62KC"))).isFalse();
      }
      assertThat(read(db, a)).hasSize(480);
      append(db, a, T0 + 2 * HOUR + 5, 7);
      append(db, b, T0 + HOUR + 5, 8); // behind the end of the block: late, and kept
      left = killed(data, folder.resolve("left"));
    }
    for (Path p : List.of(data, left)) {
      try (MetricsDatabase db = MetricsDatabase.open(p, OPTIONS)) {
        assertThat(read(db, a)).hasSize(481).containsEntry(T0 + 2 * HOUR + 5, 7.0);
        assertThat(read(db, b)).hasSize(61).containsEntry(T0 + HOUR + 5, 8.0);
      }
    }
  }

  @Test
  void rejectedBlockLeavesNoFilesForTheNextStart() {
    Labels a = Labels.of("__name__", "a");
    Path data = folder.resolve("data");
    try (MetricsDatabase db = MetricsDatabase.open(data, OPTIONS)) {
      try (BlockImport in = db.blockImport();
          BlockImport.Draft d = in.begin(null, T0, T0 + 2 * HOUR, List.of(), 1)) {
        d.add(a, samples(T0, T0 + 2 * HOUR, 15_000, 0));
        append(db, a, T0 + HOUR, 7);
        assertThatThrownBy(d::finish).hasMessageContaining("were appended while it was written");
        assertThat(data.resolve(d.ulid())).doesNotExist();
      }
    }
    try (MetricsDatabase db = MetricsDatabase.open(data, OPTIONS)) {
      assertThat(db.blockList()).isEmpty();
      assertThat(read(db, a)).containsExactly(Map.entry(T0 + HOUR, 7.0));
    }
  }

  @Test
  void failedRenameOfAnImportLeavesTheStoreUnchanged() {
    for (String failing : List.of("rename", "syncDirectory")) {
      SimulatedFiles disk = new SimulatedFiles(1);
      boolean[] fails = new boolean[1];
      Path where = Path.of("/data");
      FileAccess files =
          WatchedFiles.of(
              disk,
              (operation, arguments) -> {
                if (fails[0] && operation.equals(failing)) {
                  fails[0] = false;
                  throw new IOException("Input/output error");
                }
              });
      DatabaseOptions strict = OPTIONS.withOutOfOrderWindow(Duration.ZERO);
      Labels a = Labels.of("__name__", "a");
      Labels b = Labels.of("__name__", "b");
      try (MetricsDatabase db = MetricsDatabase.open(where, strict, files)) {
        try (BlockImport in = db.blockImport()) {
          try (BlockImport.Draft d = in.begin(null, T0, T0 + 2 * HOUR, List.of(), 1)) {
            d.add(a, samples(T0, T0 + 2 * HOUR, 15_000, 0));
            fails[0] = true;
            assertThatThrownBy(d::finish).hasMessageContaining("Input/output error");
          }
          assertThat(db.blockList()).isEmpty();
          assertThat(disk.list(where)).noneMatch(p -> p.getFileName().toString().startsWith("01"));
          try (BlockImport.Draft d = in.begin(null, T0, T0 + HOUR, List.of(), 1)) {
            d.add(a, samples(T0, T0 + HOUR, 15_000, 0));
            d.finish();
          }
        }
        assertThat(read(db, a)).hasSize(240);
        append(db, b, T0 + HOUR + 5, 8); // behind what came in, before what did not
        try (MetricsDatabase left = MetricsDatabase.open(where, strict, disk.afterKill())) {
          assertThat(read(left, a)).hasSize(240);
          assertThat(read(left, b)).hasSize(1);
        }
      }
    }
  }

  @Test
  void keepsSamplesOfTheHeadThatAnImportedBlockOverlaps() throws IOException {
    Labels a = Labels.of("__name__", "a");
    Labels n = Labels.of("__name__", "new");
    Path data = folder.resolve("data");
    TreeMap<Long, Double> want = new TreeMap<>();
    Path left;
    try (MetricsDatabase db = MetricsDatabase.open(data, OPTIONS)) {
      for (int i = 0; i < 240; i++) {
        long t = T0 + 3 * HOUR + i * 30_000L;
        append(db, a, t, -i);
        want.put(t, (double) -i);
      }
      try (BlockImport in = db.blockImport()) {
        assertThat(in.floor()).isEqualTo(T0 + 2 * HOUR);
        try (BlockImport.Draft d = in.begin(null, T0, T0 + 6 * HOUR, List.of(), 1)) {
          SampleBuffer b = samples(T0, T0 + 4 * HOUR, 20_000, 0);
          assertThat(d.add(a, b)).isEqualTo(360);
          for (int i = 0; i < b.size; i++) {
            want.putIfAbsent(b.timestamps[i], b.values[i]); // what was here stays
          }
          assertThat(d.add(n, b)).isEqualTo(360);
          d.finish();
        }
        assertThat(in.appended() + in.refused()).isEqualTo(2 * 360);
      }
      same(read(db, a), want);
      left = killed(data, folder.resolve("left"));
    }
    for (Path p : List.of(data, left)) {
      for (int round = 0; round < 2; round++) {
        try (MetricsDatabase db = MetricsDatabase.open(p, OPTIONS)) {
          same(read(db, a), want);
          assertThat(read(db, n)).hasSize(720);
          append(db, a, T0 + (20 + round) * HOUR, 1); // makes the ranges before it due
          want.put(T0 + (20 + round) * HOUR, 1.0);
          db.maintain();
          same(read(db, a), want);
        }
      }
      want.tailMap(T0 + 20 * HOUR).clear();
    }
  }

  @Test
  void abandonedBlockLeavesNothing() throws IOException {
    try (MetricsDatabase db = MetricsDatabase.open(folder, OPTIONS);
        BlockImport in = db.blockImport()) {
      try (BlockImport.Draft d = in.begin(null, T0, T0 + HOUR, List.of(), 1)) {
        d.add(Labels.of("__name__", "a"), samples(T0, T0 + HOUR, 15_000, 0));
      }
      assertThat(db.blockList()).isEmpty();
      assertThat(StoredBlock.folders(folder)).isEmpty();
      try (Stream<Path> s = Files.list(folder)) {
        assertThat(s.filter(p -> p.toString().contains(Blocks.CREATING))).isEmpty();
      }
    }
  }

  @Test
  void presentBlockEndsWithItsSamples() {
    Labels a = Labels.of("__name__", "a");
    try (MetricsDatabase db = MetricsDatabase.open(folder, OPTIONS)) {
      try (BlockImport in = db.blockImport();
          BlockImport.Draft d = in.begin(null, NOW - HOUR, NOW + HOUR, List.of(), 1)) {
        d.add(a, samples(NOW - HOUR, NOW, 15_000, 0));
        BlockInfo made = Objects.requireNonNull(d.finish());
        assertThat(made.maxTime()).isEqualTo(NOW - 15_000 + 1);
      }
      append(db, a, NOW, 1);
      assertThat(read(db, a)).hasSize(241);
    }
  }

  @Test
  void copyWithTheHeadContinuesAfterItsNewestSample() {
    Labels a = Labels.of("__name__", "a");
    Path copy = folder.resolve("copy");
    try (MetricsDatabase db = MetricsDatabase.open(folder.resolve("data"), OPTIONS)) {
      append(db, a, NOW - HOUR, 1);
      db.snapshot(copy, false);
    }
    DatabaseOptions strict = OPTIONS.withOutOfOrderWindow(Duration.ZERO);
    for (int round = 1; round < 4; round++) {
      try (MetricsDatabase db = MetricsDatabase.open(copy, strict)) {
        append(db, a, NOW - HOUR + round * 15_000, 2);
        assertThat(read(db, a)).hasSize(1 + round);
      }
    }
  }

  @Test
  void returnsSamplesInBlockOrder() {
    Random r = new Random(7);
    TreeMap<Labels, TreeMap<Long, Object>> want = new TreeMap<>();
    try (MetricsDatabase db = MetricsDatabase.open(folder, OPTIONS);
        SampleSorter sorter = db.sampleSorter(256 << 10)) {
      for (int i = 0; i < 60_000; i++) {
        Labels l = Labels.of("__name__", "m" + r.nextInt(3), "host", "h" + r.nextInt(40));
        long t = T0 + r.nextInt(2_000) * 1000L;
        Object v;
        if (r.nextInt(20) == 0) {
          Histogram h = histogram(r.nextInt(9));
          sorter.add(l, t - 5, t, h);
          v = h;
        } else {
          v = r.nextDouble();
          sorter.add(l, i % 3 == 0 ? t - 9 : 0, t, (double) v);
        }
        want.computeIfAbsent(l, k -> new TreeMap<>()).putIfAbsent(t, v);
      }
      assertThat(sorter.samples()).isEqualTo(60_000);
      TreeMap<Labels, TreeMap<Long, Object>> got = new TreeMap<>();
      Labels[] last = {Labels.EMPTY};
      for (long from = T0; from < T0 + 2_000_000; from += 700_000) {
        last[0] = Labels.EMPTY;
        sorter.read(
            from,
            from + 699_999,
            (l, b) -> {
              assertThat(l).isGreaterThan(last[0]);
              last[0] = l;
              for (int i = 0; i < b.size; i++) {
                Histogram h = b.histograms == null ? null : b.histograms[i];
                got.computeIfAbsent(l, k -> new TreeMap<>())
                    .put(b.timestamps[i], h == null ? (Object) b.values[i] : h);
              }
            });
      }
      assertThat(got).isEqualTo(want);
    }
  }

  private static Histogram histogram(int n) {
    return new Histogram(
        true,
        Histogram.ResetHint.UNKNOWN,
        3,
        0.01,
        n,
        n + 3.0,
        n * 0.25,
        new int[] {1, 2, 1, 1},
        new double[] {1, 1, 1},
        new int[0],
        new double[0],
        null);
  }

  @Test
  void rejectsPrometheusFolderWithoutChangingIt() throws IOException {
    Path block = folder.resolve("01BZJ9WJQPWHGNC2W4J9TA62KC/chunks");
    Files.createDirectories(block);
    assertThatThrownBy(() -> MetricsDatabase.open(folder, OPTIONS))
        .isInstanceOf(StorageException.class)
        .hasMessageContaining("Prometheus server")
        .hasMessageContaining("tethys tool tsdb import prometheus " + folder);
    try (Stream<Path> s = Files.list(folder)) {
      assertThat(s).containsExactly(block.getParent());
    }
    // One that was dropped among ours.
    Files.createDirectories(folder.resolve("head"));
    assertThatThrownBy(() -> MetricsDatabase.open(folder, OPTIONS))
        .hasMessageContaining("a block of Prometheus, 01BZJ9WJQPWHGNC2W4J9TA62KC")
        .hasMessageContaining("Move it out of the folder");
    Path head = folder.resolve("other/chunks_head");
    Files.createDirectories(head);
    assertThatThrownBy(() -> MetricsDatabase.open(folder.resolve("other"), OPTIONS))
        .hasMessageContaining("chunks_head");
  }
}
