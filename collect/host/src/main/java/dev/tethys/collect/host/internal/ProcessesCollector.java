package dev.tethys.collect.host.internal;

import dev.tethys.model.libc.Errno;
import java.io.IOException;
import java.util.Map;
import java.util.TreeMap;

/** How many processes and threads there are, by state, from /proc/<pid>/stat. */
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

  private static final int ESRCH = 3;

  /** The letter of the state, and the number of threads. */
  private record Stat(String state, long threads) {}

  @Override
  public void collect(HostFiles files, Families out) throws IOException {
    int pids = 0;
    double threads = 0;
    Map<String, Integer> states = new TreeMap<>();
    Map<String, Integer> threadStates = new TreeMap<>();
    for (String pid : files.list(files.paths().procfs())) {
      Stat s = number(pid) ? stat(files, files.proc(pid + "/stat")) : null;
      if (s == null) {
        continue;
      }
      pids++;
      threads += s.threads;
      states.merge(s.state, 1, Integer::sum);
      for (String tid : files.listOrNone(files.proc(pid + "/task"))) {
        Stat of =
            tid.equals(pid)
                ? s
                : number(tid) ? stat(files, files.proc(pid + "/task/" + tid + "/stat")) : null;
        if (of != null) {
          threadStates.merge(of.state, 1, Integer::sum);
        }
      }
    }
    out.add(THREADS, threads);
    out.add(MAX_THREADS, files.uint(files.proc("sys/kernel/threads-max")));
    states.forEach((state, n) -> out.add(STATES, n, state));
    threadStates.forEach((state, n) -> out.add(THREAD_STATES, n, state));
    out.add(PIDS, pids);
    out.add(MAX_PIDS, files.uint(files.proc("sys/kernel/pid_max")));
  }

  private static boolean number(String name) {
    return !name.isEmpty() && name.chars().allMatch(c -> c >= '0' && c <= '9');
  }

  /** Null when the process ended meanwhile. */
  private static @org.jspecify.annotations.Nullable Stat stat(HostFiles files, String path)
      throws IOException {
    Text t = files.tryRead(path);
    if (t == null) {
      if (files.errno() == Errno.ENOENT || files.errno() == ESRCH) {
        return null;
      }
      throw new HostFileException("read", path, files.errno());
    }
    t.nextLine();
    int bracket = t.lineEnd - 1; // the name before it may hold anything
    while (bracket > t.lineStart && t.buf[bracket] != ')') {
      bracket--;
    }
    t.fieldEnd = bracket + 1;
    t.needField();
    String state = t.field();
    if (!t.skipFields(17)) {
      throw t.malformed("too few columns");
    }
    return new Stat(state, t.integer());
  }
}
