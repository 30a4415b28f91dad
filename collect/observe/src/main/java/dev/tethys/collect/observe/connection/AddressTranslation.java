package dev.tethys.collect.observe.connection;

import dev.tethys.collect.observe.kernel.NetworkNamespace;
import dev.tethys.collect.observe.kernel.ThreadScheduling;
import dev.tethys.collect.observe.process.ProcessFiles;
import dev.tethys.model.guard.SupervisedLoop;
import dev.tethys.model.libc.Errno;
import dev.tethys.model.libc.LibraryException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Peers after address translation, from the connection tracking of the kernel. A separate thread
 * queries it, so that the reader of events never waits. The network namespace of the process is
 * queried first, then that of the machine, through which the connections of containers pass. The
 * entry of a short connection stays in the table for some seconds after its end.
 */
public final class AddressTranslation implements ConnectionTracker.Translations, AutoCloseable {
  private static final int MAX_QUEUED = 8192;

  /** Questions in one interval: at most 4,000 a second, some percent of a processor. */
  private static final int MAX_BATCH = 400;

  private static final long INTERVAL_MILLIS = 100;
  private static final long IDLE_MILLIS = 5_000;

  /**
   * Time after which a namespace whose table is still empty right after a new connection is
   * considered untracked.
   */
  private static final long EMPTY_NANOS = 5_000_000_000L;

  /** An open socket keeps its namespace in being after the end of the container. */
  private static final long KEPT_NANOS = 5_000_000_000L;

  private static final long MODULE_NANOS = 10_000_000_000L;
  private static final int MAX_NAMESPACES = 256;

  /** Pause between searches for other processes after that of a connection has ended. */
  private static final long SEARCH_NANOS = 5_000_000_000L;

  private static final int MAX_FOUND = 4096;

  /** Translation table of one network namespace. */
  private static final class Table {
    @Nullable ConntrackSocket socket;
    long used;

    /** Time of the check that found it empty; valid without a socket. */
    long empty;
  }

  private final ConnectionTracker tracker;
  private final Path proc;
  private final LocalAddresses addresses;
  private final int hostProcess;
  private final int host;
  private final BlockingQueue<UnresolvedDestination> queue = new ArrayBlockingQueue<>(MAX_QUEUED);
  private final CountDownLatch stop = new CountDownLatch(1);
  private final Thread thread;

  // Used by the querying thread only.
  private final Map<Integer, Table> tables = new LinkedHashMap<>(64, 0.75f, true);

  /** A process in each namespace, of the last search. */
  private final Map<Integer, Integer> found = new HashMap<>();

  private long searched;

  /** Namespace the thread is currently in. */
  private int current;

  // Of the thread that offers.
  private boolean loaded;
  private long moduleChecked;

  private volatile long translated;
  private volatile long direct;
  private volatile long failed;

  private AddressTranslation(
      ConnectionTracker tracker, Path proc, LocalAddresses addresses, int hostProcess) {
    this.tracker = tracker;
    this.proc = proc;
    this.addresses = addresses;
    this.hostProcess = hostProcess;
    host = addresses.namespaceOf(hostProcess);
    current = addresses.namespaceOf((int) ProcessHandle.current().pid());
    loaded = isLoaded(proc);
    moduleChecked = System.nanoTime();
    thread =
        Thread.ofPlatform()
            .name("observe-translation")
            .daemon()
            .unstarted(SupervisedLoop.of("observe-translation", this::run));
  }

  /**
   * Checks that the kernel responds, and starts.
   *
   * @param proc mount point of /proc
   * @param hostProcess a process in the network namespace through which containers connect
   * @throws LibraryException if it does not
   */
  public static AddressTranslation start(
      ConnectionTracker tracker, Path proc, LocalAddresses addresses, int hostProcess)
      throws LibraryException {
    AddressTranslation t = new AddressTranslation(tracker, proc, addresses, hostProcess);
    if (t.loaded) { // the question would load the module of the kernel
      try (ConntrackSocket s = new ConntrackSocket()) {
        s.entries();
      }
    }
    tracker.translations(t);
    t.thread.start();
    return t;
  }

  private static boolean isLoaded(Path proc) {
    return Files.exists(proc.resolve("sys/net/netfilter/nf_conntrack_count"));
  }

  @Override
  public Outcome offer(UnresolvedDestination u) {
    if (!loaded) {
      long now = System.nanoTime();
      if (now - moduleChecked < MODULE_NANOS) {
        return Outcome.NONE;
      }
      moduleChecked = now;
      loaded = isLoaded(proc);
      if (!loaded) {
        return Outcome.NONE;
      }
    }
    return queue.offer(u) ? Outcome.QUEUED : Outcome.FULL;
  }

  private void run() {
    ThreadScheduling.giveWay();
    try {
      while (stop.getCount() > 0) {
        UnresolvedDestination first = queue.poll(IDLE_MILLIS, TimeUnit.MILLISECONDS);
        long now = System.nanoTime();
        if (first != null) {
          List<UnresolvedDestination> batch = new ArrayList<>();
          batch.add(first);
          queue.drainTo(batch, MAX_BATCH - 1);
          try {
            batch.forEach(u -> resolve(u, now));
          } finally {
            tracker.resolved(batch);
          }
        }
        closeUnused(now);
        if (first != null && stop.await(INTERVAL_MILLIS, TimeUnit.MILLISECONDS)) {
          break;
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void resolve(UnresolvedDestination u, long now) {
    Flow flow = u.flow;
    if (u.namespace != host) {
      flow = behind(flow, u.namespace, u.process, now);
    }
    flow = behind(flow, host, hostProcess, now);
    u.answer = flow;
    if (flow.hasDestinationOf(u.flow)) {
      direct++;
    } else {
      translated++;
    }
  }

  private Flow behind(Flow flow, int namespace, int process, long now) {
    try {
      ConntrackSocket s = socket(namespace, process, now);
      Flow behind = s == null ? null : s.translated(flow);
      return behind == null ? flow : behind;
    } catch (LibraryException e) {
      failed++; // the namespace is gone with its processes, or a right is missing
      close(namespace);
      return flow;
    }
  }

  /** Socket in a namespace; null if nothing is tracked there. */
  private @Nullable ConntrackSocket socket(int namespace, int process, long now)
      throws LibraryException {
    Table t = tables.get(namespace);
    if (t == null) {
      t = new Table();
      if (tables.size() >= MAX_NAMESPACES) {
        close(tables.keySet().iterator().next());
      }
      tables.put(namespace, t);
    } else if (t.socket == null && now - t.empty < EMPTY_NANOS) {
      return null;
    }
    t.used = now;
    if (t.socket == null) {
      if (current != namespace) {
        int in = addresses.namespaceOf(process) == namespace ? process : find(namespace, now);
        NetworkNamespace.enter(proc, in);
        current = namespace;
      }
      ConntrackSocket s = new ConntrackSocket();
      boolean kept = false;
      try {
        // An empty table for connections within a container does not prove that the machine's table
        // is empty.
        kept = namespace == host || s.entries() > 0;
      } finally {
        if (!kept) {
          s.close();
        }
      }
      t.empty = now;
      t.socket = kept ? s : null;
    }
    return t.socket;
  }

  /** Another process in a namespace: that of the connection has ended. */
  private int find(int namespace, long now) throws LibraryException {
    int known = found.getOrDefault(namespace, 0);
    if (known > 0 && addresses.namespaceOf(known) == namespace) {
      return known;
    }
    if (searched == 0 || now - searched > SEARCH_NANOS) {
      searched = now;
      found.clear();
      try {
        for (int process : new ProcessFiles(proc).pids()) {
          int its = addresses.namespaceOf(process);
          if (its != 0 && found.size() < MAX_FOUND) {
            found.putIfAbsent(its, process);
          }
        }
      } catch (IOException e) {
        throw new LibraryException("read " + proc, Errno.EIO);
      }
    }
    Integer other = found.get(namespace);
    if (other == null) {
      throw new LibraryException("network namespace", Errno.ENOENT);
    }
    return other;
  }

  private void close(int namespace) {
    Table t = tables.remove(namespace);
    if (t != null && t.socket != null) {
      t.socket.close();
    }
  }

  private void closeUnused(long now) {
    for (int namespace : List.copyOf(tables.keySet())) {
      Table t = tables.get(namespace);
      if (t != null && now - t.used > KEPT_NANOS) {
        close(namespace);
      }
    }
  }

  /**
   * Returns the number of connections whose destination differs from the address they connected to.
   */
  public long translated() {
    return translated;
  }

  /** Returns the number of connections that were not translated. */
  public long direct() {
    return direct;
  }

  /** Returns the number of queries left unanswered by the kernel. */
  public long failed() {
    return failed;
  }

  @Override
  public void close() {
    stop.countDown();
    thread.interrupt();
    try {
      thread.join();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    for (int namespace : List.copyOf(tables.keySet())) {
      close(namespace);
    }
  }
}
