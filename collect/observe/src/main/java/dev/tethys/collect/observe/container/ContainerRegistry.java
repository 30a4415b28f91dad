package dev.tethys.collect.observe.container;

import dev.tethys.collect.observe.connection.Owner;
import dev.tethys.collect.observe.process.ProcessFiles;
import dev.tethys.model.exposition.Collector;
import dev.tethys.model.exposition.MetricFamily;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Containers, units and single processes of a machine, found by scans of /proc and by events of
 * processes. Bounded: what is beyond the bounds is counted and left out.
 *
 * <p>Short processes cost a scan nothing that stays: a process is dropped with its end, a container
 * ten minutes after its last process.
 */
public final class ContainerRegistry implements Collector, Owner.Resolver {
  private static final int MAX_CONTAINERS = 2000;
  private static final int MAX_PROCESSES = 65_536;

  /** Age of a process up to which each scan reads it again: it may run another program by then. */
  private static final long YOUNG_NANOS = 60_000_000_000L;

  private static final long KEPT_NANOS = 600_000_000_000L;
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

  private record Known(@Nullable Container container, long startTicks, long seen) {}

  private final ContainerOptions options;
  private final ProcessFiles files;
  private final RuntimeSockets runtimes;
  private final CgroupResources resources;
  private final LongSupplier nanos;
  private final String ownCgroup;
  private final Map<Integer, Known> processes = new HashMap<>();
  private final Map<String, Container> containers = new LinkedHashMap<>();

  /** Container of a cgroup's path, so that a runtime is asked once. */
  private final Map<String, String> idsByPath = new HashMap<>();

  private long shed;

  /**
   * @param nanos clock that does not go back
   */
  public ContainerRegistry(ContainerOptions options, LongSupplier nanos) {
    this.options = options;
    this.nanos = nanos;
    files = new ProcessFiles(options.proc());
    runtimes = new RuntimeSockets(options.root());
    resources = new CgroupResources(options.cgroups());
    ownCgroup = Cgroup.ofFile(files.cgroup((int) ProcessHandle.current().pid()), "").path();
  }

  /**
   * Looks through /proc: notes processes that started and ended since. To be called at intervals.
   */
  public synchronized void scan() throws IOException {
    long now = nanos.getAsLong();
    Set<Integer> present = new HashSet<>(files.pids());
    for (int pid : new ArrayList<>(processes.keySet())) {
      if (!present.contains(pid)) {
        exited(pid, now);
      }
    }
    for (int pid : present) {
      Known known = processes.get(pid);
      long start = files.startTicks(pid);
      if (known != null && known.startTicks != start && start > 0) {
        exited(pid, now); // the number was given to another process
        known = null;
      }
      if (known == null && start > 0) {
        started(pid, start, now, now);
      } else if (known != null && now - known.seen < YOUNG_NANOS) {
        exited(pid, now);
        started(pid, start, now, known.seen);
      }
    }
    containers.values().removeIf(c -> c.emptySince > 0 && now - c.emptySince > KEPT_NANOS);
    idsByPath.values().removeIf(id -> !id.isEmpty() && !containers.containsKey(id));
    if (idsByPath.size() > MAX_PROCESSES) {
      idsByPath.clear();
    }
  }

  /** Notes that a process was started or runs another program now. */
  public synchronized void processStarted(int pid) {
    long now = nanos.getAsLong();
    exited(pid, now);
    long start = files.startTicks(pid);
    if (start > 0) {
      started(pid, start, now, now);
    }
  }

  /** Notes that a process ended. */
  public synchronized void processExited(int pid, boolean outOfMemory) {
    Known k = processes.get(pid);
    if (k != null && k.container != null && outOfMemory) {
      k.container.oomKills++;
    }
    exited(pid, nanos.getAsLong());
  }

  private void started(int pid, long start, long now, long seen) {
    if (processes.size() >= MAX_PROCESSES) {
      shed++;
      return;
    }
    Container c = containerOf(pid, now);
    processes.put(pid, new Known(c, start, seen));
    if (c != null) {
      c.started(pid, start, ApplicationType.of(files.commandLine(pid)));
    }
  }

  private void exited(int pid, long now) {
    Known k = processes.remove(pid);
    if (k != null && k.container != null) {
      k.container.exited(pid, now);
    }
  }

  private @Nullable Container containerOf(int pid, long now) {
    Cgroup cgroup = Cgroup.ofFile(files.cgroup(pid), ownCgroup);
    String id;
    ContainerMetadata metadata = ContainerMetadata.NONE;
    if (cgroup.kind() == ContainerKind.STANDALONE) {
      id = ProcessNames.id(files.commandLine(pid));
    } else {
      String known = idsByPath.get(cgroup.path());
      if (known != null) {
        id = known;
      } else {
        metadata = runtimes.of(cgroup);
        id = ContainerIds.of(cgroup, metadata, name -> files.environment(pid, name));
        idsByPath.put(cgroup.path(), id);
      }
    }
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
      c = new Container(id, cgroup, metadata, now);
      containers.put(id, c);
    }
    c.cgroup = cgroup;
    return c;
  }

  private boolean isSystem(Cgroup c) {
    if (c.kind() != ContainerKind.SYSTEMD || !options.skipSystemServices()) {
      return false;
    }
    String unit = c.containerId().substring(c.containerId().lastIndexOf('/') + 1);
    return SYSTEM_UNITS.stream().anyMatch(unit::startsWith);
  }

  @Override
  public synchronized @Nullable Owner ownerOf(long cgroup, int process) {
    if (process <= 0) {
      return null;
    }
    if (!processes.containsKey(process)) {
      processStarted(process);
    }
    Known k = processes.get(process);
    return k == null || k.container == null ? null : new Owner(k.container.id, k.container.appId);
  }

  /** Log of a container that its runtime writes to a file. */
  public record LogFile(String containerId, String appId, String path) {}

  /** Logs of the containers that run. */
  public synchronized List<LogFile> logFiles() {
    List<LogFile> out = new ArrayList<>();
    for (Container c : containers.values()) {
      if (!c.metadata.logPath().isEmpty()
          && c.emptySince == 0
          && !isOptedOut(c, "COROOT_LOG_MONITORING")) {
        out.add(new LogFile(c.id, c.appId, c.metadata.logPath()));
      }
    }
    return out;
  }

  /** True when a process of the container was started with the variable set to disabled. */
  private boolean isOptedOut(Container c, String variable) {
    return !c.processes.isEmpty()
        && files.environment(c.processes.firstKey(), variable).equals("disabled");
  }

  /** Containers and processes that were beyond the bounds. */
  public synchronized long shed() {
    return shed;
  }

  /** Number of containers known. */
  public synchronized int size() {
    return containers.size();
  }

  @Override
  public synchronized void collect(Consumer<MetricFamily> to) {
    long now = nanos.getAsLong();
    List<Container> shown =
        containers.values().stream()
            .filter(c -> now - c.firstSeen >= options.minAge().toNanos())
            .toList();
    ContainerMetrics.collect(shown, resources, files, to);
  }
}
