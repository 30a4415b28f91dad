package dev.tethys.collect.logs.file;

import dev.tethys.collect.logs.EntryClock;
import dev.tethys.collect.logs.EntrySink;
import dev.tethys.collect.logs.SourceThreads;
import dev.tethys.model.guard.SupervisedLoop;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The files of one job: their set, their state, and the start and end of reading. One thread reads
 * them in turn ({@link FileReadScheduler}), so that the job's stages see one line at a time; a
 * thread that finds something to read puts the file into the queue.
 *
 * <p>Invariant: {@link #lock} guards the queue, the targets and the fields of {@link TailedFile}
 * that are marked so; it is never held while a line is passed on.
 */
public final class FileJob implements AutoCloseable {
  private static final Duration STOP_PATIENCE = Duration.ofSeconds(1);

  final String name;
  final FileOptions options;
  final FileMetrics metrics;
  final Positions positions;
  private final InstantSource clock;
  private final FileReaderContext reading;
  private final ReentrantLock lock = new ReentrantLock();
  private final ReadQueue queue = new ReadQueue(lock);
  private final Map<FileTarget, TargetFiles> targets = new LinkedHashMap<>();
  private final Map<FileTarget, TargetFiles> retired = new LinkedHashMap<>(); // until read
  private final OpenFiles open;
  private final FileReadScheduler turns;
  private final IdleFiles quiet;
  private final Supplier<List<Checkpoint>> checkpoints = this::checkpoints;
  private final Runnable changed; // tells the watcher of other targets
  private boolean passesOver; // what is in the files of targets it is given: it begins
  private @Nullable Thread thread;

  FileJob(
      String name,
      FileOptions options,
      EntrySink sink,
      Positions positions,
      FileMetrics metrics,
      InstantSource clock,
      AtomicInteger openFiles,
      int maxOpen,
      Runnable changed) {
    this.name = name;
    this.options = options;
    this.metrics = metrics;
    this.positions = positions;
    this.clock = clock;
    this.open = new OpenFiles(options, metrics, openFiles, maxOpen);
    this.changed = changed;
    this.passesOver = options.rules().fromEnd() && positions.isNew(name);
    this.reading =
        new FileReaderContext(
            options,
            e -> {
              if (queue.isStopped()) {
                throw new InterruptedException("stopped");
              }
              sink.accept(e);
            },
            new EntryClock(clock),
            metrics,
            new FileReaderContext.Buffer());
    ReplacedFileReader contents =
        new ReplacedFileReader(options, open.anyCompression(), metrics, reading, this::missed);
    this.turns = new FileReadScheduler(this, lock, queue, open, reading, contents);
    this.quiet = new IdleFiles(options.rules(), queue, clock);
    positions.add(checkpoints);
  }

  void start() {
    thread =
        Thread.ofPlatform()
            .daemon()
            .name("logs-" + name)
            .start(SupervisedLoop.of("log_files", turns::run));
  }

  /**
   * Reads exactly these targets from now on. The current content of removed targets' files is still
   * read: a target often vanishes just after its last lines were written.
   */
  public void targets(List<FileTarget> wanted) {
    lock.lock();
    try {
      Set<FileTarget> set = new LinkedHashSet<>(wanted);
      for (TargetFiles t : List.copyOf(targets.values())) {
        if (!set.contains(t.target)) {
          targets.remove(t.target);
          retired.put(t.target, t.startRetiring());
        }
      }
      set.forEach(t -> targets.computeIfAbsent(t, this::restoreTarget));
      passesOver &= targets.isEmpty();
      metrics.targetsActive.add(targets.size() - active);
      active = targets.size();
    } finally {
      lock.unlock();
    }
    changed.run();
  }

  private int active;

  private TargetFiles restoreTarget(FileTarget target) {
    TargetFiles again = retired.remove(target);
    return again == null ? new TargetFiles(target, this, passesOver) : again.returns();
  }

  /** Stops reading a file at its current position. Must be called with the lock. */
  void drop(TailedFile f) {
    queue.drop(f);
    positions.remember(f.delivered());
    metrics.filesActive.add(-1);
    metrics.remove(f.name);
    if (f.followed) {
      release(f);
    }
  }

  /**
   * Ends reading of a file for removed targets, so that a new target continues it. Must be called
   * with the lock.
   *
   * @return the file as one of them has read it; null if none did
   */
  @Nullable TailedFile takeOver(FileId id) {
    TailedFile read = null;
    for (TargetFiles t : List.copyOf(retired.values())) {
      TailedFile f = t.stopReading(id);
      read = f == null ? read : f;
      removeIfOver(t);
    }
    return read;
  }

  /** Whether a current target matches a path. Must be called with the lock. */
  boolean isWanted(Path path) {
    return targets.keySet().stream()
        .anyMatch(
            t -> t.path().matches(path) && (t.exclude() == null || !t.exclude().matches(path)));
  }

  /** Whether a source belongs to this job but not to a current target. */
  boolean isOrphan(String source) {
    return source.startsWith(name + "/") && all().noneMatch(t -> t.source.equals(source));
  }

  /** Removes a departed target once all its files are read. */
  private void removeIfOver(TargetFiles t) {
    if (t.isOver()) {
      retired.remove(t.target, t);
    }
  }

  private Stream<TargetFiles> all() {
    return Stream.concat(targets.values().stream(), retired.values().stream());
  }

  /** Returns the targets whose files must be checked. */
  List<TargetFiles> targetFiles() {
    lock.lock();
    try {
      return all().filter(t -> !t.isRetired()).toList();
    } finally {
      lock.unlock();
    }
  }

  /** Paths being read, with their status, for a page about targets. */
  public Map<String, FileStatus> status(FileTarget target) {
    lock.lock();
    try {
      Map<String, FileStatus> out = new LinkedHashMap<>();
      TargetFiles t = targets.get(target);
      if (t != null) {
        t.byPath.forEach(
            (p, f) ->
                out.put(
                    p.toString(),
                    new FileStatus(
                        f.offset(),
                        f.size(),
                        f.delivered().offset(),
                        f.stat().modified(),
                        f.isCompressed(),
                        f.problem())));
      }
      return out;
    } finally {
      lock.unlock();
    }
  }

  /** Checks the files of a target; true to check again soon. */
  boolean scan(TargetFiles t, Set<Path> folders) {
    boolean soon = false;
    boolean scanned = false;
    lock.lock();
    try {
      if (targets.get(t.target) == t) {
        soon = t.scan(folders);
      } else if (retired.get(t.target) == t) {
        soon = t.scan(folders);
        if (!soon) {
          t.retire();
          removeIfOver(t);
          scanned = true;
        }
      }
    } finally {
      lock.unlock();
    }
    if (scanned) {
      changed.run();
    }
    return soon;
  }

  /** Something at a path changed. */
  void touched(TargetFiles t, Path path) {
    lock.lock();
    try {
      TailedFile f = t.byPath.get(path);
      if (f == null) {
        f = t.byRealPath.get(path);
      }
      if (f != null) {
        queue.wake(f);
      }
    } finally {
      lock.unlock();
    }
  }

  /** Handles files that have ended. */
  void tick() {
    lock.lock();
    try {
      all().forEach(t -> quiet.update(t.byPath.values(), t.leaving));
    } finally {
      lock.unlock();
    }
  }

  /** Must be called with the lock. */
  void wake(TailedFile f) {
    queue.wake(f);
  }

  long now() {
    return clock.millis();
  }

  boolean mayOpen() {
    return open.isRoom();
  }

  int files() {
    return all().mapToInt(TargetFiles::files).sum();
  }

  boolean open(TailedFile f) {
    return open.open(f);
  }

  boolean openAny(TailedFile f) {
    return open.openAny(f);
  }

  void opened(TailedFile f) {
    open.opened(f);
  }

  FileOptions anyCompression() {
    return open.anyCompression();
  }

  void skipLines(TailedFile f, long lines) throws IOException {
    f.skipLines(lines, reading);
  }

  /** A file is at its end permanently. Must be called with the lock. */
  void forget(TailedFile f) {
    forget(targets.get(f.target), f);
    forget(retired.get(f.target), f);
  }

  private void forget(@Nullable TargetFiles t, TailedFile f) {
    if (t != null && t.leaving.contains(f)) {
      t.forget(f);
      removeIfOver(t);
    }
  }

  /** Releases files that waited for this one to be read. Must be called with the lock held. */
  void release(TailedFile f) {
    all()
        .forEach(
            t -> {
              t.byPath.values().forEach(o -> released(o, f));
              t.leaving.forEach(o -> released(o, f));
            });
  }

  private void released(TailedFile waiting, TailedFile f) {
    if (waiting.before == f) {
      waiting.before = null;
      queue.wake(waiting);
    }
  }

  /** Reads until no data is left, on the calling thread; for tests without a thread. */
  void readAll() throws InterruptedException {
    turns.readAll();
  }

  private List<RotatedVersions.SiblingFile> missed(TailedFile f, FileStat older) {
    lock.lock();
    try {
      return all()
          .filter(t -> t.target.equals(f.target))
          .findFirst()
          .map(t -> t.missed(f.searchFolders(), older, f.id()))
          .orElse(List.of());
    } finally {
      lock.unlock();
    }
  }

  private List<Checkpoint> checkpoints() {
    List<Checkpoint> out = new ArrayList<>();
    lock.lock();
    try {
      all().forEach(t -> t.checkpoints(out));
    } finally {
      lock.unlock();
    }
    return out;
  }

  /** Whether all found data of its files was read, as far as possible. */
  public boolean isRead() {
    lock.lock();
    try {
      return all()
          .flatMap(t -> Stream.concat(t.byPath.values().stream(), t.leaving.stream()))
          .allMatch(f -> !f.queued && (f.read || f.rest() > 0 || f.failed()));
    } finally {
      lock.unlock();
    }
  }

  /** Whether everything read has been delivered. */
  public boolean isDelivered() {
    lock.lock();
    try {
      return all()
          .flatMap(t -> Stream.concat(t.byPath.values().stream(), t.leaving.stream()))
          .allMatch(f -> f.progress.isQuiet());
    } finally {
      lock.unlock();
    }
  }

  /** Ends reading; entries that were passed on may still be settled until {@link #close}. */
  public void stop() {
    lock.lock();
    try {
      queue.stop();
    } finally {
      lock.unlock();
    }
    SourceThreads.finish(thread, STOP_PATIENCE);
  }

  /**
   * Reads files to their ends that were deleted since it was stopped: a successor of this job does
   * not find them. On the calling thread; {@link #stop} ends it.
   */
  public void readDeleted() throws InterruptedException {
    Thread t = thread;
    if (t != null && t.isAlive()) {
      return; // it waits for a destination still
    }
    List<TailedFile> last;
    lock.lock();
    try {
      last =
          all()
              .flatMap(f -> Stream.concat(f.leaving.stream(), f.byPath.values().stream()))
              .filter(TailedFile::isOpen)
              .toList();
    } finally {
      lock.unlock();
    }
    last = last.stream().filter(FileReadScheduler::isNameless).toList();
    lock.lock();
    try {
      if (!last.isEmpty()) {
        queue.finish();
      }
    } finally {
      lock.unlock();
    }
    turns.readToEnd(last);
  }

  /** Ends {@link #readDeleted} permanently, including a call that has not started yet. */
  private void stopForGood() {
    lock.lock();
    try {
      queue.close();
    } finally {
      lock.unlock();
    }
  }

  /** Ends reading permanently; the positions keep its progress. */
  @Override
  public void close() {
    stopForGood();
    stop();
    positions.remove(checkpoints);
    lock.lock();
    try {
      metrics.targetsActive.add(-active);
      all()
          .forEach(
              t -> {
                metrics.filesActive.add(-t.files());
                t.byPath.values().forEach(f -> metrics.remove(f.name));
                t.leaving.forEach(f -> metrics.remove(f.name));
              });
      open.closeAll();
      targets.clear();
      retired.clear();
    } finally {
      lock.unlock();
    }
  }
}
