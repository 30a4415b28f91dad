package dev.tethys.collect.observe.container;

import java.util.TreeMap;
import java.util.TreeSet;

/** Container, unit or process with its processes. Guarded by the registry. */
final class Container {
  /** Most types of applications of one container. */
  private static final int MAX_TYPES = 16;

  final String id;
  final String appId;
  final ContainerMetadata metadata;
  final long firstSeen;

  /** Cgroup of the process found last: a restarted container has another one. */
  Cgroup cgroup;

  /** Start of each process in ticks. */
  final TreeMap<Integer, Long> processes = new TreeMap<>();

  final TreeSet<String> applicationTypes = new TreeSet<>();
  long restarts;
  long oomKills;

  /** Latest start of a process of the run before, in ticks. */
  private long startOfLastRun;

  /** Time at which the last process ended; 0 while there are some. */
  long emptySince;

  Container(String id, Cgroup cgroup, ContainerMetadata metadata, long now) {
    this.id = id;
    this.cgroup = cgroup;
    this.metadata = metadata;
    this.firstSeen = now;
    String service = ContainerNames.serviceName(id);
    this.appId = service.equals(id) ? "" : service;
  }

  /** Notes a process; one that starts after all others ended is a restart. */
  void started(int pid, long startTicks, String applicationType) {
    if (processes.isEmpty() && startOfLastRun > 0 && startTicks > startOfLastRun) {
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
