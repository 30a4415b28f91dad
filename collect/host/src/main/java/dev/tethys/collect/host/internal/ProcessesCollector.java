package dev.tethys.collect.host.internal;

import java.io.IOException;
import java.util.Map;
import java.util.TreeMap;

/** Numbers of processes and threads by state, from /proc/<pid>/stat. */
final class ProcessesCollector implements NodeCollector {
  private static final Desc THREADS =
      Desc.gauge("node_processes_threads", "Allocated threads in system");
  private static final Desc MAX_THREADS =
      Desc.gauge("node_processes_max_threads", "Limit of threads in the system");
  private static final Desc THREAD_STATES =
      Desc.gauge(
          "node_processes_threads_state", "Number of threads in each state.", "thread_state");
  private static final Desc STATES =
      Desc.gauge("node_processes_state", "Number of processes in each state.", "state");
  private static final Desc PIDS = Desc.gauge("node_processes_pids", "Number of PIDs");
  private static final Desc MAX_PIDS =
      Desc.gauge("node_processes_max_processes", "Number of max PIDs limit");

  @Override
  public void collect(HostFiles files, Families out) throws IOException {
    int pids = 0;
    double threads = 0;
    Map<Character, Integer> states = new TreeMap<>();
    Map<Character, Integer> threadStates = new TreeMap<>();
    ProcessState s = new ProcessState();
    for (String pid : files.list(files.paths().procfs())) {
      if (!number(pid) || !s.read(files, files.proc(pid + "/stat"))) {
        continue;
      }
      pids++;
      threads += s.threads;
      char leader = s.state;
      states.merge(leader, 1, Integer::sum);
      String tasks = files.proc(pid + "/task");
      for (String tid : files.listOrNone(tasks)) {
        if (tid.equals(pid)) {
          threadStates.merge(leader, 1, Integer::sum);
        } else if (number(tid) && s.read(files, tasks + "/" + tid + "/stat")) {
          threadStates.merge(s.state, 1, Integer::sum);
        }
      }
    }
    out.add(THREADS, threads);
    out.add(MAX_THREADS, files.uint(files.proc("sys/kernel/threads-max")));
    states.forEach((state, n) -> out.add(STATES, n, state.toString()));
    threadStates.forEach((state, n) -> out.add(THREAD_STATES, n, state.toString()));
    out.add(PIDS, pids);
    out.add(MAX_PIDS, files.uint(files.proc("sys/kernel/pid_max")));
  }

  /** Whether a name in /proc is a process. */
  static boolean number(String name) {
    return !name.isEmpty() && name.chars().allMatch(c -> c >= '0' && c <= '9');
  }
}
