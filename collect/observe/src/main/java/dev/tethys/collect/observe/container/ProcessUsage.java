package dev.tethys.collect.observe.container;

import dev.tethys.collect.observe.process.ProcessFiles.Stat;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;

/**
 * CPU and memory of processes that have no own cgroup, from their numbers in /proc. What a process
 * uses between the last reading and its end is missing.
 */
final class ProcessUsage {
  /** Ticks per second in /proc: USER_HZ, which is part of the kernel interface. */
  private static final double TICKS = 100;

  /** Page size on x86-64. */
  private static final int PAGE_BYTES = 4096;

  private final Map<Integer, Stat> last = new HashMap<>();
  private long cpuTicks;
  private long residentPages;
  private boolean read;

  /**
   * Adds the usage since the last reading.
   *
   * @param processes running processes
   * @param stats numbers of all processes
   */
  void add(Set<Integer> processes, Map<Integer, Stat> stats) {
    read = true;
    residentPages = 0;
    for (int pid : processes) {
      Stat now = stats.get(pid);
      if (now == null) {
        continue; // it started after they were read
      }
      Stat before = last.put(pid, now);
      boolean same = before != null && before.startTicks() == now.startTicks();
      cpuTicks += Math.max(0, now.cpuTicks() - (same ? before.cpuTicks() : 0));
      residentPages += now.residentPages();
    }
    last.keySet().retainAll(processes);
  }

  ProcessUsage copy() {
    ProcessUsage c = new ProcessUsage();
    c.cpuTicks = cpuTicks;
    c.residentPages = residentPages;
    c.read = read;
    return c;
  }

  /** Whether a reading exists. */
  boolean isRead() {
    return read;
  }

  double cpuSeconds() {
    return cpuTicks / TICKS;
  }

  double residentBytes() {
    return (double) residentPages * PAGE_BYTES;
  }
}
