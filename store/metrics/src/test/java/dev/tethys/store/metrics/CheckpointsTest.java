package dev.tethys.store.metrics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tethys.model.Labels;
import dev.tethys.model.Matcher;
import dev.tethys.model.storage.Appender;
import dev.tethys.model.storage.ChangeLog;
import dev.tethys.model.storage.SampleBuffer;
import dev.tethys.model.storage.SelectHints;
import dev.tethys.model.storage.Selection;
import dev.tethys.model.storage.StorageException;
import dev.tethys.store.files.ByteSink;
import dev.tethys.store.files.WriteAheadLog;
import dev.tethys.store.metrics.internal.head.Head;
import dev.tethys.store.metrics.internal.head.HeadSettings;
import dev.tethys.testkit.SimulatedFiles;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Random;
import java.util.logging.Level;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * Snapshots of the head on a disk that is full or fails, and with a log that was removed from
 * outside.
 */
@Tag("slow")
class CheckpointsTest {
  private static final Path FOLDER = Path.of("/data");
  private static final long T0 = 1_699_999_200_000L;

  private static DatabaseOptions options() {
    return DatabaseOptions.DEFAULTS
        .withBackground(false)
        .withRetention(Duration.ofDays(1000), 0)
        .withLog(DatabaseOptions.Fsync.EACH_SECOND, 1 << 20, 8192);
  }

  private static void append(MetricsDatabase db, int from, int to) {
    for (int i = from; i < to; i++) {
      try (Appender a = db.appender()) {
        for (int s = 0; s < 20; s++) {
          a.append(
              a.series(Labels.of("__name__", "m", "s", "" + s)), 0, T0 + i * 1000L, i * 1.7 + s);
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

  @Test
  void failedCheckpointLeavesOnlyFreeSpace() {
    SimulatedFiles disk = new SimulatedFiles(1);
    MetricsDatabase db = MetricsDatabase.open(FOLDER, options(), disk);
    append(db, 0, 300);
    disk.setFree(400);
    assertThatThrownBy(db::maintain)
        .isInstanceOf(StorageException.class)
        .hasMessageContaining("No space left");
    assertThat(disk.list(FOLDER.resolve("head"))).isEmpty();
    assertThat(disk.usableSpace(FOLDER)).isGreaterThanOrEqualTo(50);
    // Owed as long as it is not there, however little the log has grown.
    disk.setFree(Long.MAX_VALUE);
    db.maintain();
    assertThat(disk.list(FOLDER.resolve("head"))).hasSize(1);
    assertThat(db.status().work().checkpointFailures()).isEqualTo(1);
    try (MetricsDatabase again = MetricsDatabase.open(FOLDER, options(), disk.afterKill())) {
      assertThat(samples(again)).isEqualTo(300 * 20);
    }
  }

  @Test
  void savesTheHeadAfterAFailedSync() {
    SimulatedFiles disk = new SimulatedFiles(2);
    MetricsDatabase db = MetricsDatabase.open(FOLDER, options(), disk);
    append(db, 0, 5);
    disk.failForce(true);
    assertThatThrownBy(db::maintain).hasMessageContaining("Input/output error");
    disk.failForce(false);
    append(db, 5, 8);
    db.maintain();
    try (MetricsDatabase again = MetricsDatabase.open(FOLDER, options(), disk.afterPowerCut())) {
      assertThat(samples(again)).isEqualTo(8 * 20);
    }
  }

  /** A flipped bit costs its frame, and frames are small. */
  @Test
  void flippedBitsOfASnapshotLoseFewSamples() throws IOException {
    SimulatedFiles disk = new SimulatedFiles(7);
    Random random = new Random(7);
    int series = 20_000;
    try (MetricsDatabase db = MetricsDatabase.open(FOLDER, options(), disk)) {
      for (int i = 0; i < 20; i++) {
        try (Appender a = db.appender()) {
          for (int s = 0; s < series; s++) {
            Labels l = Labels.of("__name__", "m", "pod", "pod-" + s, "uid", "" + s * 2654435761L);
            a.append(a.series(l), 0, T0 + i * 1000L, random.nextDouble());
          }
          a.commit();
        }
      }
    }
    Path snapshot = disk.list(FOLDER.resolve("head")).getLast();
    disk.damage(
        snapshot,
        b -> {
          for (int i = 0; i < 50; i++) {
            b[random.nextInt(b.length)] ^= (byte) (1 << random.nextInt(8));
          }
          return b;
        });
    try (MetricsDatabase db = MetricsDatabase.open(FOLDER, options(), disk)) {
      assertThat(db.recovery().problems()).isNotEmpty();
      assertThat(samples(db)).isGreaterThan(series * 20 * 3 / 4);
    }
  }

  @Test
  void removedLogStartsAfterTheSnapshot() throws IOException {
    SimulatedFiles disk = new SimulatedFiles(3);
    for (int i = 0; i < 4; i++) {
      try (MetricsDatabase db = MetricsDatabase.open(FOLDER, options(), disk)) {
        append(db, i, i + 1);
      }
    }
    disk.delete(FOLDER.resolve("wal"));
    MetricsDatabase db = MetricsDatabase.open(FOLDER, options(), disk);
    append(db, 4, 7);
    try (MetricsDatabase again = MetricsDatabase.open(FOLDER, options(), disk.afterKill())) {
      assertThat(again.recovery().problems()).isEmpty();
      assertThat(samples(again)).isEqualTo(7 * 20);
    }
  }

  @Test
  void reportsARemovedLogAndSavesTheHeadAgain() throws IOException {
    SimulatedFiles disk = new SimulatedFiles(31);
    MetricsDatabase db = MetricsDatabase.open(FOLDER, options(), disk);
    append(db, 0, 3);
    disk.delete(FOLDER.resolve("wal"));
    append(db, 3, 5);
    assertThatThrownBy(db::maintain)
        .isInstanceOf(StorageException.class)
        .hasMessageContaining("/data/wal/00000001 was removed while the store is open");
    append(db, 5, 7);
    db.maintain();
    append(db, 7, 9);
    try (MetricsDatabase again = MetricsDatabase.open(FOLDER, options(), disk.afterKill())) {
      assertThat(again.recovery().problems()).isEmpty();
      assertThat(samples(again)).isEqualTo(9 * 20);
    }
  }

  @Test
  void reportsAndKeepsSegmentsOlderThanTheSnapshot() throws IOException {
    SimulatedFiles disk = new SimulatedFiles(4);
    for (int i = 0; i < 4; i++) {
      try (MetricsDatabase db = MetricsDatabase.open(FOLDER, options(), disk)) {
        append(db, i, i + 1);
      }
    }
    Path wal = FOLDER.resolve("wal");
    Path old = wal.resolve("00000001");
    disk.link(disk.list(wal).getFirst(), old);
    SimulatedFiles afterKill;
    try (MetricsDatabase db = MetricsDatabase.open(FOLDER, options(), disk)) {
      afterKill = disk.afterKill();
      assertThat(db.recovery().problems())
          .singleElement()
          .asString()
          .contains("00000001")
          .contains("not read");
      assertThat(disk.list(FOLDER.resolve("quarantine"))).hasSize(1);
    }
    // Files of a process that ends again and again are there once.
    DatabaseOptions later =
        options().withClock(InstantSource.fixed(options().clock().instant().plusSeconds(9)));
    try (MetricsDatabase db = MetricsDatabase.open(FOLDER, later, afterKill)) {
      assertThat(db.recovery().problems()).hasSize(1);
      assertThat(afterKill.list(FOLDER.resolve("quarantine"))).hasSize(1);
    }
  }

  private static Head head(WriteAheadLog log) {
    return new Head(
        7_200_000,
        new HeadSettings(7_200_000, 1000, Long.MAX_VALUE, 0, 0),
        frames -> log.append(frames, false),
        InstantSource.fixed(Instant.ofEpochMilli(T0)),
        nanos -> {},
        new ChangeLog());
  }

  @Test
  void firstSnapshotIsTakenAtAnyClockValue() throws IOException {
    for (long now : new long[] {Long.MIN_VALUE, -1_000_000_000_000L, 0, Long.MAX_VALUE}) {
      SimulatedFiles disk = new SimulatedFiles(5);
      disk.createDirectories(FOLDER);
      WriteAheadLog log = new WriteAheadLog(disk, FOLDER.resolve("wal"), 1 << 20, 0);
      Head head = head(log);
      Checkpoints c = new Checkpoints(disk, FOLDER, head, log, new WorkMeters(), () -> now);
      c.markRequired();
      c.takeIfDue(1 << 20);
      assertThat(c.done.sum()).as("clock at %d", now).isEqualTo(1);
    }
  }

  @Test
  void savesTheHeadSoonerWhenIdle() throws IOException {
    SimulatedFiles disk = new SimulatedFiles(6);
    disk.createDirectories(FOLDER);
    WriteAheadLog log = new WriteAheadLog(disk, FOLDER.resolve("wal"), 64 << 20, 0);
    Head head = head(log);
    long[] second = {0};
    Checkpoints c =
        new Checkpoints(
            disk, FOLDER, head, log, new WorkMeters(), () -> second[0] * 1_000_000_000L);
    ByteSink frames = new ByteSink();
    frames.put(new byte[1 << 20], 0, 1 << 20);
    // While it is written to, however long, nothing is due.
    for (int i = 0; i < 30; i++) {
      log.append(frames, false);
      c.takeIfDue(64 << 20);
      second[0]++;
    }
    assertThat(c.done.sum()).isZero();
    // A while after the last of it, one is, and only one.
    for (int i = 0; i < 30; i++) {
      c.takeIfDue(64 << 20);
      assertThat(c.done.sum()).as("after %d s", i).isEqualTo(i < 7 ? 0 : 1);
      second[0]++;
    }
    // Less than would be read in no time is not worth another.
    log.append(frames, false);
    for (int i = 0; i < 30; i++) {
      c.takeIfDue(64 << 20);
      second[0]++;
    }
    assertThat(c.done.sum()).isEqualTo(1);
  }

  private static final Labels GONE = Labels.of("__name__", "gone");
  private static final long HOUR = 3_600_000;

  private static DatabaseOptions anyOrder() {
    return options().withOutOfOrderWindow(DatabaseOptions.ANY_AGE);
  }

  /** A series with samples in and out of order that is flushed, with another that stays. */
  private static MetricsDatabase flushed(SimulatedFiles disk) {
    MetricsDatabase db = MetricsDatabase.open(FOLDER, anyOrder(), disk);
    try (Appender a = db.appender()) {
      long gone = a.series(GONE);
      a.append(gone, 0, T0 + 60_000, 1);
      a.append(gone, 0, T0 + 30_000, 2);
      a.commit();
    }
    try (Appender a = db.appender()) {
      a.append(a.series(Labels.of("__name__", "stays")), 0, T0 + 4 * HOUR, 3);
      a.commit();
    }
    disk.failNames("/head/");
    assertThatThrownBy(db::maintain).hasMessageContaining("No space left");
    return db;
  }

  private static final List<List<Matcher>> ALL_OF_GONE =
      List.of(List.of(Matcher.equal("__name__", "gone")));

  private static void assertStays(SimulatedFiles disk, int samples) {
    try (MetricsDatabase db = MetricsDatabase.open(FOLDER, anyOrder(), disk)) {
      assertThat(samples(db)).isEqualTo(samples);
    }
  }

  @Test
  void deletesNothingThatTheLogWouldRestore() {
    SimulatedFiles disk = new SimulatedFiles(8);
    MetricsDatabase db = flushed(disk);
    assertThatThrownBy(() -> db.delete(0, Long.MAX_VALUE - 1, ALL_OF_GONE))
        .isInstanceOf(StorageException.class)
        .hasMessageContaining("nothing was deleted")
        .hasMessageContaining("No space left");
    assertThat(samples(db)).isEqualTo(3);
    assertStays(disk.afterKill(), 3);

    disk.failNames("");
    db.delete(0, Long.MAX_VALUE - 1, ALL_OF_GONE);
    assertThat(samples(db)).isEqualTo(1);
    assertStays(disk.afterKill(), 1);
    assertStays(disk.afterPowerCut(), 1);
    db.cleanTombstones(); // the block goes, and with it what tells a start that it has them
    assertStays(disk.afterKill(), 1);
  }

  @Test
  void closeReportsWhetherTheLogHasUnsavedSamples() {
    try (LogLines told = new LogLines()) {
      SimulatedFiles disk = new SimulatedFiles(6);
      MetricsDatabase db = MetricsDatabase.open(FOLDER, options(), disk);
      append(db, 0, 2);
      disk.setFree(0);
      db.close();
      assertThat(told.of(Level.WARNING))
          .anyMatch(l -> l.contains("No space left") && l.contains("everything is in the log"));

      disk = new SimulatedFiles(7);
      db = MetricsDatabase.open(FOLDER, options(), disk);
      append(db, 0, 2);
      disk.failForce(true);
      assertThatThrownBy(db::maintain).hasMessageContaining("Input/output error");
      db.close();
      assertThat(told.of(Level.SEVERE))
          .anyMatch(
              l -> l.contains("power cut may lose") && l.contains("repair the disk of /data"));
    }
  }
}
