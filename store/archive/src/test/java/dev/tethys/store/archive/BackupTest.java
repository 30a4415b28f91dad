package dev.tethys.store.archive;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tethys.model.Labels;
import dev.tethys.model.Matcher;
import dev.tethys.model.storage.Appender;
import dev.tethys.model.storage.Resolution;
import dev.tethys.model.storage.SampleBuffer;
import dev.tethys.model.storage.SelectHints;
import dev.tethys.model.storage.Selection;
import dev.tethys.model.storage.StorageException;
import dev.tethys.model.storage.Summaries;
import dev.tethys.store.archive.backup.BackupRepository;
import dev.tethys.store.archive.backup.BackupRepository.Backup;
import dev.tethys.store.archive.backup.BackupRepository.CreatedBackup;
import dev.tethys.store.archive.folder.DataFolder;
import dev.tethys.store.metrics.BlockInfo;
import dev.tethys.store.metrics.DatabaseOptions;
import dev.tethys.store.metrics.Downsampling;
import dev.tethys.store.metrics.MetricsDatabase;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Backups: incremental, whole or not at all, and back again. */
@Tag("slow")
class BackupTest {
  private static final long T0 = 1_699_999_200_000L;

  @TempDir Path folder;
  private long now = T0 + 100 * 3_600_000L;
  private final DatabaseOptions options =
      DataFolder.OFFLINE.withClock(() -> Instant.ofEpochMilli(now));

  private void append(MetricsDatabase db, int fromHour, int toHour) {
    for (long t = T0 + fromHour * 3_600_000L; t < T0 + toHour * 3_600_000L; t += 60_000) {
      try (Appender a = db.appender()) {
        for (int i = 0; i < 5; i++) {
          Labels l = Labels.of("__name__", "m", "i", "" + i);
          assertThat(a.append(a.series(l), 0, t, t / 1e6 + i)).isEqualTo(Appender.Outcome.OK);
        }
        a.commit();
      }
    }
  }

  private BackupRepository repository() throws IOException {
    return new BackupRepository(
        folder.resolve("backups"), Progress.NONE, () -> Instant.ofEpochMilli(now += 1000));
  }

  private CreatedBackup backup(MetricsDatabase db, boolean link) throws IOException {
    Path snapshot = folder.resolve("snapshot" + now);
    db.snapshot(snapshot, false);
    try (BackupRepository r = repository()) {
      return r.add(snapshot, link);
    }
  }

  private List<String> dump(Path data) {
    try (MetricsDatabase db = MetricsDatabase.open(data, options)) {
      return Peer.dump(db);
    }
  }

  @Test
  void copiesBlocksOnceAndRestoresEveryBackup() throws IOException {
    List<String> first;
    List<String> second;
    List<String> third;
    try (MetricsDatabase db = MetricsDatabase.open(folder.resolve("data"), options)) {
      append(db, 0, 30);
      db.maintain();
      first = Peer.dump(db);
      CreatedBackup a = backup(db, false);
      assertThat(a.copiedBlocks()).isGreaterThan(1);
      assertThat(a.knownBlocks()).isZero();
      assertThat(a.backup().samples()).isEqualTo(first.size());

      append(db, 30, 31);
      second = Peer.dump(db);
      CreatedBackup b = backup(db, false);
      assertThat(b.knownBlocks()).isPositive();
      assertThat(b.copiedBytes()).isLessThan(a.copiedBytes());

      db.delete(T0, T0 + 3_600_000L, List.of(List.of(Matcher.equal("i", "3"))));
      third = Peer.dump(db);
      assertThat(third.size()).isLessThan(second.size());
      backup(db, true);
    }
    try (BackupRepository r = repository()) {
      List<Backup> all = r.list();
      assertThat(all).hasSize(3);
      int i = 0;
      for (List<String> want : List.of(first, second, third)) {
        Path into = folder.resolve("restored" + i);
        assertThat(r.verify(all.get(i).name())).isEmpty();
        assertThat(r.restore(all.get(i).name(), into, false)).isEqualTo(into);
        Peer.same(dump(into), want);
        i++;
      }
      // The newest alone stays, and what it needs.
      assertThat(r.prune(1)).isEqualTo(2);
      assertThat(r.list()).extracting(Backup::name).containsExactly(r.newest());
      assertThat(r.verify(r.newest())).isEmpty();
      r.restore(r.newest(), folder.resolve("again"), false);
    }
    Peer.same(dump(folder.resolve("again")), third);
    // What was restored is written to as before.
    try (MetricsDatabase db = MetricsDatabase.open(folder.resolve("again"), options)) {
      append(db, 31, 32);
    }
  }

  @Test
  void restoresDownsampledBlocksAfterTheirSamplesExpired() throws IOException {
    DatabaseOptions coarse =
        options
            .withDownsampling(
                List.of(
                    new Downsampling(Duration.ofMinutes(5), Duration.ofHours(4), Duration.ZERO)))
            .withRetention(Duration.ofHours(12), 0);
    List<String> want;
    List<String> old;
    List<BlockInfo> blocks;
    try (MetricsDatabase db = MetricsDatabase.open(folder.resolve("data"), coarse)) {
      for (int hour = 0; hour < 60; hour += 2) {
        append(db, hour, hour + 2);
        db.maintain();
      }
      want = buckets(db, Long.MAX_VALUE);
      old = buckets(db, T0 + 40 * 3_600_000L);
      blocks = db.blockList();
      assertThat(backup(db, false).copiedBlocks()).isPositive();
    }
    assertThat(old).hasSizeGreaterThan(5 * 12 * 30);
    assertThat(blocks).anyMatch(b -> b.resolution() == 300_000);
    Path into = folder.resolve("restored");
    try (BackupRepository r = repository()) {
      assertThat(r.verify(r.newest())).isEmpty();
      r.restore(r.newest(), into, false);
    }
    try (MetricsDatabase db = MetricsDatabase.open(into, coarse)) {
      assertThat(buckets(db, Long.MAX_VALUE)).isEqualTo(want);
      assertThat(db.blockList()).containsAll(blocks);
      // And they are merged, and made of new samples, as before.
      append(db, 60, 66);
      db.maintain();
      assertThat(buckets(db, T0 + 40 * 3_600_000L)).isEqualTo(old);
    }
  }

  /** What is left of all series up to a time, by buckets of five minutes where there are any. */
  private static List<String> buckets(MetricsDatabase db, long maxTime) {
    List<String> out = new ArrayList<>();
    SelectHints hints =
        new SelectHints(
            Long.MIN_VALUE,
            maxTime,
            300_000,
            300_000,
            "sum_over_time",
            new Resolution(300_000, 300_000, 0, true, false));
    try (Selection s = db.select(hints, List.of())) {
      SampleBuffer b = new SampleBuffer();
      for (int i = 0; i < s.size(); i++) {
        s.read(i, b);
        Summaries rows = b.summaries;
        for (int k = 0; rows != null && k < rows.size; k++) {
          out.add(
              s.labels(i)
                  + " "
                  + rows.firstTimes[k]
                  + " "
                  + rows.lastTimes[k]
                  + " "
                  + rows.counts[k]
                  + " "
                  + rows.min[k]
                  + " "
                  + rows.max[k]
                  + " "
                  + rows.sums[k]);
        }
      }
    } catch (Exception e) {
      throw new IllegalStateException(e);
    }
    return out;
  }

  @Test
  void doesNotRestoreDamagedBackup() throws IOException {
    try (MetricsDatabase db = MetricsDatabase.open(folder.resolve("data"), options)) {
      append(db, 0, 9);
      backup(db, false);
    }
    Path chunks;
    try (Stream<Path> s = Files.walk(folder.resolve("backups/blocks"))) {
      chunks = s.filter(p -> p.endsWith("chunks")).findFirst().orElseThrow();
    }
    byte[] b = Files.readAllBytes(chunks);
    b[b.length / 2] ^= 1;
    Files.write(chunks, b);
    Path into = folder.resolve("restored");
    try (BackupRepository r = repository()) {
      assertThat(r.verify(r.newest())).singleElement().asString().contains(chunks.toString());
      assertThatThrownBy(() -> r.restore(r.newest(), into, false))
          .isInstanceOf(StorageException.class)
          .hasMessageContaining("nothing was restored")
          .hasMessageContaining(chunks.toString());
      assertThat(into).doesNotExist();
      Files.delete(chunks);
      assertThat(r.verify(r.newest()).getFirst()).contains("the file is missing");
      Path manifest = folder.resolve("backups/backups").resolve(r.newest()).resolve("manifest");
      Files.writeString(manifest, Files.readString(manifest).replace("samples", "semples"));
      assertThatThrownBy(() -> r.verify(r.newest())).hasMessageContaining("manifest is incomplete");
    }
  }

  @Test
  void movesExistingDataAsideOnlyOnRequest() throws IOException {
    Path data = folder.resolve("data");
    List<String> want;
    try (MetricsDatabase db = MetricsDatabase.open(data, options)) {
      append(db, 0, 5);
      want = Peer.dump(db);
      backup(db, false);
      append(db, 5, 6);
      try (BackupRepository r = repository()) {
        assertThatThrownBy(() -> r.restore(r.newest(), data, false))
            .hasMessageContaining("is not empty");
        // A store that is open is not taken away.
        assertThatThrownBy(() -> r.restore(r.newest(), data, true))
            .hasMessageContaining("locked by another process");
      }
    }
    List<String> before = dump(data);
    Path aside;
    try (BackupRepository r = repository()) {
      aside = r.restore(r.newest(), data, true);
    }
    Peer.same(dump(data), want);
    Peer.same(dump(aside), before);
  }

  @Test
  void killedBackupOrRestoreKeepsEarlierOnes() throws IOException {
    try (MetricsDatabase db = MetricsDatabase.open(folder.resolve("data"), options)) {
      append(db, 0, 5);
      backup(db, false);
      append(db, 5, 8);
      Path snapshot = folder.resolve("snapshot");
      db.snapshot(snapshot, false);
      // Killed in the middle: the progress of copying throws as a full disk would.
      long[] left = {3000};
      Progress failing =
          new Progress() {
            @Override
            public void step(String name, long total) {}

            @Override
            public void advance(long by) {
              left[0] -= by;
              if (left[0] < 0) {
                throw new IllegalStateException("killed");
              }
            }
          };
      Path where = folder.resolve("backups");
      try (BackupRepository r =
          new BackupRepository(where, failing, () -> Instant.ofEpochMilli(now += 1000))) {
        assertThatThrownBy(() -> r.add(snapshot, false)).hasMessage("killed");
        left[0] = r.list().getFirst().bytes() * 3 / 2; // read once, half written
        assertThatThrownBy(() -> r.restore(r.newest(), folder.resolve("killed"), false))
            .hasMessage("killed");
        assertThat(folder.resolve("killed")).doesNotExist();
      }
      try (BackupRepository r = repository()) {
        assertThat(r.list()).hasSize(1);
        assertThat(r.verify(r.newest())).isEmpty();
        r.add(snapshot, false);
        assertThat(r.list()).hasSize(2);
        r.restore(r.newest(), folder.resolve("killed"), false);
      }
      Peer.same(dump(folder.resolve("killed")), Peer.dump(db));
    }
  }

  @Test
  void rejectsOtherFoldersAndConcurrentUse() throws IOException {
    Files.writeString(folder.resolve("something"), "else");
    assertThatThrownBy(() -> new BackupRepository(folder, Progress.NONE, Instant::now))
        .hasMessageContaining("holds no backups");
    try (BackupRepository r = repository()) {
      assertThatThrownBy(r::newest).hasMessageContaining("there is no backup");
      assertThatThrownBy(this::repository).hasMessageContaining("locked by another process");
    }
  }
}
