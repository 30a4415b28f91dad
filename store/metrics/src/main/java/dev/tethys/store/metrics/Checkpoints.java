package dev.tethys.store.metrics;

import dev.tethys.model.file.FileAccess;
import dev.tethys.model.file.FileAccess.WritableFile;
import dev.tethys.model.storage.StorageException;
import dev.tethys.store.files.WriteAheadLog;
import dev.tethys.store.metrics.internal.head.Head;
import dev.tethys.store.metrics.internal.head.HeadSnapshot;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.LongSupplier;

/**
 * Saves the head in files, so that the log before them is no longer needed. Runs under the
 * structure lock of {@link MaintenanceScheduler}.
 *
 * <p>One is due when the log has grown by a given size, and sooner in a lull: when reading the log
 * would be a good part of a start, and so little is written now that a checkpoint disturbs no
 * writer. So a crash in quiet times, or after a burst, is followed by a short start. The size of
 * the log relative to the last file bounds these writes, however many series there are.
 *
 * <p>A checkpoint that fails leaves no files and is owed: it is retried after a minute.
 *
 * <p>While one is owed for a block, samples are in the log and in the block, and their series may
 * have left memory. A start reads these samples again and drops those that blocks have; what a
 * deletion took from the blocks meanwhile would come back, since no record of the log can name a
 * series that is gone. So a deletion waits for the checkpoint ({@link #settle}). (After a start all
 * series of the log are in memory again, until the next of them leave with a checkpoint owed.)
 */
final class Checkpoints {
  /** Share of the free disk space that a checkpoint leaves to the log. */
  private static final int SHARE_OF_LOG = 4;

  /** Duration of a lull, in which the log grows by at most the bytes below in about a second. */
  private static final long LULL_NANOS = TimeUnit.SECONDS.toNanos(8);

  private static final long LULL_BYTES_A_LOOK = 64 << 10;

  /** A shorter log, and one of less than half of the last file, is read in no time. */
  private static final long LULL_MIN_LOG = 2 << 20;

  private static final long RETRY_NANOS = TimeUnit.MINUTES.toNanos(1);

  private static final String UNFINISHED = ".tmp";

  private final FileAccess files;
  private final Path folder;
  private final Head head;
  private final WriteAheadLog log;
  private final WorkMeters meters;
  private final LongSupplier nanos; // as System.nanoTime: counted from anywhere, also negative

  private long at; // bytes of the log when the last one was taken
  private long lastFile; // its bytes
  private long checkedAt; // bytes of the log at the last look
  private long calmSince; // of nanos
  private volatile boolean required;
  private boolean shared; // samples of the log may be in blocks, too
  private long retryAt; // of nanos, while one is owed

  // For self-metrics.
  final LongAdder done = new LongAdder();
  final LongAdder failures = new LongAdder();

  Checkpoints(
      FileAccess files,
      Path folder,
      Head head,
      WriteAheadLog log,
      WorkMeters meters,
      LongSupplier nanos) {
    this.files = files;
    this.folder = folder;
    this.head = head;
    this.log = log;
    this.meters = meters;
    this.nanos = nanos;
    this.retryAt = nanos.getAsLong();
    this.calmSince = retryAt;
    // What was replayed counts towards the next checkpoint.
    this.at = -log.bytes();
    this.lastFile = largestFile();
  }

  private long largestFile() {
    Path dir = folder.resolve("head");
    long most = 0;
    try {
      for (Path p : files.isDirectory(dir) ? files.list(dir) : List.<Path>of()) {
        most = Math.max(most, files.size(p));
      }
    } catch (IOException e) {
      return most; // it only says when the next one is worth taking
    }
    return most;
  }

  static Path path(Path folder, long n) {
    return folder.resolve("head").resolve(WriteAheadLog.name(n));
  }

  /** Records that samples are about to leave memory for a block. */
  void markRequired() {
    required = true;
    shared = true;
  }

  /**
   * Takes a snapshot when due. Called about once per second.
   *
   * @param logBytes maximum growth of the log since the last checkpoint
   */
  void takeIfDue(long logBytes) throws IOException {
    long since = log.written() - at;
    boolean lull = isLull(); // looks each time
    if (log.isDoubtful()
        || since > logBytes
        || lull && since > Math.max(LULL_MIN_LOG, lastFile / 2)) {
      required = true;
    }
    if (required && nanos.getAsLong() - retryAt >= 0) {
      take(false);
    }
  }

  private boolean isLull() {
    long now = nanos.getAsLong();
    if (log.written() - checkedAt > LULL_BYTES_A_LOOK) {
      calmSince = now;
    }
    checkedAt = log.written();
    return now - calmSince >= LULL_NANOS;
  }

  /** True while one is owed. */
  boolean isRequired() {
    return required;
  }

  /** Tries an owed checkpoint at the next opportunity, not only after a while. */
  void retryNow() {
    retryAt = nanos.getAsLong();
  }

  /**
   * Ensures that no sample of the log is also in a block.
   *
   * @throws StorageException UNAVAILABLE when that takes a checkpoint and there can be none
   */
  void settle() {
    if (!shared) {
      return;
    }
    try {
      take(false);
    } catch (IOException e) {
      throw new StorageException(
          StorageException.Reason.UNAVAILABLE,
          "nothing was deleted, because a crash could bring it back: the write-ahead log in "
              + folder
              + " still holds samples that are in blocks, and the head cannot be saved in its place"
              + " ("
              + e.getMessage()
              + "). Request the deletion again once the disk works",
          e);
    }
  }

  /** Takes the last one, if anything was appended since the previous one. */
  void takeLast() throws IOException {
    if (required || log.isDoubtful() || log.written() > at) {
      take(true);
    }
  }

  /**
   * Takes one.
   *
   * @param last the store closes: the file should be small rather than quickly written
   */
  private void take(boolean last) throws IOException {
    boolean whole = false;
    required = true;
    try {
      HeadSnapshot[] taken = new HeadSnapshot[1];
      long[] segment = new long[1];
      long[] moment = new long[1];
      long[] written = new long[1];
      IOException[] failed = new IOException[1];
      head.still(
          () -> {
            try {
              segment[0] = log.rotate();
              taken[0] = new HeadSnapshot(head);
              moment[0] = head.truncation().moment();
              written[0] = log.written();
            } catch (IOException e) {
              failed[0] = e;
            }
          });
      if (failed[0] != null) {
        throw failed[0];
      }
      Path dir = folder.resolve("head");
      files.createDirectories(dir);
      files.syncDirectory(folder);
      Path path = path(folder, segment[0]);
      write(taken[0], path, last);
      files.syncDirectory(dir);
      at = written[0];
      required = false;
      shared = false;
      log.saved(segment[0]);
      deleteOthers(dir, path);
      truncateLog(segment[0]);
      head.truncation().reclaim(moment[0]);
      done.increment();
      whole = true;
    } finally {
      if (!whole) {
        failures.increment();
        retryAt = nanos.getAsLong() + RETRY_NANOS;
      }
    }
  }

  private void write(HeadSnapshot taken, Path path, boolean last) throws IOException {
    Path tmp = path.resolveSibling(path.getFileName() + UNFINISHED);
    boolean named = false;
    try {
      long free = files.usableSpace(folder);
      long most = last ? free : free - free / SHARE_OF_LOG;
      try (WritableFile f = new BoundedFile(files.create(tmp), most, folder)) {
        taken.write(f, last);
        lastFile = f.position();
      }
      files.rename(tmp, path);
      named = true;
    } finally {
      if (!named) {
        files.delete(tmp);
      }
    }
  }

  private void truncateLog(long segment) throws IOException {
    long began = System.nanoTime();
    boolean cut = false;
    try {
      log.truncate(segment);
      cut = true;
    } finally {
      meters.logTruncations.since(began);
      if (!cut) {
        meters.logTruncationFailures.increment();
      }
    }
  }

  private void deleteOthers(Path dir, Path newest) throws IOException {
    for (Path p : files.list(dir)) {
      if (!p.equals(newest)) {
        boolean gone = false;
        try {
          files.delete(p);
          gone = true;
        } finally {
          meters.checkpointDeletions.increment();
          if (!gone) {
            meters.checkpointDeletionFailures.increment();
          }
        }
      }
    }
  }

  /** File that fails to grow beyond a number of bytes. */
  private record BoundedFile(WritableFile file, long most, Path folder) implements WritableFile {
    @Override
    public void write(byte[] bytes, int offset, int length) throws IOException {
      if (file.position() + length > most) {
        throw new IOException(
            "No space left on device for a snapshot of the head: it needs more than the "
                + (most >> 20)
                + " MiB that it may take of the free space on the disk of "
                + folder
                + ", so that the log can continue");
      }
      file.write(bytes, offset, length);
    }

    @Override
    public long position() {
      return file.position();
    }

    @Override
    public void truncate(long size) throws IOException {
      file.truncate(size);
    }

    @Override
    public void force() throws IOException {
      file.force();
    }

    @Override
    public void close() throws IOException {
      file.close();
    }
  }
}
