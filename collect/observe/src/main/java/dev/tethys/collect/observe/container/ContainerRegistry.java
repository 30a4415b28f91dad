package dev.tethys.collect.observe.container;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.tethys.collect.observe.connection.Owner;
import dev.tethys.collect.observe.connection.PublishedPort;
import dev.tethys.collect.observe.process.ProcessFiles;
import dev.tethys.collect.observe.process.ProcessFiles.Stat;
import dev.tethys.collect.observe.process.TaskStatistics.Delays;
import dev.tethys.model.exposition.Collector;
import dev.tethys.model.exposition.MetricFamily;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Containers, units and single processes of a machine, found by scans of /proc and by events of
 * processes. Bounded: containers beyond the limits are counted and omitted.
 *
 * <p>Files and sockets of runtimes are read without the lock, so that the event thread never waits
 * for them: a container has no owner until {@link #identify} has queried its runtime. A process is
 * remembered for a while after its end, since its last events arrive later.
 */
public final class ContainerRegistry implements Collector, Owner.Resolver {
  private static final int MAX_CONTAINERS = 2000;
  private static final int MAX_PROCESSES = 65_536;
  private static final int MAX_WANTED = 4096;

  /** Age of a process up to which each scan reads it again: it may run another program by then. */
  private static final long YOUNG_NANOS = 60_000_000_000L;

  private static final long TICK_NANOS = 10_000_000L; // of all architectures of Linux

  private static final long KEPT_NANOS = 600_000_000_000L;

  /** Time after the end of a process during which its events may still be read. */
  private static final long ENDED_KEPT_NANOS = 15_000_000_000L;

  /** Start of a process known only from its fork. */
  private static final long NOT_READ = -1;

  private static final List<String> SYSTEM_UNITS =
      List.of(
          "systemd-",
          "dbus",
          "getty",
          "system-serial",
          "system-getty",
          "serial-getty",
          "snapd",
          "packagekit",
          "unattended-upgrades",
          "multipathd",
          "qemu-guest-agent",
          "irqbalance",
          "networkd-dispatcher",
          "rpcbind");

  /** Process; {@code ended} is 0 while it runs. */
  private record TrackedProcess(
      @Nullable Container container, long startTicks, long seen, long ended) {
    TrackedProcess ended(long now) {
      return new TrackedProcess(container, startTicks, seen, now);
    }
  }

  /** Files read for a process. */
  private record Found(int pid, long start, Cgroup cgroup, String commandLine) {}

  /** ID and metadata of a container; an empty ID if it is not observed. */
  private record Identity(String id, ContainerMetadata metadata) {}

  /** Source of the delays of processes. */
  public interface DelaySource {
    /** Source that measures no delays. */
    DelaySource NONE =
        new DelaySource() {
          @Override
          public @Nullable Delays of(int process) {
            return null;
          }

          @Override
          public boolean measuresDisks() {
            return false;
          }
        };

    /** Delays of a process; null if they cannot be read. */
    @Nullable Delays of(int process);

    /** Whether the waiting for disks is measured. */
    boolean measuresDisks();
  }

  private final ContainerOptions options;
  private final ProcessFiles files;
  private final DelaySource delays;
  private final DiskSizes disks;
  private final RuntimeSockets runtimes;
  private final CgroupResources resources;
  private final LongSupplier nanos;
  private final String ownCgroup;
  private final BlockingQueue<Integer> wanted = new ArrayBlockingQueue<>(MAX_WANTED);

  // This lock is never held while a file is read.
  @GuardedBy("this")
  private final Map<Integer, TrackedProcess> processes = new HashMap<>();

  @GuardedBy("this")
  private final Map<String, Container> containers = new LinkedHashMap<>();

  /** Container by its cgroup's path, so that a runtime is queried once. */
  @GuardedBy("this")
  private final Map<String, String> idsByPath = new HashMap<>();

  /** Container by the number of its cgroup, for processes that have ended. */
  @GuardedBy("this")
  private final Map<Long, Container> byCgroup = new HashMap<>();

  @GuardedBy("this")
  private long shed;

  /** Boot time of the machine; null if /proc does not have it. */
  private volatile @Nullable Long boot;

  /**
   * @param nanos clock that does not go back
   */
  public ContainerRegistry(ContainerOptions options, LongSupplier nanos) {
    this(options, nanos, DelaySource.NONE);
  }

  /**
   * @param nanos monotonic clock
   * @param delays queried by {@link #scan}
   */
  public ContainerRegistry(ContainerOptions options, LongSupplier nanos, DelaySource delays) {
    this.options = options;
    this.delays = delays;
    disks = new DiskSizes(options.proc(), nanos);
    this.nanos = nanos;
    files = new ProcessFiles(options.proc());
    runtimes = new RuntimeSockets(options.root(), nanos);
    resources = new CgroupResources(options.cgroups());
    ownCgroup = Cgroup.ofFile(files.cgroup((int) ProcessHandle.current().pid()), "").path();
  }

  /**
   * Reads /proc and notes the processes that started and ended since. Must be called at intervals,
   * by one thread at a time.
   */
  public void scan() throws IOException {
    Map<Integer, Stat> stats = new HashMap<>();
    for (int pid : files.pids()) {
      Stat stat = files.stat(pid);
      if (stat.startTicks() > 0) {
        stats.put(pid, stat);
      }
    }
    long now = nanos.getAsLong();
    double uptime = files.uptimeSeconds();
    boot = uptime > 0 ? now - (long) (uptime * 1e9) : null;
    List<Integer> toRead = compare(stats, now);
    for (int pid : toRead) {
      add(pid, true);
    }
    use(stats, now);
    readDelays(stats);
    forget(now);
  }

  private void readDelays(Map<Integer, Stat> stats) {
    if (delays == DelaySource.NONE) {
      return;
    }
    List<Integer> pids = new ArrayList<>();
    synchronized (this) {
      containers.values().forEach(c -> pids.addAll(c.processes.keySet()));
    }
    Map<Integer, Delays> read = new HashMap<>();
    for (int pid : pids) {
      Delays d = stats.containsKey(pid) ? delays.of(pid) : null;
      if (d != null) {
        read.put(pid, d);
      }
    }
    boolean disk = delays.measuresDisks();
    synchronized (this) {
      containers.values().forEach(c -> c.delays.add(c.processes.keySet(), stats, read, disk));
    }
  }

  /** Adds the usage of processes outside containers and units, which have no separate cgroup. */
  private synchronized void use(Map<Integer, Stat> stats, long now) {
    for (Container c : containers.values()) {
      if (c.cgroup.kind() == ContainerKind.STANDALONE) {
        c.usage.add(c.processes.keySet(), stats);
        for (int pid : c.processes.keySet()) {
          c.lasting |= isOld(pid, now);
        }
      }
    }
  }

  /** Start time of a process, so that an older process has its true age. */
  private long started(long startTicks, long now) {
    Long since = boot;
    return since == null ? now : Math.min(now, since + startTicks * TICK_NANOS);
  }

  @GuardedBy("this")
  private boolean isOld(int pid, long now) {
    TrackedProcess k = processes.get(pid);
    return k != null && now - k.seen >= options.minAge().toNanos();
  }

  /** A shell command is not shown, however often it runs: its processes are short-lived. */
  private boolean isShown(Container c, long now) {
    return c.cgroup.kind() == ContainerKind.STANDALONE && !options.minAge().isZero()
        ? c.lasting
        : now - c.firstSeen >= options.minAge().toNanos();
  }

  /** Records exits and reused process ids; returns the processes to read. */
  private synchronized List<Integer> compare(Map<Integer, Stat> stats, long now) {
    processes
        .entrySet()
        .removeIf(e -> e.getValue().ended > 0 && now - e.getValue().ended > ENDED_KEPT_NANOS);
    for (int pid : List.copyOf(processes.keySet())) {
      if (!stats.containsKey(pid)) {
        exited(pid, now);
      }
    }
    List<Integer> toRead = new ArrayList<>();
    stats.forEach(
        (pid, stat) -> {
          TrackedProcess known = processes.get(pid);
          if (known == null
              || known.startTicks != stat.startTicks()
              || now - known.seen < YOUNG_NANOS) {
            toRead.add(pid);
          }
        });
    return toRead;
  }

  private synchronized void forget(long now) {
    containers.values().removeIf(c -> c.emptySince > 0 && now - c.emptySince > KEPT_NANOS);
    Map<String, Container> left = containers;
    idsByPath.values().removeIf(id -> !id.isEmpty() && !left.containsKey(id));
    if (idsByPath.size() > MAX_PROCESSES) {
      idsByPath.clear();
    }
    byCgroup.values().removeIf(c -> left.get(c.id) != c);
  }

  /**
   * Queries runtimes for the containers of processes named in events, waiting for the first.
   *
   * @param waitNanos maximum wait for the first process
   */
  public void identify(long waitNanos) throws InterruptedException {
    Integer pid = wanted.poll(waitNanos, TimeUnit.NANOSECONDS);
    while (pid != null) {
      add(pid, true);
      pid = wanted.poll();
    }
  }

  /** Records that a process was started or is now running another program. */
  public void processStarted(int pid) {
    add(pid, false);
  }

  /**
   * Records that a process was forked; the child belongs to its parent's container until it runs a
   * program.
   */
  public synchronized void processForked(int parent, int child) {
    TrackedProcess k = processes.get(parent);
    if (k == null || processes.size() >= MAX_PROCESSES) {
      return;
    }
    long now = nanos.getAsLong();
    exited(child, now);
    processes.put(child, new TrackedProcess(k.container, NOT_READ, now, 0));
    if (k.container != null) {
      k.container.forked(child);
    }
  }

  /** Records that a process ended. */
  public synchronized void processExited(int pid, boolean outOfMemory) {
    TrackedProcess k = processes.get(pid);
    if (k != null && k.ended == 0 && k.container != null && outOfMemory) {
      k.container.oomKills++;
    }
    exited(pid, nanos.getAsLong());
  }

  /**
   * Reads a process and records it.
   *
   * @param mayAsk whether its runtime may be queried, which takes up to seconds; otherwise {@link
   *     #identify} does
   */
  private void add(int pid, boolean mayAsk) {
    Cgroup cgroup = Cgroup.ofFile(files.cgroup(pid), ownCgroup);
    String commandLine = files.commandLine(pid);
    Stat stat = files.stat(pid); // the last: what was read before was read before the end
    if (stat.startTicks() <= 0 || stat.exiting() && cgroup.kind() == ContainerKind.STANDALONE) {
      return; // the files say nothing any more; what is known from its fork stays
    }
    Found f = new Found(pid, stat.startTicks(), cgroup, commandLine);
    Identity identity = identity(f, mayAsk);
    if (identity == null) {
      if (!wanted.contains(pid) && !wanted.offer(pid)) {
        synchronized (this) {
          shed++;
        }
      }
      return;
    }
    boolean isNew;
    synchronized (this) {
      isNew = !identity.id.isEmpty() && !containers.containsKey(identity.id);
    }
    // For a new container only: the environment of its first process may disable logs.
    boolean logsOff = isNew && files.environment(pid, "COROOT_LOG_MONITORING").equals("disabled");
    long number = isNew ? resources.number(f.cgroup) : 0;
    note(f, identity, logsOff, number);
  }

  private @Nullable Identity identity(Found f, boolean mayAsk) {
    Cgroup cgroup = f.cgroup;
    if (cgroup.kind() == ContainerKind.STANDALONE) {
      return new Identity(
          ProcessNames.id(
              f.commandLine,
              name -> files.environment(f.pid, name),
              () -> files.workingFolder(f.pid)),
          ContainerMetadata.NONE);
    }
    synchronized (this) {
      String known = idsByPath.get(cgroup.path());
      if (known != null) {
        return new Identity(known, ContainerMetadata.NONE);
      }
    }
    if (!mayAsk && runtimes.queriesRuntime(cgroup)) {
      return null;
    }
    ContainerMetadata metadata = runtimes.of(cgroup);
    return new Identity(
        ContainerIds.of(cgroup, metadata, name -> files.environment(f.pid, name)), metadata);
  }

  private synchronized void note(Found f, Identity identity, boolean logsOff, long number) {
    long now = nanos.getAsLong();
    TrackedProcess before = processes.get(f.pid);
    boolean same =
        before != null
            && before.ended == 0
            && (before.startTicks == f.start || before.startTicks == NOT_READ);
    exited(f.pid, now);
    if (processes.size() >= MAX_PROCESSES && before == null) {
      shed++;
      return;
    }
    if (f.cgroup.kind() != ContainerKind.STANDALONE) {
      idsByPath.put(f.cgroup.path(), identity.id);
    }
    long start = started(f.start, now);
    Container c = container(f.cgroup, identity, start);
    long seen = same && before != null ? before.seen : start;
    processes.put(f.pid, new TrackedProcess(c, f.start, seen, 0));
    if (c != null) {
      c.cgroup = f.cgroup;
      c.logsOff |= logsOff;
      if (number > 0) {
        byCgroup.put(number, c);
      }
      c.started(f.pid, f.start, ApplicationType.of(f.commandLine));
    }
  }

  @GuardedBy("this")
  private @Nullable Container container(Cgroup cgroup, Identity identity, long now) {
    String id = identity.id;
    if (id.isEmpty()
        || ContainerNames.isSkipped(id, options.allow(), options.deny())
        || isSystem(cgroup)) {
      return null;
    }
    Container c = containers.get(id);
    if (c == null) {
      if (containers.size() >= MAX_CONTAINERS) {
        shed++;
        return null;
      }
      c = new Container(id, cgroup, identity.metadata, now);
      containers.put(id, c);
    }
    return c;
  }

  @GuardedBy("this")
  private void exited(int pid, long now) {
    TrackedProcess k = processes.get(pid);
    if (k != null && k.ended == 0) {
      processes.put(pid, k.ended(now));
      if (k.container != null) {
        k.container.exited(pid, now);
      }
    }
  }

  private boolean isSystem(Cgroup c) {
    if (c.kind() != ContainerKind.SYSTEMD || !options.skipSystemServices()) {
      return false;
    }
    String unit = c.containerId().substring(c.containerId().lastIndexOf('/') + 1);
    return SYSTEM_UNITS.stream().anyMatch(unit::startsWith);
  }

  @Override
  public @Nullable Owner ownerOf(long cgroup, int process) {
    if (process <= 0) {
      return null;
    }
    boolean read;
    synchronized (this) {
      TrackedProcess k = processes.get(process);
      // The program of a child that was only forked, or whose number may have been given away.
      read = k == null || k.startTicks == NOT_READ && k.ended == 0;
    }
    if (read) {
      add(process, false);
    }
    synchronized (this) {
      TrackedProcess k = processes.get(process);
      Container c = k != null ? k.container : cgroup > 0 ? byCgroup.get(cgroup) : null;
      return c == null ? null : c.owner;
    }
  }

  @Override
  public synchronized Map<Owner, List<PublishedPort>> published() {
    Map<Owner, List<PublishedPort>> out = new LinkedHashMap<>();
    for (Container c : containers.values()) {
      if (c.cgroup.kind() == ContainerKind.DOCKER
          && c.emptySince == 0
          && !c.metadata.published().isEmpty()) {
        out.put(c.owner, c.metadata.published());
      }
    }
    return out;
  }

  /** Log of a container that its runtime writes to a file. */
  public record LogFile(String containerId, String appId, String path) {}

  /** Logs of the containers that run. */
  public synchronized List<LogFile> logFiles() {
    List<LogFile> out = new ArrayList<>();
    for (Container c : containers.values()) {
      if (!c.metadata.logPath().isEmpty() && c.emptySince == 0 && !c.logsOff) {
        out.add(new LogFile(c.id, c.appId, c.metadata.logPath()));
      }
    }
    return out;
  }

  /** Returns the running containers with their processes, whose open files may be logs. */
  public synchronized Map<Owner, List<Integer>> loggingProcesses() {
    Map<Owner, List<Integer>> out = new LinkedHashMap<>();
    for (Container c : containers.values()) {
      if (!c.processes.isEmpty() && !c.logsOff) {
        out.put(c.owner, List.copyOf(c.processes.keySet()));
      }
    }
    return out;
  }

  /** Owner of a systemd unit, such as nginx.service; null if it is not observed. */
  public synchronized @Nullable Owner ownerOfUnit(String unit) {
    Container c = containers.get("/system.slice/" + unit);
    return c == null || c.logsOff ? null : c.owner;
  }

  /** Whether a container is remembered. */
  public synchronized boolean isKnown(Owner owner) {
    return containers.containsKey(owner.containerId());
  }

  /** Containers and processes that were beyond the bounds. */
  public synchronized long shed() {
    return shed;
  }

  /** Returns the number of known containers. */
  public synchronized int size() {
    return containers.size();
  }

  @Override
  public void collect(Consumer<MetricFamily> to) {
    long now = nanos.getAsLong();
    List<Container> shown;
    synchronized (this) {
      shown =
          containers.values().stream().filter(c -> isShown(c, now)).map(Container::copy).toList();
    }
    ContainerMetrics.collect(shown, resources, files, disks, to);
  }
}
