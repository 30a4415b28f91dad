package dev.tethys.collect.observe.container;

import dev.tethys.collect.observe.connection.Owner;
import java.util.TreeMap;
import java.util.TreeSet;

/** Container, unit or process with its processes. Guarded by the registry. */
final class Container {
  /** Most types of applications of one container. */
  private static final int MAX_TYPES = 16;

  final String id;
  final String appId;
  final Owner owner;
  final ContainerMetadata metadata;
  final long firstSeen;

  /** Cgroup of the process found last: a restarted container has another one. */
  Cgroup cgroup;

  /** Start of each process in ticks. */
  final TreeMap<Integer, Long> processes = new TreeMap<>();

  final TreeSet<String> applicationTypes = new TreeSet<>();
  long restarts;
  long oomKills;
  ProcessUsage usage = new ProcessUsage();
  ProcessDelays delays = new ProcessDelays();

  /** One of its processes has reached the minimum age of displayed containers. */
  boolean lasting;

  /** A process of it was started with COROOT_LOG_MONITORING=disabled. */
  boolean logsOff;

  /** Latest process start of the previous run, in ticks. */
  private long startOfLastRun;

  /** Time when the last process ended; 0 while there are some. */
  long emptySince;

  Container(String id, Cgroup cgroup, ContainerMetadata metadata, long now) {
    this.id = id;
    this.cgroup = cgroup;
    this.metadata = metadata;
    this.firstSeen = now;
    String service = ContainerNames.serviceName(id);
    this.appId = service.equals(id) ? "" : service;
    this.owner = new Owner(id, appId);
  }

  /** State of now, which does not change. */
  Container copy() {
    Container c = new Container(id, cgroup, metadata, firstSeen);
    if (!processes.isEmpty()) {
      c.processes.put(processes.firstKey(), processes.firstEntry().getValue());
    }
    c.applicationTypes.addAll(applicationTypes);
    c.restarts = restarts;
    c.oomKills = oomKills;
    c.usage = usage.copy();
    c.delays = delays.copy();
    return c;
  }

  /** Records a child that runs the program of its parent. */
  void forked(int pid) {
    processes.put(pid, 0L);
    emptySince = 0;
  }

  /** Records a process; a process that starts after all others have ended is a restart. */
  void started(int pid, long startTicks, String applicationType) {
    // A program outside containers and units may start any number of times.
    if (processes.isEmpty()
        && startOfLastRun > 0
        && startTicks > startOfLastRun
        && cgroup.kind() != ContainerKind.STANDALONE) {
      restarts++;
    }
    processes.put(pid, startTicks);
    emptySince = 0;
    if (!applicationType.isEmpty() && applicationTypes.size() < MAX_TYPES) {
      applicationTypes.add(applicationType);
    }
  }

  void exited(int pid, long now) {
    Long start = processes.remove(pid);
    if (start != null && processes.isEmpty()) {
      startOfLastRun = Math.max(startOfLastRun, start);
      emptySince = now;
    }
  }
}
