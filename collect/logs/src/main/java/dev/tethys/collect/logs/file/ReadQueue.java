package dev.tethys.collect.logs.file;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.Lock;
import org.jspecify.annotations.Nullable;

/**
 * Queue of a job's files that are ready to be read or must be closed by the reader. A file is in it
 * at most once. All but {@link #isStopped} is guarded by the lock of the job.
 */
final class ReadQueue {
  private final Condition work;
  private final Deque<TailedFile> waiting = new ArrayDeque<>();
  private final Set<TailedFile> dropped = new HashSet<>(); // no more read, maybe open
  private volatile boolean stopped;
  private volatile boolean finishing;
  private boolean closed;

  /** An empty one, guarded by this lock. */
  ReadQueue(Lock lock) {
    this.work = lock.newCondition();
  }

  /**
   * Signals that a file may have new data; a file that must be read after another one waits for it.
   * One that was dropped in the middle of its turn gets no other.
   */
  void wake(TailedFile f) {
    if (!f.queued && f.before == null && !dropped.contains(f)) {
      f.queued = true;
      waiting.add(f);
      work.signal();
    }
  }

  /** Drops a file that is no longer read. */
  void drop(TailedFile f) {
    waiting.remove(f);
    dropped.add(f);
    work.signalAll();
  }

  /** Waits until there is a file of either kind, or an end. */
  void await() throws InterruptedException {
    while (waiting.isEmpty() && dropped.isEmpty() && !stopped) {
      work.await();
    }
  }

  /** The next file to read; null if none waits. */
  @Nullable TailedFile poll() {
    TailedFile f = waiting.poll();
    if (f != null) {
      f.queued = false;
    }
    return f;
  }

  /** Returns the dropped files, which the caller closes. */
  List<TailedFile> takeDropped() {
    List<TailedFile> all = List.copyOf(dropped);
    dropped.clear();
    return all;
  }

  /** Ends reading. */
  void stop() {
    stopped = true;
    finishing = false;
    work.signalAll();
  }

  /** After a stop, allows reading single files to their ends, unless the queue is closed. */
  void finish() {
    finishing = stopped && !closed;
  }

  /** From now on {@link #finish} changes nothing: files are closed. */
  void close() {
    closed = true;
  }

  boolean isStopped() {
    return stopped && !finishing;
  }
}
