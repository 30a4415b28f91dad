package dev.tethys.store.metrics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tethys.model.Labels;
import dev.tethys.model.Matcher;
import dev.tethys.model.file.FileAccess;
import dev.tethys.model.file.RealFiles;
import dev.tethys.model.storage.Appender;
import dev.tethys.model.storage.SampleBuffer;
import dev.tethys.model.storage.SelectHints;
import dev.tethys.model.storage.Selection;
import dev.tethys.model.storage.StorageException;
import dev.tethys.store.metrics.internal.block.BlockReader;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Blocks that the disk does not give for a while, as when a file system goes away under them: a
 * file that lost its end fails in the same way where it is mapped.
 */
@Tag("slow")
class FailingReadsTest {
  private static final long HOUR = 3_600_000;
  private static final long T0 = 1_699_999_200_000L / (18 * HOUR) * (18 * HOUR);
  private static final int SERIES = 200;

  @TempDir Path folder;
  @TempDir Path elsewhere;

  private static DatabaseOptions options() {
    return DatabaseOptions.DEFAULTS
        .withBackground(false)
        .withClock(InstantSource.fixed(Instant.ofEpochMilli(T0 + 1000 * HOUR)))
        .withOutOfOrderWindow(DatabaseOptions.ANY_AGE)
        .withRetention(Duration.ofDays(300), 0);
  }

  private static void fill(MetricsDatabase db, int fromHour, int toHour) {
    Random r = new Random(fromHour);
    for (int m = fromHour * 30; m < toHour * 30; m++) {
      try (Appender a = db.appender()) {
        for (int i = 0; i < SERIES; i++) {
          a.append(
              a.series(Labels.of("__name__", "m", "i", "" + i)),
              0,
              T0 + m * 120_000L,
              r.nextDouble());
        }
        a.commit();
      }
    }
  }

  private record Answer(int samples, List<String> warnings) {}

  private static Answer read(MetricsDatabase db) {
    int n = 0;
    SampleBuffer b = new SampleBuffer();
    try (Selection s = db.select(SelectHints.range(0, Long.MAX_VALUE - 1), List.of())) {
      for (int i = 0; i < s.size(); i++) {
        s.read(i, b);
        n += b.size;
      }
      return new Answer(n, List.copyOf(s.warnings()));
    }
  }

  /** Takes the end of a file away, and gives it back. */
  private static byte[] cut(Path file, int to) throws IOException {
    byte[] all = Files.readAllBytes(file);
    try (RandomAccessFile f = new RandomAccessFile(file.toFile(), "rw")) {
      f.setLength(to);
    }
    return all;
  }

  private static void giveBack(Path file, byte[] all) throws IOException {
    try (RandomAccessFile f = new RandomAccessFile(file.toFile(), "rw")) {
      f.write(all);
    }
  }

  @Test
  void readsAndMergesBlockOnceReadable() throws IOException {
    try (MetricsDatabase db = MetricsDatabase.open(folder, options())) {
      fill(db, 0, 5);
      db.maintain();
      String failing = db.blockList().getFirst().ulid();
      Path chunks = folder.resolve(failing).resolve("chunks");
      byte[] all = cut(chunks, 4096);

      Answer a = read(db);
      assertThat(a.samples()).isLessThan(5 * 30 * SERIES);
      assertThat(a.warnings())
          .singleElement()
          .asString()
          .contains(failing)
          .contains("cannot be read");
      fill(db, 5, 40);
      db.maintain();
      assertThat(db.status().work().failures()).isZero();
      assertThat(db.blockList()).anyMatch(b -> b.ulid().equals(failing));
      assertThat(db.status().blocks().damaged()).isZero();

      giveBack(chunks, all);
      assertThat(read(db)).isEqualTo(new Answer(40 * 30 * SERIES, List.of()));
      db.maintain();
      assertThat(db.blockList()).noneMatch(b -> b.ulid().equals(failing));
      assertThat(read(db)).isEqualTo(new Answer(40 * 30 * SERIES, List.of()));
    }
  }

  @Test
  void keepsSamplesOfBlocksThatCannotBeDownsampled() throws IOException {
    List<Downsampling> levels =
        List.of(
            new Downsampling(Duration.ofMinutes(5), Duration.ofHours(10), Duration.ofDays(1000)));
    try (MetricsDatabase db = MetricsDatabase.open(folder, options())) {
      fill(db, 0, 5);
      db.maintain();
      String failing = db.blockList().getFirst().ulid();
      Path chunks = folder.resolve(failing).resolve("chunks");
      byte[] all = cut(chunks, 4096);
      fill(db, 5, 60);
      db.reconfigure(options().withDownsampling(levels).withRetention(Duration.ofHours(30), 0));
      db.maintain();
      assertThat(db.status().work().failures()).isZero();
      assertThat(db.blockList()).anyMatch(b -> b.ulid().equals(failing));
      giveBack(chunks, all);
      db.maintain();
      assertThat(db.blockList()).noneMatch(b -> b.ulid().equals(failing));
      assertThat(db.blockList()).anyMatch(b -> b.resolution() > 0 && b.minTime() <= T0);
    }
  }

  @Test
  void rejectsDeletionThatCannotFindItsSeries() throws IOException {
    List<List<Matcher>> one = List.of(List.of(Matcher.equal("i", "7")));
    try (MetricsDatabase db = MetricsDatabase.open(folder, options())) {
      fill(db, 0, 5);
      db.maintain();
      Path index = folder.resolve(db.blockList().getFirst().ulid()).resolve("index");
      byte[] all = cut(index, 0);
      assertThatThrownBy(() -> db.delete(0, Long.MAX_VALUE - 1, one))
          .isInstanceOfSatisfying(
              StorageException.class,
              e -> assertThat(e.reason()).isEqualTo(StorageException.Reason.UNAVAILABLE))
          .hasMessageContaining("cannot be read");
      giveBack(index, all);
      db.delete(0, Long.MAX_VALUE - 1, one);
      assertThat(read(db).samples()).isEqualTo(5 * 30 * (SERIES - 1));
    }
  }

  @Test
  void reopensBlockUnreadableAtStart() throws IOException {
    List<List<Matcher>> one = List.of(List.of(Matcher.equal("i", "7")));
    try (MetricsDatabase db = MetricsDatabase.open(folder, options())) {
      fill(db, 0, 5);
      db.maintain();
    }
    String failing;
    try (MetricsDatabase db = MetricsDatabase.open(folder, options())) {
      failing = db.blockList().getFirst().ulid();
    }
    Path index = folder.resolve(failing).resolve("index");
    byte[] all = Files.readAllBytes(index);
    try (MetricsDatabase db =
        MetricsDatabase.open(folder, options(), losing(new RealFiles(), index))) {
      assertThat(db.recovery().problems())
          .singleElement()
          .asString()
          .contains(failing)
          .contains("cannot be read");
      assertThat(read(db).samples()).isLessThan(5 * 30 * SERIES);
      assertThat(read(db).warnings()).singleElement().asString().contains(failing);
      assertThat(db.labelNames(0, Long.MAX_VALUE - 1, List.of(), 0).warnings())
          .singleElement()
          .asString()
          .contains(failing);
      assertThatThrownBy(() -> db.delete(0, Long.MAX_VALUE - 1, one))
          .hasMessageContaining(failing)
          .hasMessageContaining("nothing could be deleted there");
      assertThatThrownBy(() -> db.series(0, Long.MAX_VALUE - 1, List.of(List.of()), 0))
          .isInstanceOfSatisfying(
              StorageException.class,
              e -> assertThat(e.reason()).isEqualTo(StorageException.Reason.UNAVAILABLE))
          .hasMessageContaining(failing)
          .hasMessageContaining("retry");
      assertThatThrownBy(() -> db.cardinality(CardinalityQuery.everything(5)))
          .hasMessageContaining(failing);
      Path copy = elsewhere.resolve("copy");
      db.snapshot(copy, true);
      giveBack(index, all);
      assertThat(copy.resolve(failing).resolve("index")).hasBinaryContent(all);
      db.maintain();
      assertThat(read(db).warnings()).isEmpty();
      assertThat(read(db).samples()).isGreaterThan(5 * 30 * (SERIES - 1) - 1);
      db.delete(0, Long.MAX_VALUE - 1, one);
      assertThat(read(db).samples()).isEqualTo(5 * 30 * (SERIES - 1));
    }
  }

  /** A store of some blocks of which nothing is in the head; what it returns is the newest. */
  private String stored() {
    try (MetricsDatabase db = MetricsDatabase.open(elsewhere.resolve("first"), options())) {
      fill(db, 0, 30);
      db.maintain();
      db.snapshot(folder, true);
    }
    try (MetricsDatabase db = MetricsDatabase.open(folder, options())) {
      return db.blockList().getLast().ulid();
    }
  }

  @Test
  void unreadBlockFolderMayBeMovedAway() throws IOException {
    String failing = stored();
    Path index = folder.resolve(failing).resolve("index");
    try (MetricsDatabase db =
        MetricsDatabase.open(folder, options(), losing(new RealFiles(), index))) {
      assertThat(read(db).warnings()).hasSize(1);
      Files.move(folder.resolve(failing), elsewhere.resolve(failing));
      db.reconfigure(options().withRetention(Duration.ofHours(1), 0));
      db.maintain();
      assertThat(read(db).warnings()).isEmpty();
      assertThat(db.blockList()).isNotEmpty().allMatch(b -> b.minTime() > T0);
      db.delete(0, Long.MAX_VALUE - 1, List.of(List.of(Matcher.equal("i", "7"))));
    }
  }

  @Test
  void unreadableBlockDoesNotPreventMerges() throws IOException {
    String failing = stored();
    Path index = folder.resolve(failing).resolve("index");
    int size = (int) Files.size(index);
    boolean[] kept = {true};
    FileAccess files =
        WatchedFiles.of(
            losing(new RealFiles(), index),
            (operation, arguments) -> {
              if (kept[0]
                  && operation.equals("rename")
                  && arguments[0].equals(folder.resolve(failing))) {
                throw new IOException("Input/output error");
              }
            });
    try (LogLines told = new LogLines();
        MetricsDatabase db = MetricsDatabase.open(folder, options(), files)) {
      giveBack(index, new byte[size]);
      db.reconfigure(options().withRetention(Duration.ofHours(1), 0));
      db.maintain();
      db.maintain();
      assertThat(db.blockList()).isNotEmpty().allMatch(b -> b.minTime() > T0);
      assertThat(read(db).warnings()).singleElement().asString().contains(failing);
      assertThat(told.of(java.util.logging.Level.SEVERE))
          .filteredOn(l -> l.contains("cannot be put aside"))
          .hasSize(1);
      kept[0] = false;
      db.maintain();
      assertThat(folder.resolve(failing + Blocks.DAMAGED)).exists();
      assertThat(read(db).warnings())
          .singleElement()
          .asString()
          .contains("was put aside as " + failing + Blocks.DAMAGED);
    }
  }

  @Test
  void warnsWhileAnUnreadBlockIsOpened() throws IOException {
    String failing = stored();
    Path index = folder.resolve(failing).resolve("index");
    byte[] all = Files.readAllBytes(index);
    MetricsDatabase[] open = new MetricsDatabase[1];
    List<String> meanwhile = new ArrayList<>();
    FileAccess files =
        WatchedFiles.of(
            losing(new RealFiles(), index),
            (operation, arguments) -> {
              MetricsDatabase db = open[0];
              if (db != null && operation.equals("map") && arguments[0].equals(index)) {
                meanwhile.addAll(read(db).warnings());
                meanwhile.addAll(db.labelNames(0, Long.MAX_VALUE - 1, List.of(), 0).warnings());
              }
            });
    try (MetricsDatabase db = MetricsDatabase.open(folder, options(), files)) {
      giveBack(index, all);
      open[0] = db;
      db.maintain();
      assertThat(meanwhile).hasSize(2).allMatch(w -> w.contains(failing));
      assertThat(read(db).warnings()).isEmpty();
    }
  }

  @Test
  void keepsSamplesAppendedBeforeTheEndOfAnUnreadBlock() throws IOException {
    String failing = stored();
    Path index = folder.resolve(failing).resolve("index");
    byte[] all = Files.readAllBytes(index);
    Labels appended = Labels.of("__name__", "appended");
    try (MetricsDatabase db =
        MetricsDatabase.open(folder, options(), losing(new RealFiles(), index))) {
      giveBack(index, all);
      long from;
      try (MetricsDatabase first = MetricsDatabase.open(elsewhere.resolve("first"), options())) {
        from = first.blockList().getLast().minTime();
      }
      try (Appender a = db.appender()) {
        assertThat(a.append(a.series(appended), 0, from + 1, 1)).isEqualTo(Appender.Outcome.OK);
        a.commit();
      }
    }
    try (MetricsDatabase db = MetricsDatabase.open(folder, options());
        Selection s =
            db.select(
                SelectHints.range(0, Long.MAX_VALUE - 1),
                List.of(Matcher.equal("__name__", "appended")))) {
      SampleBuffer b = new SampleBuffer();
      assertThat(s.size()).isEqualTo(1);
      s.read(0, b);
      assertThat(b.size).isEqualTo(1);
    }
  }

  /** Files of which one loses its content when it is first mapped. */
  private static FileAccess losing(FileAccess files, Path one) {
    boolean[] lost = new boolean[1];
    return WatchedFiles.after(
        files,
        (operation, arguments) -> {
          if (operation.equals("map") && arguments[0].equals(one) && !lost[0]) {
            lost[0] = true;
            cut(one, 0);
          }
        });
  }

  @Test
  void pausesGrowToAnHour() throws IOException {
    Path block;
    try (MetricsDatabase db = MetricsDatabase.open(folder, options())) {
      fill(db, 0, 5);
      db.maintain();
      block = folder.resolve(db.blockList().getFirst().ulid());
    }
    BlockReader b = new BlockReader(new RealFiles(), block);
    long[] now = {Long.MAX_VALUE - 5};
    BlockBackoff r = new BlockBackoff(() -> now[0]);
    cut(block.resolve("index"), 0);
    cut(block.resolve("chunks"), 0);
    long expected = BlockBackoff.LEAST_NANOS;
    for (int i = 0; i < 9; i++) {
      assertThat(r.isBackedOff(b)).isFalse();
      assertThat(r.restAfterFailures(List.of(b))).isFalse();
      assertThatThrownBy(() -> b.answer(() -> b.of("i", "7")))
          .hasMessageContaining("cannot be read");
      assertThat(r.restAfterFailures(List.of(b))).isTrue();
      now[0] += expected - 1;
      assertThat(r.isBackedOff(b)).as("just before the end of rest %d", i).isTrue();
      now[0]++;
      expected = Math.min(expected * 2, BlockBackoff.MOST_NANOS);
    }
    b.retire(() -> {});
  }
}
