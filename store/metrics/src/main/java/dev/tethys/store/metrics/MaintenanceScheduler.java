package dev.tethys.store.metrics;

import dev.tethys.model.Matcher;
import dev.tethys.model.file.FileAccess;
import dev.tethys.model.log.JulLogger;
import dev.tethys.model.storage.ChangeLog;
import dev.tethys.model.storage.StorageException;
import dev.tethys.model.storage.StoreHealth;
import dev.tethys.store.files.WriteAheadLog;
import dev.tethys.store.files.WriteHealth;
import dev.tethys.store.metrics.internal.block.BlockMeta;
import dev.tethys.store.metrics.internal.block.BlockReader;
import dev.tethys.store.metrics.internal.block.SourceSelection;
import dev.tethys.store.metrics.internal.head.Head;
import dev.tethys.store.metrics.internal.head.HeadMemoryBudget;
import dev.tethys.store.metrics.internal.head.Truncation;
import dev.tethys.store.metrics.internal.head.Truncation.Span;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.ReentrantLock;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import org.jspecify.annotations.Nullable;

/**
 * Scheduler of all changes to the structure of the store, one at a time under the structure lock:
 * flush of the head to a block, compaction, retention, deletion, snapshots. Appending and reading
 * continue meanwhile.
 *
 * <p>It has three threads: one forces the log each second, one moves samples from memory to mapped
 * files, one does the other work.
 */
final class MaintenanceScheduler {
  private static final Logger LOG = JulLogger.of(MaintenanceScheduler.class.getName());

  /** Late samples in memory at which they become blocks, however small. */
  static final long MAX_LATE = 2_000_000;

  /** Time that merges may wait for disk space or removals before it is reported. */
  private static final long MAX_BLOCKED_MILLIS = 60_000;

  private static final int PASSES_BEFORE_LETTING_GO = 5;

  /** Delay before restored samples are written to files: a start has more urgent work. */
  private static final long REST_NANOS = 10_000_000_000L;

  /** Fewer series are not worth their own block. */
  private static final int MIN_QUIET = 1024;

  private final FileAccess files;
  private final Path folder;
  private final Head head;
  private final Blocks blocks;
  private final WriteAheadLog log;
  private final PageFiles pages;
  private final ReentrantReadWriteLock parts;
  private final ChangeLog changes;
  private final ReentrantLock structure = new ReentrantLock();
  private final CountDownLatch stop = new CountDownLatch(1);
  private final List<Thread> threads = new ArrayList<>();
  private volatile DatabaseOptions options;
  final VisibilityCutoffs horizons;
  final Compaction compaction;
  final Checkpoints checkpoints;
  private long lateAtFlush;
  private final boolean recovered;
  private final long opened = System.nanoTime();
  private int passes; // of taking samples out of memory; a race changes little

  // For self-metrics.
  final LongAdder failures = new LongAdder();
  private final WriteHealth writes;
  private volatile long blockedSince; // Unix time in milliseconds, 0 while merges have room
  final LongAdder syncs = new LongAdder();
  final LongAdder syncNanos = new LongAdder();
  final LongAdder truncations = new LongAdder();
  final LongAdder earlyFlushes = new LongAdder();
  final Churn churn = new Churn();

  MaintenanceScheduler(
      FileAccess files,
      Path folder,
      DatabaseOptions options,
      Head head,
      Blocks blocks,
      WriteAheadLog log,
      PageFiles pages,
      ReentrantReadWriteLock parts,
      ChangeLog changes,
      WriteHealth writes) {
    this.writes = writes;
    this.changes = changes;
    this.files = files;
    this.folder = folder;
    this.options = options;
    this.head = head;
    this.blocks = blocks;
    this.log = log;
    this.pages = pages;
    this.parts = parts;
    this.horizons = new VisibilityCutoffs(options, head, blocks, changes);
    this.compaction =
        new Compaction(
            files,
            folder,
            blocks,
            parts,
            new WriteThrottle(
                () -> this.options.compactionRate(), System::nanoTime, this::waits, this::sleep),
            System::nanoTime);
    this.checkpoints = new Checkpoints(files, folder, head, log, blocks.meters, System::nanoTime);
    this.recovered = log.bytes() > 0;
  }

  /** Whether a task waits for a merge to end. */
  private boolean waits() {
    return structure.hasQueuedThreads()
        || head.budget.state() != HeadMemoryBudget.State.NORMAL
        || head.maxTime() - head.minTime() > head.range() * 2;
  }

  private boolean sleep(long nanos) {
    try {
      return !stop.await(nanos, TimeUnit.NANOSECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }

  void configure(DatabaseOptions next) {
    options = next;
    horizons.configure(next);
  }

  DatabaseOptions options() {
    return options;
  }

  void start() {
    if (!options.background()) {
      return;
    }
    thread("tethys-store-sync", this::sync);
    thread("tethys-store-pages", () -> spillPages(false));
    thread("tethys-store-upkeep", this::run);
  }

  private void thread(String name, Runnable action) {
    Thread t =
        Thread.ofPlatform()
            .daemon()
            .name(name)
            .start(
                () -> {
                  try {
                    // The first run is immediate: a process that repeatedly ends within its first
                    // second must not grow its log from start to start.
                    do {
                      attempt(name, action);
                    } while (!stop.await(1, TimeUnit.SECONDS));
                  } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                  }
                });
    threads.add(t);
  }

  /** Does the work of a thread, which continues after any failure. */
  private static void attempt(String name, Runnable action) {
    try {
      action.run();
    } catch (StorageException e) {
      LOG.log(Level.ERROR, e.getMessage());
    } catch (RuntimeException | Error e) { // memory may end, and a mapped file fail
      try {
        LOG.log(Level.ERROR, name + " failed; it will try again", e);
      } catch (OutOfMemoryError again) {
        // There is not even memory to log it; the next failure is logged.
      }
    }
  }

  /** Forces the log to disk. */
  void sync() {
    long began = System.nanoTime();
    try {
      log.sync();
    } catch (IOException e) {
      writes.failed(WriteHealth.Work.SYNC, e);
      throw unavailable(
          "cannot force the write-ahead log to disk; what it may lose with the power is saved with"
              + " the head as soon as the disk works",
          e);
    }
    if (!log.isDoubtful()) {
      writes.succeeded(WriteHealth.Work.SYNC);
    }
    syncs.increment();
    syncNanos.add(System.nanoTime() - began);
  }

  /** Puts pages that take no more samples into files: all there are, or once they are many. */
  void spillPages(boolean all) {
    boolean left = false;
    try {
      if (all) {
        left = head.sealed().storeAll(pages);
      } else if (recovered && System.nanoTime() - opened < REST_NANOS) {
        left = head.sealed().storeInRecovery(pages);
      } else {
        left = head.sealed().store(pages);
      }
    } catch (IOException e) {
      LOG.log(
          Level.WARNING,
          "samples stay in memory until they are in blocks, or there is room for files in {0}: {1}",
          folder,
          e.getMessage());
    }
    boolean letsGo = ++passes % PASSES_BEFORE_LETTING_GO == 0;
    if (left || letsGo) {
      long files = head.measure().files();
      if (letsGo) {
        pages.releasePages(files);
      }
    }
  }

  /** Returns the current failure of writes, or the lack of space for merges. */
  StoreHealth.@Nullable Problem problem() {
    StoreHealth.Problem failed = writes.problem();
    long since = blockedSince;
    if (failed != null || since == 0 || options.clock().millis() - since < MAX_BLOCKED_MILLIS) {
      return failed;
    }
    return new StoreHealth.Problem(
        "blocks are not merged: the disk has no room for the result", since, false);
  }

  private static StorageException unavailable(String what, IOException e) {
    return new StorageException(
        StorageException.Reason.UNAVAILABLE, what + ": " + e.getMessage(), e);
  }

  /** Performs all maintenance that is due. */
  void maintain() {
    structure.lock();
    try {
      checkpoints.retryNow();
      compaction.retryNow();
      run();
    } finally {
      structure.unlock();
    }
  }

  private void run() {
    churn.note(options.clock().millis(), head.counters.created.sum(), head.counters.removed.sum());
    head.measure();
    structure.lock();
    try {
      truncateLogAndCompact();
      if (!checkpoints.isRequired()) {
        writes.succeeded(WriteHealth.Work.FLUSH);
      }
    } catch (WriteThrottle.Stopped e) {
      LOG.log(Level.DEBUG, "blocks are merged after the next start: " + e.getMessage());
    } catch (IOException e) {
      failures.increment();
      writes.failed(WriteHealth.Work.FLUSH, e);
      throw unavailable("the store cannot write blocks in " + folder, e);
    } catch (RuntimeException | Error e) {
      failures.increment();
      writes.failed(WriteHealth.Work.FLUSH, e);
      throw e;
    } finally {
      structure.unlock();
    }
  }

  /** Both are tried; the first failure is thrown, with the second as suppressed. */
  @SuppressWarnings("ReferenceEquality") // an error cannot suppress itself
  private void truncateLogAndCompact() throws IOException {
    try {
      truncateLog();
    } catch (IOException | RuntimeException | Error e) {
      try {
        compact(); // retention may free the missing space
      } catch (IOException | RuntimeException | Error also) {
        if (also != e) {
          e.addSuppressed(also);
        }
      }
      throw e;
    }
    compact();
  }

  private void compact() throws IOException {
    compaction.run(options, horizons::at, horizons.newest(), log.bytes());
    if (!compaction.blocked()) {
      blockedSince = 0;
    } else if (blockedSince == 0) {
      blockedSince = options.clock().millis();
    }
  }

  /** Samples to blocks, and the rest to a snapshot, when that is due. */
  private void truncateLog() throws IOException {
    boolean flushed;
    try {
      boolean full = flush();
      flushed = flushEarly() || full;
    } catch (IOException e) {
      blocks.meters.headTruncationFailures.increment();
      throw e;
    }
    if (flushed) {
      head.truncation().compactIndex();
    }
    checkpoints.takeIfDue(options.checkpointBytes());
  }

  // ---- head to block

  /** Writes the ranges that are due; returns whether there were any. */
  private boolean flush() throws IOException {
    long late = head.counters.late.sum() - lateAtFlush;
    // Late samples alone wait for company, or a tiny block a second would be the response to a
    // trickle.
    long due = head.truncation().due();
    if (!head.truncation().hasBefore(due) && late < MAX_LATE) {
      return false;
    }
    // First: samples that came in order afterwards could be in a range that no span names, and be
    // removed with those of a span.
    head.truncation().close(due);
    List<Span> spans = head.truncation().spans(due);
    if (spans.isEmpty()) {
      return false;
    }
    lateAtFlush += late;
    for (Span s : spans) {
      write(s);
    }
    return true;
  }

  /**
   * Writes memory to a block before its range is full: if memory is short, or if so many series
   * have ended that the remaining ones should not wait for the end of the range.
   */
  private boolean flushEarly() throws IOException {
    long cut = head.truncation().earlyCut();
    if (cut == Long.MIN_VALUE) {
      return false;
    }
    boolean pressed = head.budget.state().compareTo(HeadMemoryBudget.State.FLUSHING) >= 0;
    if (!pressed && head.seriesCount() < MIN_QUIET) {
      return false;
    }
    int quiet = pressed ? 0 : head.truncation().quietSince(cut);
    if (!pressed && (quiet < MIN_QUIET || quiet < head.seriesCount() * options.quietShare())) {
      return false;
    }
    head.truncation().cut(cut); // before spans are taken, as in flush
    List<Span> spans = head.truncation().spans(cut);
    for (Span s : spans) {
      write(s);
    }
    if (!spans.isEmpty()) {
      earlyFlushes.increment();
      head.measure();
    }
    return !spans.isEmpty();
  }

  private void write(Span span) throws IOException {
    long start = span.start();
    long end = span.end();
    boolean inOrder = span.inOrder();
    try (SourceSelection s = head.selectOnce(start, end - 1)) {
      BlockMeta draft = blocks.draft(start, end, 1, !inOrder, List.of());
      BlockReader made =
          blocks.create(new SeriesStream(List.of(s), start, end - 1), draft, WriteThrottle.none());
      checkpoints.markRequired();
      parts.writeLock().lock();
      try {
        if (made != null) {
          blocks.replace(made, List.of());
        }
        long began = System.nanoTime();
        head.truncation().truncate(s, end, inOrder);
        blocks.meters.headCollections.since(began);
      } finally {
        parts.writeLock().unlock();
      }
      truncations.increment();
      compaction.done.increment();
    }
  }

  // ---- on request

  void delete(long min, long max, List<List<Matcher>> matcherSets) {
    structure.lock();
    try {
      checkpoints.settle();
      // Before, for who sees the first of it gone, and after, for who began while some was there.
      changes.note(min, max);
      new Deletion(head, blocks).run(min, max, matcherSets);
    } catch (IOException e) {
      throw unavailable(
          "the deletion could not be stored for all blocks; request it again once the disk works",
          e);
    } finally {
      changes.note(min, max);
      structure.unlock();
    }
  }

  /**
   * Beginning of the ranges in memory; {@link Long#MAX_VALUE} when memory is empty. From now on
   * older samples are late, so that a block may cover their time.
   */
  long importFloor() {
    structure.lock();
    try {
      return head.truncation().closeBeforeAll();
    } finally {
      structure.unlock();
    }
  }

  /** Renames a finished block and opens it. */
  interface Naming {
    BlockReader block() throws IOException;
  }

  /**
   * Adds a finished block; later appends come after it. It is renamed only when it may be visible:
   * the next start accepts any block with a final name.
   *
   * @param end end of the block's time range
   * @throws StorageException INVALID when the head has samples of its range
   */
  BlockReader publishBlock(long end, Naming naming) throws IOException {
    structure.lock();
    try {
      Truncation.Open before = head.truncation().closeIfNoneBefore(end);
      if (before == null) {
        throw new StorageException(
            StorageException.Reason.INVALID,
            "samples before the end of an imported block were appended while it was written");
      }
      BlockReader made = null;
      try {
        made = naming.block();
      } finally {
        // If the block has its final name nevertheless, a start would skip in-order samples before
        // its end: then the head stays closed.
        if (made == null && !blocks.removals.hasUnborn()) {
          head.truncation().reopen(before);
        }
      }
      parts.writeLock().lock();
      try {
        blocks.replace(made, List.of());
      } finally {
        parts.writeLock().unlock();
      }
      return made;
    } finally {
      structure.unlock();
    }
  }

  void cleanTombstones() {
    structure.lock();
    long began = System.nanoTime();
    try {
      compaction.clean(options, horizons::at);
    } catch (IOException e) {
      throw unavailable("tombstones could not be cleaned", e);
    } finally {
      blocks.meters.tombstoneSeconds.observe((System.nanoTime() - began) / 1e9);
      structure.unlock();
    }
  }

  void snapshot(Path where, boolean skipHead) {
    Path into = where.toAbsolutePath();
    structure.lock();
    try {
      new Snapshot(files, head, blocks).write(into, skipHead);
    } catch (IOException e) {
      throw unavailable("the snapshot in " + into + " could not be written", e);
    } finally {
      structure.unlock();
    }
  }

  void close() {
    stop.countDown();
    for (Thread t : threads) {
      boolean interrupted = false;
      while (true) {
        try {
          t.join();
          break;
        } catch (InterruptedException e) {
          interrupted = true;
        }
      }
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
    structure.lock();
    try {
      checkpoints.takeLast();
    } catch (IOException e) {
      logUnsaved(e);
    } finally {
      structure.unlock();
      try {
        log.close();
      } catch (IOException e) {
        LOG.log(Level.ERROR, "the write-ahead log could not be forced to disk at the end", e);
      }
    }
  }

  private void logUnsaved(IOException cause) {
    String what = "the head could not be saved at the end: " + cause.getMessage();
    if (log.isDoubtful()) {
      LOG.log(
          Level.ERROR,
          what
              + "; a part of the write-ahead log could not be forced to disk before, so that a"
              + " power cut may lose its content: repair the disk of "
              + folder
              + " or free space there, then start the store and stop it before the machine is"
              + " switched off. What it reads back is saved when it stops");
    } else {
      LOG.log(Level.WARNING, what + "; everything is in the log, only the next start takes longer");
    }
  }
}
