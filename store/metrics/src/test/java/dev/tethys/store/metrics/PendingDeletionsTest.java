package dev.tethys.store.metrics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tethys.model.Labels;
import dev.tethys.model.Matcher;
import dev.tethys.model.file.FileAccess;
import dev.tethys.model.storage.Appender;
import dev.tethys.model.storage.SampleBuffer;
import dev.tethys.model.storage.SelectHints;
import dev.tethys.model.storage.Selection;
import dev.tethys.testkit.SimulatedFiles;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.logging.Level;
import org.junit.jupiter.api.Test;

/** Blocks that the disk does not let go when others have taken their place. */
class PendingDeletionsTest {
  private static final Path FOLDER = Path.of("/data");
  private static final long HOUR = 3_600_000;
  private static final long T0 = 1_699_999_200_000L / (18 * HOUR) * (18 * HOUR);
  private static final List<List<Matcher>> ONE = List.of(List.of(Matcher.equal("i", "1")));

  private final SimulatedFiles disk = new SimulatedFiles(1);
  private final List<Path> kept = new ArrayList<>(); // what cannot be renamed
  private final List<Path> full = new ArrayList<>(); // what cannot be deleted
  private int failingSyncs;

  private final FileAccess files =
      WatchedFiles.of(
          disk,
          (operation, arguments) -> {
            boolean refused =
                operation.equals("rename") && kept.contains(arguments[0])
                    || operation.equals("delete") && full.contains(arguments[0]);
            if (operation.equals("syncDirectory")
                && arguments[0].equals(FOLDER)
                && failingSyncs > 0) {
              failingSyncs--;
              refused = true;
            }
            if (refused) {
              throw new IOException("Input/output error");
            }
          });

  private static DatabaseOptions options(Duration keep) {
    return DatabaseOptions.DEFAULTS
        .withBackground(false)
        .withClock(InstantSource.fixed(Instant.ofEpochMilli(T0 + 1000 * HOUR)))
        .withOutOfOrderWindow(DatabaseOptions.ANY_AGE)
        .withRetention(keep, 0)
        .withLog(DatabaseOptions.Fsync.ALWAYS, 1 << 20, 1 << 20);
  }

  private static final DatabaseOptions LONG = options(Duration.ofDays(300));

  private static void fill(MetricsDatabase db, int fromHour, int toHour) {
    for (int h = fromHour; h < toHour; h++) {
      try (Appender a = db.appender()) {
        for (int i = 0; i < 3; i++) {
          a.append(a.series(Labels.of("__name__", "m", "i", "" + i)), 0, T0 + h * HOUR, h);
        }
        a.commit();
      }
    }
  }

  private static int samples(MetricsDatabase db) {
    int n = 0;
    SampleBuffer b = new SampleBuffer();
    try (Selection s = db.select(SelectHints.range(0, Long.MAX_VALUE - 1), List.of())) {
      for (int i = 0; i < s.size(); i++) {
        s.read(i, b);
        n += b.size;
      }
    }
    return n;
  }

  private List<Path> blockFolders(SimulatedFiles on) {
    return on.list(FOLDER).stream()
        .filter(p -> on.isDirectory(p) && p.getFileName().toString().startsWith("01"))
        .toList();
  }

  /** A store with blocks of two hours, none of which is merged. */
  private MetricsDatabase unmerged(int hours) {
    MetricsDatabase db = MetricsDatabase.open(FOLDER, LONG, files);
    fill(db, 0, hours);
    disk.setFree(Compaction.RESERVE);
    db.maintain();
    disk.setFree(Long.MAX_VALUE);
    return db;
  }

  private Path folderOf(MetricsDatabase db, int block) {
    return FOLDER.resolve(db.blockList().get(block).ulid());
  }

  @Test
  void deletedSamplesDoNotReturnWithAnUnremovableBlock() {
    try (LogLines told = new LogLines();
        MetricsDatabase db = unmerged(40)) {
      int blocks = db.blockList().size();
      kept.add(folderOf(db, 1));
      for (int pass = 0; pass < 3; pass++) {
        db.maintain();
      }
      assertThat(db.status().work().failures()).isZero();
      assertThat(told.of(Level.WARNING))
          .filteredOn(l -> l.contains(kept.getFirst().toString()))
          .singleElement()
          .asString()
          .contains("Input/output error")
          .contains("no blocks are merged");
      // One merge, of which all but one of the sources are gone.
      assertThat(db.blockList()).hasSizeLessThan(blocks);
      assertThat(blockFolders(disk)).hasSize(db.blockList().size() + 1);
      assertThat(samples(db)).isEqualTo(3 * 40);
      assertThatThrownBy(db::cleanTombstones).hasMessageContaining(kept.getFirst().toString());

      db.delete(0, Long.MAX_VALUE - 1, ONE);
      assertThat(samples(db)).isEqualTo(2 * 40);
      for (SimulatedFiles left : List.of(disk.afterKill(), disk.afterPowerCut())) {
        try (MetricsDatabase again = MetricsDatabase.open(FOLDER, LONG, left)) {
          assertThat(samples(again)).isEqualTo(2 * 40);
          assertThat(blockFolders(left)).doesNotContain(kept.getFirst());
        }
      }
      Path stuck = kept.getFirst();
      kept.clear();
      db.maintain();
      assertThat(blockFolders(disk)).doesNotContain(stuck).hasSize(db.blockList().size());
      assertThat(samples(db)).isEqualTo(2 * 40);
    }
  }

  @Test
  void retentionContinuesAndAppliesDeletionsToUnremovableBlocks() {
    try (MetricsDatabase db = unmerged(10)) {
      Path first = folderOf(db, 0);
      Path second = folderOf(db, 1);
      kept.add(first);
      db.reconfigure(options(Duration.ofHours(4)));
      db.maintain();
      assertThat(blockFolders(disk)).contains(first).doesNotContain(second);
      db.delete(0, Long.MAX_VALUE - 1, ONE);
      try (MetricsDatabase again = MetricsDatabase.open(FOLDER, LONG, disk.afterKill());
          Selection s = again.select(SelectHints.range(0, Long.MAX_VALUE - 1), ONE.getFirst())) {
        SampleBuffer b = new SampleBuffer();
        for (int i = 0; i < s.size(); i++) {
          s.read(i, b);
          assertThat(b.size).isZero();
        }
      }
    }
  }

  @Test
  void retriesNamelessBlockAndContinuesMerges() {
    try (MetricsDatabase db = unmerged(40)) {
      Path first = folderOf(db, 0);
      Path dying = first.resolveSibling(first.getFileName() + Blocks.DELETING);
      full.add(dying);
      db.maintain();
      assertThat(db.status().work().failures()).isZero();
      assertThat(db.blockList()).hasSizeLessThan(6);
      assertThat(blockFolders(disk)).hasSize(db.blockList().size() + 1).contains(dying);
      full.clear();
      db.maintain();
      assertThat(blockFolders(disk)).hasSize(db.blockList().size());
    }
  }

  @Test
  void startsDespiteUnremovableFiles() throws IOException {
    Path rubbish = FOLDER.resolve("01BZJ9WJQPWHGNC2W4J9TA62KC" + Blocks.CREATING);
    disk.createDirectories(rubbish);
    full.add(rubbish);
    try (MetricsDatabase db = MetricsDatabase.open(FOLDER, LONG, files)) {
      fill(db, 0, 10);
      full.clear();
      db.maintain();
      assertThat(samples(db)).isEqualTo(3 * 10);
      assertThat(disk.exists(rubbish)).isFalse();
    }
  }

  @Test
  void deletionsSurviveAMergedBlockThatIsNotDurable() {
    try (MetricsDatabase db = unmerged(40)) {
      failingSyncs = 2; // that of its name, and that of its removal
      assertThatThrownBy(db::maintain).hasMessageContaining("Input/output error");
      db.delete(0, Long.MAX_VALUE - 1, ONE);
      for (SimulatedFiles left : List.of(disk.afterKill(), disk.afterPowerCut())) {
        try (MetricsDatabase again = MetricsDatabase.open(FOLDER, LONG, left)) {
          assertThat(samples(again)).isEqualTo(2 * 40);
        }
      }
      db.maintain();
      assertThat(blockFolders(disk)).hasSize(db.blockList().size());
      assertThat(samples(db)).isEqualTo(2 * 40);
    }
  }

  @Test
  void unfinishableBlocksDoNotAccumulate() {
    try (MetricsDatabase db = MetricsDatabase.open(FOLDER, LONG, files)) {
      fill(db, 0, 10);
      failingSyncs = 100;
      for (int pass = 0; pass < 5; pass++) {
        assertThatThrownBy(db::maintain).hasMessageContaining("cannot write blocks");
      }
      assertThat(blockFolders(disk)).hasSize(1);
      failingSyncs = 0;
      db.maintain();
      assertThat(blockFolders(disk)).hasSize(db.blockList().size());
      assertThat(samples(db)).isEqualTo(3 * 10);
    }
  }

  @Test
  void removesABlockWhoseFolderWasDeleted() throws IOException {
    try (MetricsDatabase db = unmerged(40)) {
      kept.add(folderOf(db, 1));
      db.maintain();
      disk.delete(kept.getFirst());
      kept.clear();
      db.maintain();
      db.delete(0, Long.MAX_VALUE - 1, ONE);
      db.cleanTombstones();
      assertThat(samples(db)).isEqualTo(2 * 40);
      assertThat(blockFolders(disk)).hasSize(db.blockList().size());
    }
  }

  @Test
  void keepsTheReplacementOfAnUnreadBlockUntilItIsReadable() {
    Path replaced;
    SimulatedFiles left;
    try (MetricsDatabase db = unmerged(40)) {
      replaced = folderOf(db, 1);
      kept.add(replaced);
      db.maintain();
      left = disk.afterKill();
    }
    boolean[] fails = {true};
    FileAccess failing =
        WatchedFiles.of(
            left,
            (operation, arguments) -> {
              if (fails[0]
                  && operation.equals("map")
                  && ((Path) arguments[0]).startsWith(replaced)) {
                throw new InternalError("a fault occurred");
              }
            });
    try (MetricsDatabase db = MetricsDatabase.open(FOLDER, LONG, failing)) {
      db.maintain();
      assertThatThrownBy(() -> db.delete(0, Long.MAX_VALUE - 1, ONE))
          .hasMessageContaining("nothing could be deleted there");
      fails[0] = false;
      db.maintain();
      db.maintain();
      assertThat(samples(db)).isEqualTo(2 * 40);
      assertThat(left.exists(replaced)).isFalse();
    }
  }

  @Test
  void failedImportLeavesTheHeadOpenDespiteAnUnremovableBlock() {
    DatabaseOptions strict = options(Duration.ofHours(4)).withOutOfOrderWindow(Duration.ZERO);
    try (MetricsDatabase db = MetricsDatabase.open(FOLDER, strict, files);
        BlockImport in = db.blockImport()) {
      brought(in, T0);
      kept.add(folderOf(db, 0));
      brought(in, T0 + 10 * HOUR);
      db.maintain();
      assertThat(db.blockList()).hasSize(1);
      assertThat(blockFolders(disk)).hasSize(2);
      try (BlockImport.Draft d = draft(in, T0 + 12 * HOUR)) {
        kept.add(FOLDER.resolve(d.ulid() + Blocks.CREATING));
        assertThatThrownBy(d::finish).hasMessageContaining("Input/output error");
      }
      try (Appender a = db.appender()) {
        assertThat(a.append(a.series(Labels.of("__name__", "b")), 0, T0 + 12 * HOUR + 5, 8))
            .isEqualTo(Appender.Outcome.OK);
        a.commit();
      }
    }
  }

  private static BlockImport.Draft draft(BlockImport in, long from) {
    BlockImport.Draft d = in.begin(null, from, from + 2 * HOUR, List.of(), 1);
    SampleBuffer b = new SampleBuffer();
    b.add(0, from, 1);
    d.add(Labels.of("__name__", "a"), b);
    return d;
  }

  private static void brought(BlockImport in, long from) {
    try (BlockImport.Draft d = draft(in, from)) {
      d.finish();
    }
  }

  @Test
  void importDoesNotReuseTheNameOfAPendingDeletion() throws IOException {
    String id = "01BZJ9WJQPWHGNC2W4J9TA62KC";
    Path rubbish = FOLDER.resolve(id + Blocks.CREATING);
    disk.createDirectories(rubbish);
    full.add(rubbish);
    try (MetricsDatabase db = MetricsDatabase.open(FOLDER, LONG, files);
        BlockImport in = db.blockImport();
        BlockImport.Draft d = in.begin(id, T0, T0 + 2 * HOUR, List.of(), 1)) {
      assertThat(d.ulid()).isNotEqualTo(id);
    }
  }
}
