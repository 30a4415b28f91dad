package dev.tethys.collect.logs.file;

import dev.tethys.model.log.JulLogger;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.nio.file.Files;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Collection;

/**
 * Time-based actions on files without change notifications: an unterminated record is flushed, a
 * lock is retried, a delivered file is deleted. Guarded by the lock of the job.
 */
final class IdleFiles {
  private static final System.Logger LOG = JulLogger.of(IdleFiles.class.getName());

  private final FileRules rules;
  private final ReadQueue queue;
  private final InstantSource clock;

  IdleFiles(FileRules rules, ReadQueue queue, InstantSource clock) {
    this.rules = rules;
    this.queue = queue;
    this.clock = clock;
  }

  /** Monitors the files of a target, including files that end. */
  void update(Collection<TailedFile> there, Collection<TailedFile> leaving) {
    leaving.forEach(queue::wake);
    flush(there);
    flush(leaving);
    if (rules.locked()) {
      there.forEach(this::unlocked);
      leaving.forEach(this::unlocked);
    }
    if (rules.deleteWhenRead()) {
      there.forEach(this::delete);
    }
  }

  /** Wakes files whose last record is incomplete and no longer awaited. */
  private void flush(Collection<TailedFile> files) {
    Duration after = rules.flush();
    if (after == null) {
      return;
    }
    for (TailedFile f : files) {
      if (f.rest() > 0 && !f.flush && clock.millis() - f.restSince >= after.toMillis()) {
        f.flush = true;
        queue.wake(f);
      }
    }
  }

  /** Wakes a file that was locked by another process. */
  private void unlocked(TailedFile f) {
    if (f.locked) {
      f.locked = false;
      queue.wake(f);
    }
  }

  /** Deletes a completely delivered file. */
  private void delete(TailedFile f) {
    if (!f.read || !f.progress.isQuiet() || f.queued) {
      return;
    }
    try {
      FileStat s = FileStat.of(f.path);
      if (s.id().mayBe(f.id()) && (f.isCompressed() || s.size() == f.offset())) {
        Files.delete(f.path);
        f.read = false;
        LOG.log(Level.DEBUG, "{0} was read completely and deleted", f.path);
      }
    } catch (IOException e) {
      f.read = false; // tried again when it was read again
      LOG.log(
          Level.WARNING,
          "{0} was read completely but cannot be deleted: {1}",
          f.path,
          e.toString());
    }
  }
}
