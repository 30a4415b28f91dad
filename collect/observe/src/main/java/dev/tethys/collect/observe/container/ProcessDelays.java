package dev.tethys.collect.observe.container;

import dev.tethys.collect.observe.process.ProcessFiles.Stat;
import dev.tethys.collect.observe.process.TaskStatistics.Delays;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;

/**
 * Time that the processes of a container waited for CPUs and disks, including exited ones. The wait
 * between the last reading of a process and its exit is missing.
 */
final class ProcessDelays {
  private static final double NANOS = 1e9;

  private record Reading(long startTicks, Delays delays) {}

  private final Map<Integer, Reading> last = new HashMap<>();
  private long cpu;
  private long disk;
  private boolean read;
  private boolean disks;

  /**
   * Adds the waits since the last reading.
   *
   * @param processes running processes
   * @param stats numbers of all processes
   * @param delays delays of readable processes, by position in the list
   * @param measuresDisks whether the kernel measures the waiting for disks
   */
  void add(
      Set<Integer> processes,
      Map<Integer, Stat> stats,
      Map<Integer, Delays> delays,
      boolean measuresDisks) {
    disks = measuresDisks;
    for (int pid : processes) {
      Stat stat = stats.get(pid);
      Delays now = delays.get(pid);
      if (stat == null || now == null) {
        continue; // it started after they were read, or has ended
      }
      read = true;
      Reading before = last.put(pid, new Reading(stat.startTicks(), now));
      boolean same = before != null && before.startTicks == stat.startTicks();
      cpu += Math.max(0, now.cpu() - (same ? before.delays.cpu() : 0));
      disk += Math.max(0, now.disk() - (same ? before.delays.disk() : 0));
    }
    last.keySet().retainAll(processes);
  }

  ProcessDelays copy() {
    ProcessDelays c = new ProcessDelays();
    c.cpu = cpu;
    c.disk = disk;
    c.read = read;
    c.disks = disks;
    return c;
  }

  /** Whether a reading exists. */
  boolean isRead() {
    return read;
  }

  /** Whether there was a reading with the waiting for disks. */
  boolean hasDisks() {
    return read && disks;
  }

  double cpuSeconds() {
    return cpu / NANOS;
  }

  double diskSeconds() {
    return disk / NANOS;
  }
}
