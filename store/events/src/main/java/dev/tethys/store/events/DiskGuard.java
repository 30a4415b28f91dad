package dev.tethys.store.events;

import dev.tethys.model.file.FileAccess;
import dev.tethys.model.log.JulLogger;
import dev.tethys.model.storage.StorageException;
import dev.tethys.model.storage.StorageException.Reason;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.nio.file.Path;

/**
 * Refuses appends while the disk is nearly full, so that flushes still find space. Safe for several
 * threads.
 */
final class DiskGuard {
  private static final System.Logger LOG = JulLogger.of(DiskGuard.class.getName());
  private static final long CHECK_NANOS = 500_000_000L;

  /** A disk that is smaller than this many reserves keeps its part of the disk free. */
  private static final int PARTS = 4;

  private final FileAccess files;
  private final Path directory;
  private final long reserveBytes;
  private volatile boolean full;
  private volatile long required;
  private volatile long checked = System.nanoTime() - CHECK_NANOS;

  /**
   * @param reserveBytes free bytes below which appends are refused; on a small disk a quarter of it
   */
  DiskGuard(FileAccess files, Path directory, long reserveBytes) {
    this.files = files;
    this.directory = directory;
    this.reserveBytes = reserveBytes;
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
      throw new StorageException(
          Reason.UNAVAILABLE,
          "disk of "
              + directory
              + " has less than "
              + required
              + " free bytes; entries are accepted again when space is freed");
    }
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
      full = now;
    } catch (IOException e) {
      throw new StorageException(
          Reason.UNAVAILABLE, "free space of " + directory + " is unknown: " + e.getMessage(), e);
    }
  }
}
