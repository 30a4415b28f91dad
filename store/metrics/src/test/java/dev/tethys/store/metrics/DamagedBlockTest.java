package dev.tethys.store.metrics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tethys.model.Labels;
import dev.tethys.model.Matcher;
import dev.tethys.model.cancellation.Cancellation;
import dev.tethys.model.exposition.Registry;
import dev.tethys.model.storage.Appender;
import dev.tethys.model.storage.SampleBuffer;
import dev.tethys.model.storage.SelectHints;
import dev.tethys.model.storage.Selection;
import dev.tethys.model.storage.StorageException;
import dev.tethys.testkit.SimulatedFiles;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Blocks of which a part turns out to be damaged when it is read, long after they were opened. */
@Tag("slow")
class DamagedBlockTest {
  private static final long HOUR = 3_600_000;
  private static final long T0 = 1_699_999_200_000L / (18 * HOUR) * (18 * HOUR);
  private static final Path FOLDER = Path.of("/data");
  private static final int SERIES = 200;
  private static final int SAMPLES_AN_HOUR = 30;

  private final SimulatedFiles disk = new SimulatedFiles(5);

  private static DatabaseOptions options(Duration keep) {
    return DatabaseOptions.DEFAULTS
        .withBackground(false)
        .withClock(InstantSource.fixed(Instant.ofEpochMilli(T0 + 1000 * HOUR)))
        .withOutOfOrderWindow(DatabaseOptions.ANY_AGE)
        .withRetention(new RetentionPolicy(keep, 0, 0, List.of()));
  }

  /** Values that do not compress, so that a block has several groups. */
  private static void fill(MetricsDatabase db, int fromHour, int toHour) {
    Random r = new Random(fromHour);
    for (int h = fromHour; h < toHour; h++) {
      for (int m = 0; m < SAMPLES_AN_HOUR; m++) {
        try (Appender a = db.appender()) {
          for (int i = 0; i < SERIES; i++) {
            a.append(
                a.series(Labels.of("__name__", "m", "i", "" + i)),
                0,
                T0 + h * HOUR + m * 120_000L,
                r.nextDouble());
          }
          a.commit();
        }
      }
    }
  }

  /** A store with three blocks of two hours, the second of which has lost its first group. */
  private List<BlockInfo> damaged(int hours, Duration keep) throws IOException {
    List<BlockInfo> all;
    try (MetricsDatabase db = MetricsDatabase.open(FOLDER, options(keep), disk)) {
      // A merge needs more space than there is: the blocks stay unchanged.
      fill(db, 0, hours);
      disk.setFree(Compaction.RESERVE);
      db.maintain();
      disk.setFree(Long.MAX_VALUE);
      all = db.blockList();
    }
    damage(disk, all.get(1), "chunks", 108);
    return all;
  }

  private static void damage(SimulatedFiles disk, BlockInfo block, int at) throws IOException {
    damage(disk, block, "index", at);
  }

  private static void damage(SimulatedFiles disk, BlockInfo block, String file, int at)
      throws IOException {
    disk.damage(
        FOLDER.resolve(block.ulid()).resolve(file),
        b -> {
          b[at] ^= 1;
          return b;
        });
  }

  private record Answer(TreeMap<Long, Integer> perHour, List<String> warnings) {}

  private static Answer read(MetricsDatabase db) {
    TreeMap<Long, Integer> out = new TreeMap<>();
    SampleBuffer b = new SampleBuffer();
    try (Selection s =
        db.select(
            SelectHints.range(0, Long.MAX_VALUE - 1), List.of(Matcher.equal("__name__", "m")))) {
      for (int i = 0; i < s.size(); i++) {
        s.read(i, b);
        for (int k = 0; k < b.size; k++) {
          out.merge((b.timestamps[k] - T0) / HOUR, 1, Integer::sum);
        }
      }
      return new Answer(out, List.copyOf(s.warnings()));
    }
  }

  @Test
  void namesBlockPutAsideUntilItsFolderIsRemoved() throws IOException {
    List<BlockInfo> all = damaged(9, Duration.ofDays(300));
    String id = all.get(2).ulid();
    damage(disk, all.get(2), 0);
    for (int start = 0; start < 2; start++) {
      try (MetricsDatabase db = MetricsDatabase.open(FOLDER, options(Duration.ofDays(300)), disk)) {
        assertThat(read(db).warnings())
            .anySatisfy(w -> assertThat(w).contains(id).contains(id + ".damaged"));
        assertThat(db.labelNames(0, Long.MAX_VALUE - 1, List.of(), 0).warnings())
            .anySatisfy(w -> assertThat(w).contains(id + ".damaged"));
        if (start == 1) {
          disk.delete(FOLDER.resolve(id + ".damaged"));
          disk.setFree(Compaction.RESERVE);
          db.maintain();
          assertThat(read(db).warnings()).noneSatisfy(w -> assertThat(w).contains(id));
        }
      }
    }
  }

  @Test
  void queryReportsDamagedGroupAndSkipsItsSamples() throws IOException {
    List<BlockInfo> all = damaged(9, Duration.ofDays(300));
    try (MetricsDatabase db = MetricsDatabase.open(FOLDER, options(Duration.ofDays(300)), disk)) {
      for (int round = 0; round < 2; round++) {
        Answer a = read(db);
        assertThat(a.perHour().get(0L)).isEqualTo(SERIES * SAMPLES_AN_HOUR);
        assertThat(a.perHour().get(8L)).isEqualTo(SERIES * SAMPLES_AN_HOUR);
        assertThat(a.perHour().get(2L)).isBetween(1, SERIES * SAMPLES_AN_HOUR - 1);
        assertThat(a.warnings())
            .singleElement()
            .asString()
            .contains(all.get(1).ulid())
            .contains("damaged");
      }
      assertThat(db.status().blocks().damaged()).isEqualTo(1);
      assertThat(db.damage())
          .singleElement()
          .asString()
          .contains(all.get(1).ulid())
          .contains("checksum of a group at")
          .contains("tsdb verify");
    }
  }

  @Test
  void mergesAndRetainsIntactBlocksNextToADamagedBlock() throws IOException {
    List<BlockInfo> all = damaged(40, Duration.ofDays(300));
    Registry registry = new Registry();
    try (MetricsDatabase db =
        MetricsDatabase.open(FOLDER, options(Duration.ofDays(300)).withRegistry(registry), disk)) {
      db.maintain();
      db.maintain();
      assertThat(db.status().work().failures()).isZero();
      List<BlockInfo> now = db.blockList();
      assertThat(now).hasSizeLessThan(all.size());
      assertThat(now).anyMatch(b -> b.ulid().equals(all.get(1).ulid()));
      assertThat(now).noneMatch(b -> b.ulid().equals(all.get(0).ulid()));
      Answer a = read(db);
      assertThat(a.perHour().get(0L)).isEqualTo(SERIES * SAMPLES_AN_HOUR);
      assertThat(a.perHour().get(30L)).isEqualTo(SERIES * SAMPLES_AN_HOUR);
      assertThat(a.perHour().get(2L)).isPositive();
      StringBuilder metrics = new StringBuilder();
      registry
          .gather()
          .forEach(
              f -> {
                if (f.name().equals("tethys_storage_damaged_blocks")) {
                  metrics.append(f.metrics());
                }
              });
      assertThat(metrics.toString()).contains("1.0");
      // Its time comes as that of the others.
      db.reconfigure(options(Duration.ofHours(20)));
      db.maintain();
      assertThat(db.blockList()).noneMatch(b -> b.ulid().equals(all.get(1).ulid()));
      assertThat(read(db).warnings()).isEmpty();
      assertThat(db.status().blocks().damaged()).isZero();
    }
  }

  @Test
  void damagedBlockIsNotDownsampledAndExpires() throws IOException {
    List<BlockInfo> all = damaged(60, Duration.ofDays(300));
    DatabaseOptions o =
        options(Duration.ofHours(50))
            .withDownsampling(
                List.of(
                    new Downsampling(
                        Duration.ofMinutes(5), Duration.ofHours(10), Duration.ofDays(1000))));
    try (MetricsDatabase db = MetricsDatabase.open(FOLDER, o, disk)) {
      db.maintain();
      assertThat(db.status().work().failures()).isZero();
      assertThat(db.status().work().downsamplings()).isPositive();
      assertThat(db.blockList()).noneMatch(b -> b.ulid().equals(all.get(1).ulid()));
    }
  }

  @Test
  void listsSeriesDespiteADamagedIndexAndWarns() throws IOException {
    List<BlockInfo> all = damaged(9, Duration.ofDays(300));
    Path index = FOLDER.resolve(all.get(0).ulid()).resolve("index");
    List<List<Matcher>> some = List.of(List.of(Matcher.equal("i", "7")));
    int met = 0;
    for (int at = 30; at < disk.size(index); at += 97) {
      SimulatedFiles copy = disk.afterKill();
      damage(copy, all.get(0), at);
      try (MetricsDatabase db = MetricsDatabase.open(FOLDER, options(Duration.ofDays(300)), copy)) {
        List<String> told = new ArrayList<>();
        List<Labels> found = db.series(0, Long.MAX_VALUE - 1, some, 0, told::add);
        assertThat(found).containsExactly(Labels.of("__name__", "m", "i", "7"));
        if (!told.isEmpty()) {
          assertThat(told).singleElement().asString().contains(all.get(0).ulid());
          assertThatThrownBy(() -> db.series(0, Long.MAX_VALUE - 1, some, 0))
              .isInstanceOf(StorageException.class)
              .hasMessageContaining(all.get(0).ulid())
              .hasMessageContaining("nothing is answered");
          met++;
        }
      }
    }
    assertThat(met).isPositive();
  }

  @Test
  void triesRetentionRulesOnceOnADamagedIndex() throws IOException {
    List<BlockInfo> all = damaged(9, Duration.ofDays(300));
    Path index = FOLDER.resolve(all.get(0).ulid()).resolve("index");
    Matcher rule = Matcher.of(Matcher.Type.REGEX, "i", ".*1.*2.*");
    DatabaseOptions o =
        options(Duration.ofDays(300))
            .withRetention(
                new RetentionPolicy(
                    Duration.ofDays(300),
                    0,
                    0,
                    List.of(new RetentionPolicy.Rule(List.of(rule), Duration.ofDays(200)))));
    int met = 0;
    for (int at = 30; at < disk.size(index); at += 97) {
      SimulatedFiles copy = disk.afterKill();
      damage(copy, all.get(0), at);
      copy.setFree(Compaction.RESERVE);
      try (MetricsDatabase db = MetricsDatabase.open(FOLDER, o, copy)) {
        db.maintain();
        if (!db.damage().isEmpty()) {
          AtomicInteger asked = new AtomicInteger();
          Cancellation.within(
              asked::incrementAndGet,
              () -> {
                db.maintain();
                return "";
              });
          assertThat(asked).as("values that the rule was tried on").hasValue(0);
          met++;
        }
      }
    }
    assertThat(met).isPositive();
  }

  @Test
  void deletesInOtherBlocksDespiteADamagedIndex() throws IOException {
    List<BlockInfo> all = damaged(9, Duration.ofDays(300));
    try (MetricsDatabase db = MetricsDatabase.open(FOLDER, options(Duration.ofDays(300)), disk)) {
      assertThat(db.blockList()).hasSize(all.size());
    }
    Path index = FOLDER.resolve(all.get(0).ulid()).resolve("index");
    int damagedIndexes = 0;
    for (int at = 30; at < disk.size(index); at += 97) {
      SimulatedFiles copy = disk.afterKill();
      damage(copy, all.get(0), at);
      damagedIndexes += deleteBeside(copy, all.get(0)) ? 1 : 0;
    }
    assertThat(damagedIndexes).isPositive();
  }

  @Test
  void deletionNamesEachDamagedBlock() throws IOException {
    List<BlockInfo> all = damaged(9, Duration.ofDays(300));
    int at = 30;
    while (!deleteBeside(damagedAt(at, all.get(0)), all.get(0))) {
      at += 97;
    }
    int other = 30;
    while (!deleteBeside(damagedAt(other, all.get(2)), all.get(2))) {
      other += 97;
    }
    damage(disk, all.get(0), at);
    damage(disk, all.get(2), other);
    try (MetricsDatabase db = MetricsDatabase.open(FOLDER, options(Duration.ofDays(300)), disk)) {
      assertThatThrownBy(
              () -> db.delete(0, Long.MAX_VALUE - 1, List.of(List.of(Matcher.equal("i", "7")))))
          .isInstanceOf(StorageException.class)
          .hasMessageContaining(all.get(0).ulid())
          .hasMessageContaining(all.get(2).ulid());
    }
  }

  private SimulatedFiles damagedAt(int at, BlockInfo block) throws IOException {
    SimulatedFiles copy = disk.afterKill();
    damage(copy, block, at);
    return copy;
  }

  /** Whether the damage is in what a deletion needs. */
  private static boolean deleteBeside(SimulatedFiles disk, BlockInfo damaged) {
    try (MetricsDatabase db = MetricsDatabase.open(FOLDER, options(Duration.ofDays(300)), disk)) {
      if (!db.recovery().problems().isEmpty()) {
        return false; // the block was put aside
      }
      List<List<Matcher>> some = List.of(List.of(Matcher.equal("i", "7")));
      boolean refused = false;
      try {
        db.delete(0, Long.MAX_VALUE - 1, some);
      } catch (StorageException e) {
        assertThat(e).hasMessageContaining(damaged.ulid());
        refused = true;
      }
      // A block that is damaged in neither case.
      try (Selection s =
          db.select(SelectHints.range(T0 + 2 * HOUR, T0 + 4 * HOUR - 1), some.get(0))) {
        SampleBuffer b = new SampleBuffer();
        for (int i = 0; i < s.size(); i++) {
          s.read(i, b);
          assertThat(b.size).isZero();
        }
      }
      assertThat(db.labelValues("i", 0, Long.MAX_VALUE - 1, List.of(), 0).values()).contains("7");
      return refused;
    }
  }
}
