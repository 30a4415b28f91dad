package dev.tethys.collect.logs.file;

import dev.tethys.model.log.JulLogger;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Schedules the files of a job on one thread: opens a file, reads a part of it, and decides at its
 * end whether to keep it open. The lock of the job is held before and after a turn, never while a
 * line is passed on.
 */
final class FileReadScheduler {
  /** Milliseconds of inactivity after which a replaced file counts as complete. */
  static final long ROTATE_WAIT = 5000;

  private static final System.Logger LOG = JulLogger.of(FileReadScheduler.class.getName());

  private final FileJob job;
  private final ReentrantLock lock;
  private final ReadQueue queue;
  private final OpenFiles open;
  private final FileReaderContext reading;
  private final ReplacedFileReader changed;

  FileReadScheduler(
      FileJob job,
      ReentrantLock lock,
      ReadQueue queue,
      OpenFiles open,
      FileReaderContext reading,
      ReplacedFileReader changed) {
    this.job = job;
    this.lock = lock;
    this.queue = queue;
    this.open = open;
    this.reading = reading;
    this.changed = changed;
  }

  /** Reads until the job is stopped. */
  void run() {
    try {
      while (true) {
        TailedFile f;
        lock.lockInterruptibly();
        try {
          queue.await();
          if (queue.isStopped()) {
            return;
          }
          closeDropped();
          f = queue.poll();
        } finally {
          lock.unlock();
        }
        if (f != null) {
          step(f);
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Reads until no data is left, on the calling thread; for tests without a thread. */
  void readAll() throws InterruptedException {
    while (true) {
      TailedFile f;
      lock.lock();
      try {
        closeDropped();
        f = queue.poll();
      } finally {
        lock.unlock();
      }
      if (f == null) {
        return;
      }
      step(f);
    }
  }

  /**
   * Reads files to their ends on the calling thread, including unterminated records. Files that
   * must be read before others are read first, as far as possible.
   */
  void readToEnd(List<TailedFile> files) throws InterruptedException {
    for (TailedFile f : files) {
      for (TailedFile b = first(f); b != f; b = first(f)) {
        readOn(b);
        lock.lock();
        try {
          // Its successor reads later data; this file is never read again.
          job.release(b);
        } finally {
          lock.unlock();
        }
      }
      readOn(f);
      lock.lock();
      try {
        f.flush = true;
      } finally {
        lock.unlock();
      }
      step(f);
    }
  }

  private void readOn(TailedFile f) throws InterruptedException {
    long from;
    do {
      from = f.offset();
      step(f);
    } while (f.offset() > from);
  }

  /** First file to read among a file and the files that it waits for. */
  private TailedFile first(TailedFile f) {
    lock.lock();
    try {
      TailedFile first = f;
      while (first.before != null) {
        first = first.before;
      }
      return first;
    } finally {
      lock.unlock();
    }
  }

  /** Whether no name leads to a file: the process that has it open is its last reader. */
  static boolean isNameless(TailedFile f) {
    try {
      if (FileStat.of(f.path).id().mayBe(f.id())) {
        return false;
      }
    } catch (IOException e) {
      // it may have another name
    }
    return RotatedVersions.of(f.searchFolders(), f.id()) == null;
  }

  private void closeDropped() {
    queue.takeDropped().forEach(open::close);
  }

  /** State of a file at the start of its turn; later changes are not included. */
  private record Before(
      boolean last, boolean flush, boolean replaced, boolean retired, boolean followed) {}

  private void step(TailedFile f) throws InterruptedException {
    Before before = begin(f);
    if (before == null) {
      return;
    }
    long from = f.offset();
    long rest = f.rest();
    if (!f.lock()) {
      lock.lock();
      try {
        f.locked = true; // checked again with the next tick
        f.flush = before.flush;
      } finally {
        lock.unlock();
      }
      return;
    }
    TailedFile.ReadResult turn = read(f, before);
    lock.lock();
    try {
      if (turn == TailedFile.ReadResult.MORE && !f.isRead()) {
        queue.wake(f);
      } else {
        // It is checked even without a notification.
        if (f.rest() != rest || f.offset() != from || before.flush) {
          f.restSince = job.now();
        }
        f.read = f.rest() == 0 && !f.failed() && f.isOpen();
        end(f, before, f.offset() > from);
      }
      open.makeRoom(o -> o != f && !o.queued && !o.replaced);
    } finally {
      lock.unlock();
    }
  }

  /** Opens a file for its turn; returns null if it has none now. */
  private @Nullable Before begin(TailedFile f) {
    lock.lock();
    try {
      if (f.before != null || queue.isStopped()) {
        return null;
      }
      f.resume();
      if (f.isRead()) {
        released(f, f.followed);
        forgetDelivered(f);
        return null;
      }
      boolean last = f.ended && job.now() - f.quietSince >= ROTATE_WAIT;
      Before before = new Before(last, f.flush, f.replaced, f.retired, f.followed);
      f.flush = false;
      f.read = false;
      if (!f.isOpen() && !reopen(f)) {
        return null;
      }
      open.used(f);
      return before;
    } finally {
      lock.unlock();
    }
  }

  private TailedFile.ReadResult read(TailedFile f, Before before) throws InterruptedException {
    try {
      TailedFile.ReadResult turn = f.read(reading, before.last, before.flush);
      return turn == TailedFile.ReadResult.CHANGED ? changed.read(f) : turn;
    } catch (IOException e) {
      f.fail(e);
      return TailedFile.ReadResult.END;
    } catch (RuntimeException e) {
      LOG.log(Level.ERROR, "a line of " + f.path + " was not taken", e);
      return TailedFile.ReadResult.END;
    } finally {
      f.unlock();
    }
  }

  /** Opens a file that was closed because too many were open. */
  private boolean reopen(TailedFile f) {
    boolean there = open.open(f);
    if (there) {
      try {
        there = FileStat.of(f.path).id().mayBe(f.id());
      } catch (IOException e) {
        there = false;
      }
    }
    if (!there) {
      open.close(f);
      RotatedVersions.SiblingFile s = RotatedVersions.of(f.searchFolders(), f.id());
      if (s != null) {
        f.path = s.path();
        f.real = s.path();
        there = open.open(f);
      }
    }
    if (!there && (f.replaced || f.retired)) {
      job.metrics.generations.with("lost").inc();
      LOG.log(
          Level.WARNING,
          "{0} was replaced or closed and cannot be opened under any name; data written after"
              + " byte {1} was not read",
          f.name,
          String.valueOf(f.offset()));
      job.release(f);
      job.forget(f);
    }
    return there;
  }

  /** Updates the state of a file after it was read to its end. */
  private void end(TailedFile f, Before before, boolean moved) {
    if (f.isCompressed()) {
      open.close(f); // it is complete
    }
    released(f, before.followed);
    boolean retired = before.retired && f.retired;
    if (!retired && (!before.replaced || !f.replaced)) {
      return;
    }
    if (!f.ended || (moved && !before.last)) {
      f.ended = true;
      f.quietSince = job.now();
    }
    if (retired && (before.last || f.rest() == 0)) {
      f.until = 0;
    }
    if (before.last || f.isRead()) {
      forgetDelivered(f);
    }
  }

  private void released(TailedFile f, boolean followed) {
    if (followed) {
      f.followed = false;
      job.release(f);
    }
  }

  private void forgetDelivered(TailedFile f) {
    if (f.isRead()) {
      open.close(f); // it may be long until a destination accepts pending entries
    }
    if (f.progress.isQuiet()) {
      open.close(f);
      job.forget(f);
    }
  }
}
