package dev.tethys.collect.logs.file;

import dev.tethys.model.guard.SupervisedLoop;
import dev.tethys.model.log.JulLogger;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.nio.file.ClosedWatchServiceException;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardWatchEventKinds;
import java.nio.file.WatchEvent;
import java.nio.file.WatchKey;
import java.nio.file.WatchService;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Detects changes of files. The kernel reports changes in folders (inotify, one watch per folder);
 * a report only wakes readers and scans, so that a missing report loses nothing: everything is
 * rescanned periodically. Folders that cannot be watched, as on network file systems, are polled.
 *
 * <p>Polling instead would check 10,000 files forty thousand times a second with Promtail's
 * defaults, a fifth of a core for nothing.
 *
 * <p>Everything but {@link #changed} belongs to the thread of the watcher.
 */
final class FileWatcher implements AutoCloseable {
  private static final System.Logger LOG = JulLogger.of(FileWatcher.class.getName());

  /** Maximum number of watched folders; further ones are polled. */
  static final int MAX_FOLDERS = 65_536;

  /** Minimum time between two scans in nanoseconds. */
  private static final long SCAN_GAP = 20_000_000;

  /** Scans use at most one part in this many of the time. */
  private static final int SCAN_SHARE = 10;

  private static final long TICK = 500; // milliseconds

  private final List<FileJob> jobs;
  private volatile FileTailing.Frequency frequency;
  private volatile boolean rescan; // everything is due
  private final Map<TargetFiles, State> states = new HashMap<>();
  private final Map<Path, WatchKey> keys = new HashMap<>();
  private final Map<WatchKey, Path> folders = new HashMap<>();
  private final Map<Path, Set<TargetFiles>> interested = new HashMap<>();
  private @Nullable WatchService service;
  private @Nullable Thread thread;
  private volatile boolean stale = true;
  private boolean complained;

  /** Next poll time of a target. */
  private static final class State {
    final FileJob job;
    Set<Path> folders = Set.of();
    boolean dirty = true;
    boolean polled; // because not all of its folders are watched
    long pollNanos;
    long due = System.nanoTime();
    long earliest = System.nanoTime();

    State(FileJob job) {
      this.job = job;
    }
  }

  FileWatcher(List<FileJob> jobs, FileTailing.Frequency frequency) {
    this.jobs = jobs;
    this.frequency = frequency;
  }

  void start() {
    try {
      service = FileSystems.getDefault().newWatchService();
    } catch (IOException | UnsupportedOperationException e) {
      LOG.log(
          Level.WARNING,
          "changes of files are not reported by the kernel, so files are polled: {0}",
          e.toString());
    }
    thread =
        Thread.ofPlatform()
            .daemon()
            .name("logs-watcher")
            .start(SupervisedLoop.of("log_files", this::run));
  }

  /** Applies this scan frequency from the next scan on. */
  void setFrequency(FileTailing.Frequency often) {
    frequency = often;
    rescan = true;
    changed();
  }

  /** Called when targets were added or removed. */
  void changed() {
    stale = true;
    java.util.concurrent.locks.LockSupport.unpark(thread);
  }

  private void run() {
    long nextTick = System.nanoTime();
    try {
      while (!Thread.currentThread().isInterrupted()) {
        try {
          refresh();
          long now = System.nanoTime();
          if (now - nextTick >= 0) {
            jobs.forEach(FileJob::tick);
            nextTick = now + TICK * 1_000_000;
          }
          long wait = Math.min(nextTick - now, scanDue());
          await(Math.max(wait, 0));
        } catch (ClosedWatchServiceException e) {
          return;
        } catch (RuntimeException e) {
          LOG.log(Level.ERROR, "Check of files failed", e);
          Thread.sleep(1000);
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Starts watching new targets and stops for removed ones. */
  private void refresh() {
    if (!stale) {
      return;
    }
    stale = false;
    if (rescan) {
      rescan = false;
      states.values().forEach(s -> s.dirty = true);
    }
    Set<TargetFiles> there = new HashSet<>();
    for (FileJob j : jobs) {
      for (TargetFiles t : j.targetFiles()) {
        there.add(t);
        State s = states.computeIfAbsent(t, k -> new State(j));
        if (t.isGoing()) {
          s.dirty = true;
          s.earliest = System.nanoTime();
        }
      }
    }
    for (TargetFiles t : List.copyOf(states.keySet())) {
      if (!there.contains(t)) {
        State s = states.remove(t);
        if (s != null) {
          watch(t, s, Set.of());
        }
      }
    }
  }

  /** Scans the folders that are due; returns nanoseconds until the next is. */
  private long scanDue() {
    long wait = TimeUnit.SECONDS.toNanos(1);
    for (Map.Entry<TargetFiles, State> e : states.entrySet()) {
      State s = e.getValue();
      long at = s.dirty ? s.earliest : s.due;
      if (at - System.nanoTime() <= 0) {
        scan(e.getKey(), s);
        at = s.dirty ? s.earliest : s.due;
      }
      wait = Math.min(wait, at - System.nanoTime());
    }
    return wait;
  }

  private void scan(TargetFiles t, State s) {
    long began = System.nanoTime();
    s.dirty = false;
    Set<Path> found = new HashSet<>();
    boolean soon = s.job.scan(t, found);
    boolean news = watch(t, s, found);
    long took = System.nanoTime() - began;
    long now = System.nanoTime();
    s.earliest = now + Math.max(SCAN_GAP, took * SCAN_SHARE);
    long sync = frequency.sync().toNanos();
    if (s.polled) {
      s.pollNanos =
          Math.clamp(s.pollNanos * 2, frequency.minPoll().toNanos(), frequency.maxPoll().toNanos());
      sync = Math.min(sync, s.pollNanos);
    }
    s.due = Math.max(s.earliest, now + (soon ? Math.min(sync, TICK * 1_000_000) : sync));
    // Files that appeared in a folder before it was watched were not reported.
    s.dirty |= news;
  }

  /** Watches the folders of a target; returns true if there is a new one. */
  private boolean watch(TargetFiles t, State s, Set<Path> wanted) {
    boolean news = false;
    boolean polled = service == null;
    for (Path p : s.folders) {
      if (!wanted.contains(p)) {
        unregister(t, p);
      }
    }
    Set<Path> watched = new HashSet<>();
    for (Path p : wanted) {
      if (s.folders.contains(p)) {
        watched.add(p);
      } else if (take(t, p)) {
        watched.add(p);
        news = true;
      } else if (Files.isDirectory(p)) {
        polled = true;
      }
    }
    s.folders = watched;
    s.polled = polled;
    return news;
  }

  private boolean take(TargetFiles t, Path folder) {
    Set<TargetFiles> who = interested.get(folder);
    if (who == null) {
      if (service == null || keys.size() >= MAX_FOLDERS || isRemote(folder)) {
        return false;
      }
      try {
        WatchKey k =
            folder.register(
                service,
                StandardWatchEventKinds.ENTRY_CREATE,
                StandardWatchEventKinds.ENTRY_MODIFY,
                StandardWatchEventKinds.ENTRY_DELETE);
        keys.put(folder, k);
        folders.put(k, folder);
      } catch (IOException e) {
        if (!complained && Files.isDirectory(folder)) {
          complained = true;
          LOG.log(
              Level.WARNING,
              "{0} cannot be watched and is polled: {1} (see fs.inotify.max_user_watches)",
              folder,
              e.toString());
        }
        return false;
      }
      who = new HashSet<>();
      interested.put(folder, who);
    }
    who.add(t);
    return true;
  }

  private void unregister(TargetFiles t, Path folder) {
    Set<TargetFiles> who = interested.get(folder);
    if (who != null && who.remove(t) && who.isEmpty()) {
      forget(folder);
    }
  }

  private void forget(Path folder) {
    interested.remove(folder);
    WatchKey k = keys.remove(folder);
    if (k != null) {
      folders.remove(k);
      k.cancel();
    }
  }

  /** Whether other machines may change the folder, which this kernel does not report. */
  private static boolean isRemote(Path folder) {
    try {
      String type = Files.getFileStore(folder).type().toLowerCase(Locale.ROOT);
      return type.startsWith("nfs")
          || type.startsWith("cifs")
          || type.startsWith("smb")
          || type.startsWith("9p")
          || type.startsWith("fuse")
          || type.equals("ceph")
          || type.equals("glusterfs");
    } catch (IOException e) {
      return false;
    }
  }

  private void await(long nanos) throws InterruptedException {
    WatchService w = service;
    if (w == null) {
      if (!stale && nanos > 0) {
        java.util.concurrent.locks.LockSupport.parkNanos(nanos);
      }
      if (Thread.interrupted()) {
        throw new InterruptedException();
      }
      return;
    }
    // New targets do not wake this thread; they wait for at most this time.
    WatchKey key = w.poll(Math.min(nanos, 50_000_000), TimeUnit.NANOSECONDS);
    while (key != null) {
      handleEvents(key);
      key = w.poll();
    }
  }

  private void handleEvents(WatchKey key) {
    Path folder = folders.get(key);
    List<WatchEvent<?>> events = key.pollEvents();
    boolean valid = key.reset();
    if (folder == null) {
      return;
    }
    Set<TargetFiles> who = interested.getOrDefault(folder, Set.of());
    boolean overflow = !valid;
    for (WatchEvent<?> e : events) {
      if (e.kind().equals(StandardWatchEventKinds.ENTRY_MODIFY)
          && e.context() instanceof Path name) {
        Path path = folder.resolve(name);
        for (TargetFiles t : who) {
          State s = states.get(t);
          if (s != null) {
            // Unknown files are irrelevant, or found by the scan that their creation causes.
            s.job.touched(t, path);
          }
        }
      } else {
        overflow = true;
      }
    }
    if (overflow) {
      for (TargetFiles t : who) {
        State s = states.get(t);
        if (s != null) {
          s.dirty = true;
          s.pollNanos = 0;
        }
      }
    }
    if (!valid) {
      for (TargetFiles t : Set.copyOf(who)) {
        State s = states.get(t);
        if (s != null) {
          Set<Path> rest = new HashSet<>(s.folders);
          rest.remove(folder);
          s.folders = rest;
        }
      }
      forget(folder);
    }
  }

  /** Checks all folders and files now. */
  void scanAll() {
    refresh();
    jobs.forEach(FileJob::tick);
    states.forEach(
        (t, s) -> {
          s.job.scan(t, new HashSet<>());
        });
  }

  @Override
  public void close() {
    Thread t = thread;
    if (t != null) {
      t.interrupt();
    }
    try {
      if (service != null) {
        service.close();
      }
      if (t != null) {
        t.join();
      }
    } catch (IOException e) {
      LOG.log(Level.DEBUG, "the watch failed to close", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
