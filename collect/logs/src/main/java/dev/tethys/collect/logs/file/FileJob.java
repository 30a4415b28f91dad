package dev.tethys.collect.logs.file;

import dev.tethys.collect.logs.EntryClock;
import dev.tethys.collect.logs.EntrySink;
import dev.tethys.collect.logs.SourceThreads;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Deque;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The files of one job, read by one thread in turn, so that its stages see one line at a time.
 * Whoever finds that there is something to read puts the file into the queue.
 *
 * <p>Invariants: a file is in the queue at most once. {@link #lock} guards the queue, the targets
 * and what {@link TailedFile} says is guarded by the job; it is never held while a line is handed
 * on.
 */
public final class FileJob implements AutoCloseable {
  /** How long a file that was replaced must be quiet to have ended, in milliseconds. */
  static final long ROTATE_WAIT = 5000;

  private static final Duration STOP_PATIENCE = Duration.ofSeconds(1);

  private static final System.Logger LOG = System.getLogger(FileJob.class.getName());

  final String name;
  final FileOptions options;
  final FileMetrics metrics;
  final Positions positions;
  private final InstantSource clock;
  private final Reading reading;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition work = lock.newCondition();
  private final Deque<TailedFile> queue = new ArrayDeque<>();
  private final Map<FileTarget, TargetFiles> targets = new LinkedHashMap<>();
  private final OpenFiles open;
  private final Supplier<List<Checkpoint>> checkpoints = this::checkpoints;
  private final Runnable changed; // tells the watcher of other targets
  private boolean passesOver; // what is in the files of targets it is given: it begins
  private @Nullable Thread thread;
  private volatile boolean stopped;

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
        new Reading(
            options,
            e -> {
              if (stopped) {
                throw new InterruptedException("stopped");
              }
              sink.accept(e);
            },
            new EntryClock(clock),
            metrics,
            new Reading.Buffer());
    positions.add(checkpoints);
  }

  void start() {
    thread = Thread.ofPlatform().daemon().name("logs-" + name).start(this::run);
  }

  /** Reads these targets from now on, and no others. */
  public void targets(List<FileTarget> wanted) {
    lock.lock();
    try {
      Set<FileTarget> set = new LinkedHashSet<>(wanted);
      for (TargetFiles t : List.copyOf(targets.values())) {
        if (!set.contains(t.target)) {
          targets.remove(t.target);
          drop(t);
        }
      }
      set.forEach(t -> targets.computeIfAbsent(t, k -> new TargetFiles(k, this, passesOver)));
      passesOver &= targets.isEmpty();
      metrics.targetsActive.add(targets.size() - active);
      active = targets.size();
    } finally {
      lock.unlock();
    }
    changed.run();
  }

  private int active;

  private void drop(TargetFiles t) {
    List<TailedFile> all = new ArrayList<>(t.byPath.values());
    all.addAll(t.leaving);
    for (TailedFile f : all) {
      queue.remove(f);
      dropped.add(f);
      metrics.filesActive.add(-1);
      metrics.gone(f.name);
      wakeClosing();
    }
  }

  private final Set<TailedFile> dropped = new HashSet<>(); // no more read; maybe not delivered yet

  private void wakeClosing() {
    work.signalAll();
  }

  List<TargetFiles> targetFiles() {
    lock.lock();
    try {
      return List.copyOf(targets.values());
    } finally {
      lock.unlock();
    }
  }

  /** Paths that are read, with what is known of each, for a page about targets. */
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

  /** Looks at the files of a target; true to look again soon. */
  boolean scan(TargetFiles t, Set<java.nio.file.Path> folders) {
    lock.lock();
    try {
      return targets.get(t.target) == t && t.scan(folders);
    } finally {
      lock.unlock();
    }
  }

  /** Something at a path changed. */
  void touched(TargetFiles t, java.nio.file.Path path) {
    lock.lock();
    try {
      TailedFile f = t.byPath.get(path);
      if (f == null) {
        f = t.byRealPath.get(path);
      }
      if (f != null) {
        wake(f);
      }
    } finally {
      lock.unlock();
    }
  }

  /** Looks after files that end. */
  void tick() {
    lock.lock();
    try {
      for (TargetFiles t : targets.values()) {
        t.leaving.forEach(this::wake);
        flush(t.byPath.values());
        flush(t.leaving);
        if (options.rules().locked()) {
          t.byPath.values().forEach(this::unlocked);
          t.leaving.forEach(this::unlocked);
        }
        if (options.rules().deleteWhenRead()) {
          t.byPath.values().forEach(this::delete);
        }
      }
      if (!dropped.isEmpty()) {
        work.signalAll();
      }
    } finally {
      lock.unlock();
    }
  }

  /** Wakes those whose last record has no end and is not awaited any longer. */
  private void flush(Collection<TailedFile> files) {
    Duration after = options.rules().flush();
    if (after == null) {
      return;
    }
    for (TailedFile f : files) {
      if (f.rest() > 0 && !f.flush && now() - f.restSince >= after.toMillis()) {
        f.flush = true;
        wake(f);
      }
    }
  }

  /** Wakes one that was locked by somebody else. */
  private void unlocked(TailedFile f) {
    if (f.locked) {
      f.locked = false;
      wake(f);
    }
  }

  /** Deletes a file of which everything is delivered. */
  private void delete(TailedFile f) {
    if (!f.read || !f.progress.isQuiet() || f.queued) {
      return;
    }
    try {
      FileStat s = FileStat.of(f.path);
      if (s.id().mayBe(f.id()) && (f.isCompressed() || s.size() == f.offset())) {
        java.nio.file.Files.delete(f.path);
        f.read = false;
        LOG.log(Level.DEBUG, "{0} is read and was deleted", f.path);
      }
    } catch (IOException e) {
      f.read = false; // tried again when it was read again
      LOG.log(Level.WARNING, "{0} is read and cannot be deleted: {1}", f.path, e.toString());
    }
  }

  /** To be called with the lock. */
  void wake(TailedFile f) {
    if (!f.queued && f.before == null) {
      f.queued = true;
      queue.add(f);
      work.signal();
    }
  }

  long now() {
    return clock.millis();
  }

  boolean mayOpen() {
    return open.isRoom();
  }

  int files() {
    return targets.values().stream().mapToInt(TargetFiles::files).sum();
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

  private void run() {
    try {
      while (true) {
        TailedFile f;
        lock.lockInterruptibly();
        try {
          while (queue.isEmpty() && dropped.isEmpty() && !stopped) {
            work.await();
          }
          if (stopped) {
            return;
          }
          closeDropped();
          f = next();
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

  private void closeDropped() {
    for (TailedFile f : dropped) {
      open.close(f);
      positions.remember(f.delivered());
    }
    dropped.clear();
  }

  private @Nullable TailedFile next() {
    TailedFile f = queue.poll();
    if (f != null) {
      f.queued = false;
    }
    return f;
  }

  /** Reads until there is nothing to read, on the calling thread; for tests without a thread. */
  void readAll() throws InterruptedException {
    while (true) {
      TailedFile f;
      lock.lock();
      try {
        closeDropped();
        f = next();
      } finally {
        lock.unlock();
      }
      if (f == null) {
        return;
      }
      step(f);
    }
  }

  private void step(TailedFile f) throws InterruptedException {
    boolean last;
    boolean flush;
    boolean replaced;
    boolean followed;
    lock.lock();
    try {
      if (f.before != null || stopped) {
        return;
      }
      // What comes to be while it is read is not yet true of the end that is found.
      replaced = f.replaced;
      followed = f.followed;
      last = f.ended && now() - f.quietSince >= ROTATE_WAIT;
      flush = f.flush;
      f.flush = false;
      f.read = false;
      if (!f.isOpen() && !reopen(f)) {
        return;
      }
      open.used(f);
    } finally {
      lock.unlock();
    }
    TailedFile.Turn turn;
    long from = f.offset();
    long rest = f.rest();
    if (!f.lock()) {
      lock.lock();
      try {
        f.locked = true; // looked at again with the next tick
        f.flush = flush;
      } finally {
        lock.unlock();
      }
      return;
    }
    try {
      turn = f.read(reading, last || flush);
      if (turn == TailedFile.Turn.CHANGED) {
        turn = changed(f);
      }
    } catch (IOException e) {
      f.fail(e);
      turn = TailedFile.Turn.END;
    } catch (RuntimeException e) {
      LOG.log(Level.ERROR, "a line of " + f.path + " was not taken", e);
      turn = TailedFile.Turn.END;
    } finally {
      f.unlock();
    }
    lock.lock();
    try {
      if (turn == TailedFile.Turn.MORE) {
        wake(f);
      } else {
        // It is looked at without news, too.
        if (f.rest() != rest || f.offset() != from) {
          f.restSince = now();
        }
        f.read = f.rest() == 0 && !f.failed() && f.isOpen();
        end(f, last, f.offset() > from, replaced, followed);
      }
      open.makeRoom(o -> o != f && !o.queued && !o.replaced);
    } finally {
      lock.unlock();
    }
  }

  /** Opens a file that was closed because too many were open. */
  private boolean reopen(TailedFile f) {
    boolean there = open(f);
    if (there) {
      try {
        there = FileStat.of(f.path).id().mayBe(f.id());
      } catch (IOException e) {
        there = false;
      }
    }
    if (!there) {
      open.close(f);
      Siblings.Found s = Siblings.of(f.path, f.id());
      if (s != null) {
        f.path = s.path();
        there = open(f);
      }
    }
    if (!there && f.replaced) {
      metrics.generations.with("lost").inc();
      LOG.log(
          Level.WARNING,
          "{0} was replaced and is not found under another name; what was written after byte {1}"
              + " was not read",
          f.name,
          String.valueOf(f.offset()));
      release(f);
      targets.values().forEach(t -> forget(t, f));
    }
    return there;
  }

  private void forget(TargetFiles t, TailedFile f) {
    if (t.leaving.contains(f)) {
      t.forget(f);
    }
  }

  private void release(TailedFile f) {
    for (TargetFiles t : targets.values()) {
      t.byPath.values().forEach(o -> released(o, f));
      t.leaving.forEach(o -> released(o, f));
    }
  }

  private void released(TailedFile waiting, TailedFile f) {
    if (waiting.before == f) {
      waiting.before = null;
      wake(waiting);
    }
  }

  /** What becomes of a file that was read to its end. */
  private void end(TailedFile f, boolean last, boolean moved, boolean replaced, boolean followed) {
    if (f.isCompressed()) {
      open.close(f); // it is complete
    }
    if (followed) {
      f.followed = false;
      release(f);
    }
    if (!replaced || !f.replaced) {
      return;
    }
    if (!f.ended || (moved && !last)) {
      f.ended = true;
      f.quietSince = now();
    }
    if (last && f.progress.isQuiet()) {
      open.close(f);
      targets.values().forEach(t -> forget(t, f));
    }
  }

  /** A file holds something else than what was read from it; whether there is more to read. */
  private TailedFile.Turn changed(TailedFile f) throws IOException, InterruptedException {
    Checkpoint was = f.here();
    Truncation truncation = options.rules().truncation();
    boolean shorter = truncation != Truncation.WHOLE && f.isShorter();
    if (truncation == Truncation.IGNORE && !f.isCompressed()) {
      if (shorter) {
        return TailedFile.Turn.END;
      }
      if (f.hasHead()) {
        f.goOn();
        return TailedFile.Turn.MORE;
      }
    }
    metrics.generations.with("truncated").inc();
    Siblings.Found copy = Siblings.holding(f.path, was, f.id(), options);
    f.past.ended(was);
    if (copy == null) {
      long unread = f.isCompressed() ? 0 : f.unread();
      metrics.lostBytes.add(unread);
      LOG.log(
          unread > 0 ? Level.WARNING : Level.INFO,
          "{0} was truncated after {1} of its bytes were read, {2} that had been seen were not; it"
              + " is read from its start",
          f.path,
          String.valueOf(was.offset()),
          String.valueOf(unread));
    } else {
      recover(f, copy);
      for (Siblings.Found s : missed(f, copy.stat().asCopy())) {
        f.restart();
        recover(f, s);
      }
    }
    f.restart();
    if (shorter) {
      f.passToEnd();
    }
    return TailedFile.Turn.MORE;
  }

  private void recover(TailedFile f, Siblings.Found copy) throws InterruptedException {
    try (Content content = Siblings.open(copy.path(), copy.stat().id(), anyCompression())) {
      f.readCopy(content, reading);
      metrics.generations.with("recovered").inc();
    } catch (IOException e) {
      LOG.log(Level.WARNING, "{0}, a copy of {1}, cannot be read: {2}", copy.path(), f.path, e);
    }
    // By this the copy is known when it is found.
    f.past.ended(f.here());
    f.owe(f.here());
  }

  private List<Siblings.Found> missed(TailedFile f, FileStat older) {
    lock.lock();
    try {
      return targets.values().stream()
          .filter(t -> t.target.equals(f.target))
          .findFirst()
          .map(t -> t.missed(f.path, older, f.id()))
          .orElse(List.of());
    } finally {
      lock.unlock();
    }
  }

  private List<Checkpoint> checkpoints() {
    List<Checkpoint> out = new ArrayList<>();
    lock.lock();
    try {
      targets.values().forEach(t -> t.checkpoints(out));
      dropped.forEach(f -> out.add(f.delivered()));
    } finally {
      lock.unlock();
    }
    return out;
  }

  /** Whether everything that was read is delivered. */
  public boolean isDelivered() {
    lock.lock();
    try {
      return targets.values().stream()
          .flatMap(
              t -> java.util.stream.Stream.concat(t.byPath.values().stream(), t.leaving.stream()))
          .allMatch(f -> f.progress.isQuiet());
    } finally {
      lock.unlock();
    }
  }

  /** Ends reading; entries that were handed on may still be settled until {@link #close}. */
  public void stop() {
    lock.lock();
    try {
      stopped = true;
      work.signalAll();
    } finally {
      lock.unlock();
    }
    SourceThreads.finish(thread, STOP_PATIENCE);
  }

  /** Ends reading for good: positions keep how far it came. */
  @Override
  public void close() {
    stop();
    positions.remove(checkpoints);
    lock.lock();
    try {
      metrics.targetsActive.add(-active);
      for (TargetFiles t : targets.values()) {
        metrics.filesActive.add(-t.files());
        t.byPath.values().forEach(f -> metrics.gone(f.name));
      }
      open.closeAll();
      targets.clear();
    } finally {
      lock.unlock();
    }
  }
}
