package dev.tethys.store.events;

import dev.tethys.model.file.FileAccess;
import dev.tethys.model.file.IoFailures;
import dev.tethys.model.log.JulLogger;
import dev.tethys.model.storage.StorageException;
import dev.tethys.model.storage.StorageException.Reason;
import dev.tethys.model.storage.StoreHealth;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.nio.file.Path;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/** Refuses appends while the disk is nearly full, so that flushes still find space. Thread-safe. */
final class DiskGuard {
  private static final System.Logger LOG = JulLogger.of(DiskGuard.class.getName());
  private static final long CHECK_NANOS = 500_000_000L;

  /** A disk that is smaller than this many reserves keeps its part of the disk free. */
  private static final int PARTS = 4;

  private final FileAccess files;
  private final Path directory;
  private final long reserveBytes;
  private final LongSupplier millis;
  private volatile boolean full;
  private volatile long fullSince;
  private volatile long required;
  private volatile long checked = System.nanoTime() - CHECK_NANOS;

  /**
   * @param reserveBytes free bytes below which appends are rejected; on a small disk a quarter of
   *     it
   * @param millis Unix time
   */
  DiskGuard(FileAccess files, Path directory, long reserveBytes, LongSupplier millis) {
    this.files = files;
    this.directory = directory;
    this.reserveBytes = reserveBytes;
    this.millis = millis;
  }

  boolean isFull() {
    return full;
  }

  /**
   * Checks the free space from time to time.
   *
   * @throws StorageException if there is too little
   */
  void requireSpace() {
    long now = System.nanoTime();
    if (now - checked >= CHECK_NANOS) {
      checked = now;
      check();
    }
    if (full) {
      check(); // resumes with the first append after space was freed
    }
    if (full) {
      throw new StorageException(Reason.UNAVAILABLE, "the disk" + text());
    }
  }

  private String text() {
    return " has less than "
        + required
        + " free bytes; entries are accepted again when space is freed";
  }

  /**
   * Free space of the file system.
   *
   * @param free bytes; negative if unknown
   * @param total bytes; negative if unknown
   * @param reserve free bytes below which appends are rejected
   */
  record Space(long free, long total, long reserve) {}

  Space space() {
    try {
      long total = files.totalSpace(directory);
      return new Space(files.usableSpace(directory), total, Math.min(reserveBytes, total / PARTS));
    } catch (IOException e) {
      return new Space(-1, -1, reserveBytes);
    }
  }

  /** Checks the free space; returns null if appends are accepted. */
  StoreHealth.@Nullable Problem problem() {
    try {
      check();
    } catch (StorageException e) {
      return new StoreHealth.Problem(
          "data is refused: free disk space is unknown", millis.getAsLong(), true);
    }
    return full
        ? new StoreHealth.Problem("data is refused: the disk" + text(), fullSince, true)
        : null;
  }

  private void check() {
    try {
      required = Math.min(reserveBytes, files.totalSpace(directory) / PARTS);
      boolean now = files.usableSpace(directory) < required;
      if (now != full) {
        LOG.log(
            now ? Level.WARNING : Level.INFO,
            now
                ? "Disk is nearly full, appends are refused path={0}"
                : "Disk has free space again, appends are accepted path={0}",
            directory);
      }
      if (now && !full) {
        fullSince = millis.getAsLong();
      }
      full = now;
    } catch (IOException e) {
      LOG.log(
          Level.WARNING,
          "Free disk space is unknown path={0} reason=\"{1}\"",
          directory,
          IoFailures.describe(e));
      throw new StorageException(Reason.UNAVAILABLE, "free disk space is unknown", e);
    }
  }
}
