package dev.tethys.collect.logs.file;

import dev.tethys.collect.logs.EntryClock;
import dev.tethys.collect.logs.EntrySink;
import dev.tethys.collect.logs.SourceThreads;
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
 * The files of one job: which there are, how they stand, when reading begins and ends. One thread
 * reads them in turn ({@link FileTurns}), so that the job's stages see one line at a time; whoever
 * finds that there is something to read puts the file into the queue.
 *
 * <p>Invariant: {@link #lock} guards the queue, the targets and what {@link TailedFile} says is
 * guarded by the job; it is never held while a line is handed on.
 */
public final class FileJob implements AutoCloseable {
  private static final Duration STOP_PATIENCE = Duration.ofSeconds(1);

  final String name;
  final FileOptions options;
  final FileMetrics metrics;
  final Positions positions;
  private final InstantSource clock;
  private final Reading reading;
  private final ReentrantLock lock = new ReentrantLock();
  private final ReadQueue queue = new ReadQueue(lock);
  private final Map<FileTarget, TargetFiles> targets = new LinkedHashMap<>();
  private final OpenFiles open;
  private final FileTurns turns;
  private final QuietFiles quiet;
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
        new Reading(
            options,
            e -> {
              if (queue.isStopped()) {
                throw new InterruptedException("stopped");
              }
              sink.accept(e);
            },
            new EntryClock(clock),
            metrics,
            new Reading.Buffer());
    ChangedContents contents =
        new ChangedContents(options, open.anyCompression(), metrics, reading, this::missed);
    this.turns = new FileTurns(this, lock, queue, open, reading, contents);
    this.quiet = new QuietFiles(options.rules(), queue, clock);
    positions.add(checkpoints);
  }

  void start() {
    thread = Thread.ofPlatform().daemon().name("logs-" + name).start(turns::run);
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
      queue.drop(f);
      metrics.filesActive.add(-1);
      metrics.gone(f.name);
    }
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
  boolean scan(TargetFiles t, Set<Path> folders) {
    lock.lock();
    try {
      return targets.get(t.target) == t && t.scan(folders);
    } finally {
      lock.unlock();
    }
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

  /** Looks after files that end. */
  void tick() {
    lock.lock();
    try {
      targets.values().forEach(t -> quiet.look(t.byPath.values(), t.leaving));
    } finally {
      lock.unlock();
    }
  }

  /** To be called with the lock. */
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

  /** A file is at its end for good. To be called with the lock. */
  void forget(TailedFile f) {
    for (TargetFiles t : targets.values()) {
      if (t.leaving.contains(f)) {
        t.forget(f);
      }
    }
  }

  /** Files that waited for this one to be read need not wait. To be called with the lock. */
  void release(TailedFile f) {
    for (TargetFiles t : targets.values()) {
      t.byPath.values().forEach(o -> released(o, f));
      t.leaving.forEach(o -> released(o, f));
    }
  }

  private void released(TailedFile waiting, TailedFile f) {
    if (waiting.before == f) {
      waiting.before = null;
      queue.wake(waiting);
    }
  }

  /** Reads until there is nothing to read, on the calling thread; for tests without a thread. */
  void readAll() throws InterruptedException {
    turns.readAll();
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
      queue.dropped().forEach(f -> out.add(f.delivered()));
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
          .flatMap(t -> Stream.concat(t.byPath.values().stream(), t.leaving.stream()))
          .allMatch(f -> f.progress.isQuiet());
    } finally {
      lock.unlock();
    }
  }

  /** Ends reading; entries that were handed on may still be settled until {@link #close}. */
  public void stop() {
    lock.lock();
    try {
      queue.stop();
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
