package dev.tethys.store.metrics;

import dev.tethys.model.file.FileAccess;
import dev.tethys.model.log.JulLogger;
import dev.tethys.store.files.CorruptionException;
import dev.tethys.store.files.Frames;
import dev.tethys.store.files.WriteAheadLog;
import dev.tethys.store.metrics.internal.block.BlockReader;
import dev.tethys.store.metrics.internal.encoding.MappedFaults;
import dev.tethys.store.metrics.internal.head.Head;
import dev.tethys.store.metrics.internal.head.HeadSnapshot;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.lang.foreign.Arena;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Restores the head: the newest snapshot, then the log after it. Damage never stops it: readable
 * data is read, other data is copied to {@code quarantine} and reported.
 */
final class Recovery {
  private static final Logger LOG = JulLogger.of(Recovery.class.getName());

  /** Size of a definition in the log, and the reduction that a snapshot may have achieved. */
  private static final int LEAST_DEFINITION = 5;

  private static final int MOST_COMPRESSED = 32;

  private final FileAccess files;
  private final Path folder;
  private final DatabaseOptions options;
  private final Blocks blocks;
  private final PageFiles pages;
  private final List<String> problems = new ArrayList<>();
  private boolean snapshotDamaged;

  Recovery(FileAccess files, Path folder, DatabaseOptions options, Blocks blocks, PageFiles pages) {
    this.files = files;
    this.folder = folder;
    this.options = options;
    this.blocks = blocks;
    this.pages = pages;
  }

  /**
   * Restores the head.
   *
   * @throws IOException if the disk cannot be read: the data is not damaged, nothing was changed,
   *     and a later start finds all of it
   */
  RecoveryReport run(Head head) throws IOException {
    try {
      return read(head);
    } catch (InternalError e) { // so a mapped file fails
      throw new IOException(
          "the disk cannot read the write-ahead log or the snapshots of the head"
              + " in "
              + folder
              + " ("
              + e.getMessage()
              + "); nothing is lost by that: check the disk, then start again",
          e);
    }
  }

  private RecoveryReport read(Head head) throws IOException {
    long began = options.clock().millis();
    pages.clean();
    blocks.open(problems);
    for (BlockReader b : blocks.list()) {
      if (!b.meta().late()) {
        head.startAt(b.meta().maxTime());
      }
    }
    Path wal = folder.resolve("wal");
    head.expect(definitions(wal));
    long from = snapshot(head);
    int segments = 0;
    long records = 0;
    long torn = 0;
    long damaged = 0;
    List<Long> there = WriteAheadLog.segments(files, wal);
    passOver(there.stream().filter(n -> n < from).toList(), from);
    for (long n : there) {
      if (n < from) {
        continue;
      }
      long[] senseless = new long[1];
      Frames.ScanResult f =
          WriteAheadLog.read(
              files,
              wal,
              n,
              payload -> {
                try {
                  head.replay(payload);
                } catch (CorruptionException | IndexOutOfBoundsException e) {
                  senseless[0] += payload.end;
                }
                spillPages(head);
              });
      segments++;
      records += f.frames();
      torn += f.tornBytes();
      damaged += f.damagedBytes() + senseless[0];
      if (f.damagedBytes() > 0 || senseless[0] > 0) {
        quarantine(WriteAheadLog.path(wal, n), "wal-" + n);
        logProblem(
            "segment %08d of the write-ahead log has %d damaged bytes; what could be read was"
                .formatted(n, f.damagedBytes() + senseless[0]));
      }
    }
    MappedFaults.await();
    head.recovered();
    if (!blocks.unread().isEmpty()) {
      // The end of these blocks is unknown: samples in order before it would be taken by the next
      // start for samples of these blocks. What comes late it keeps.
      head.truncation().cut(Math.max(options.clock().millis(), head.maxTime() + 1));
    }
    long orphans = head.counters.orphans.sum();
    if (orphans > 0) {
      logProblem(orphans + " samples of the write-ahead log belong to series that no longer exist");
    }
    return new RecoveryReport(
        from,
        segments,
        records,
        torn,
        damaged,
        orphans,
        snapshotDamaged,
        List.copyOf(problems),
        options.clock().millis() - began);
  }

  /**
   * Logs segments that are not read, because the snapshot is newer. Blocks immediately before it
   * remain from a crash before their removal; others do not belong to its store.
   */
  private void passOver(List<Long> segments, long snapshot) throws IOException {
    if (segments.isEmpty() || segments.getLast() == snapshot - 1) {
      return;
    }
    for (long n : segments) {
      quarantine(WriteAheadLog.path(folder.resolve("wal"), n), "wal-" + n);
    }
    logProblem(
        "%d segments of the write-ahead log, %08d to %08d, are older than snapshot %08d of the head and were not read; copies are in quarantine"
            .formatted(segments.size(), segments.getFirst(), segments.getLast(), snapshot));
  }

  /** Moves pages to files, because the restored samples may exceed memory. */
  private void spillPages(Head head) {
    try {
      head.sealed().storeInRecovery(pages);
    } catch (IOException e) {
      LOG.log(Level.WARNING, "samples stay in memory while there is no file: " + e.getMessage());
    }
  }

  /** An upper bound of the definitions of series in the log and in snapshots. */
  private long definitions(Path wal) throws IOException {
    long n = 1024;
    for (Path p : files.list(wal)) {
      n += files.size(p) / LEAST_DEFINITION;
    }
    for (Path p : files.list(folder.resolve("head"))) {
      n += files.size(p) / LEAST_DEFINITION * MOST_COMPRESSED;
    }
    return n;
  }

  private void logProblem(String problem) {
    problems.add(problem);
    LOG.log(Level.ERROR, problem);
  }

  /**
   * Links a file into quarantine, with the same name at each start, so that it exists only once.
   */
  private void quarantine(Path file, String name) throws IOException {
    Path q = folder.resolve("quarantine");
    files.createDirectories(q);
    Path copy = q.resolve(name + "-" + files.size(file));
    if (!files.exists(copy)) {
      files.link(file, copy);
    }
  }

  /** Loads the newest snapshot; the number of the first segment to replay, or -1 for all. */
  private long snapshot(Head head) throws IOException {
    Path dir = folder.resolve("head");
    long newest = -1;
    for (Path p : files.list(dir)) {
      String name = p.getFileName().toString();
      if (name.endsWith(".tmp")) {
        files.delete(p);
      } else if (name.matches("\\d{8,18}")) {
        newest = Math.max(newest, Long.parseLong(name));
      }
    }
    if (newest < 0) {
      return -1;
    }
    Path p = Checkpoints.path(folder, newest);
    HeadSnapshot.Loaded l;
    try (Arena arena = Arena.ofConfined()) {
      l = HeadSnapshot.load(head, files.map(p, arena), () -> spillPages(head));
    }
    if (!l.whole()) {
      snapshotDamaged = true;
      quarantine(p, "head-" + newest);
      logProblem("snapshot " + p + " of the head is damaged: " + l.problem());
    }
    return newest;
  }
}
