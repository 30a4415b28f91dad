package dev.tethys.collect.exporter.process;

import dev.tethys.collect.exporter.FamilyBuilder;
import dev.tethys.collect.exporter.process.ProcessSnapshot.Memory;
import dev.tethys.collect.exporter.process.ProcessTracker.Seen;
import dev.tethys.collect.exporter.process.ProcessTracker.SeenThread;
import dev.tethys.model.Labels;
import dev.tethys.model.MetricType;
import java.time.Instant;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Adds up processes by group, and shows each group with process-exporter's names. Not thread-safe.
 *
 * <p>Invariant: the counters of a group never decrease, even if processes end.
 */
final class ProcessGroups {
  private static final String PREFIX = "namedprocess_namegroup_";

  /** Go's zero time in Unix seconds: the value for a group without processes. */
  private static final double NEVER = -62135596800.0;

  private record NamedThreads(int threads, Counts counts) {
    NamedThreads plus(int more, Counts c) {
      return new NamedThreads(threads + more, counts.plus(c));
    }
  }

  /** Current state of a group. */
  private static final class Group {
    int processes;
    Counts used = Counts.ZERO;
    Memory memory = new Memory(0, 0, 0, 0, 0);
    double openFiles;
    double worstRatio;
    double threadCount;
    double started = NEVER;
    final int[] states = new int[ProcessSnapshot.STATES.size()];
    final Map<String, Integer> waiting = new TreeMap<>();
    final Map<String, NamedThreads> threads = new TreeMap<>();

    void add(Seen s) {
      ProcessSnapshot l = s.snapshot();
      double start = seconds(s.started());
      started = processes == 0 ? start : Math.min(started, start);
      processes++;
      used = used.plus(s.used());
      memory = memory.plus(l.memory());
      openFiles += Math.max(0, l.openFiles());
      worstRatio = Math.max(worstRatio, l.openFiles() / l.maxFiles());
      threadCount += (double) l.threadCount();
      for (int i = 0; i < states.length; i++) {
        states[i] += l.states().get(i);
      }
      if (!l.waitsIn().isEmpty()) {
        waiting.merge(l.waitsIn(), 1, Integer::sum);
      }
      for (SeenThread t : s.threads()) {
        if (!t.waitsIn().isEmpty()) {
          waiting.merge(t.waitsIn(), 1, Integer::sum);
        }
        threads.put(
            t.name(),
            threads.getOrDefault(t.name(), new NamedThreads(0, Counts.ZERO)).plus(1, t.used()));
      }
    }

    private static double seconds(Instant at) {
      return (double) at.getEpochSecond();
    }
  }

  private final boolean forgetEmpty;
  private final boolean smaps;
  private final boolean showThreads;
  private final Map<String, Counts> totals = new HashMap<>();
  private final Map<String, Map<String, Counts>> threadTotals = new HashMap<>();

  /**
   * @param forgetEmpty whether groups without processes are removed
   * @param smaps whether proportional sizes are exported
   */
  ProcessGroups(boolean forgetEmpty, boolean smaps, boolean showThreads) {
    this.forgetEmpty = forgetEmpty;
    this.smaps = smaps;
    this.showThreads = showThreads;
  }

  /** Applies a scan, and exports all groups. */
  void show(List<Seen> seen, FamilyBuilder to) {
    Map<String, Group> groups = new TreeMap<>();
    seen.forEach(s -> groups.computeIfAbsent(s.group(), k -> new Group()).add(s));
    groups.forEach(
        (name, g) -> {
          totals.merge(name, g.used, Counts::plus);
          threadTotals.put(name, threadTotals(threadTotals.get(name), g));
        });
    if (forgetEmpty) {
      totals.keySet().retainAll(groups.keySet());
    } else {
      totals.keySet().forEach(name -> groups.computeIfAbsent(name, k -> new Group()));
    }
    threadTotals.keySet().retainAll(groups.keySet());
    groups.forEach((name, g) -> new GroupMetrics(name, to).group(g));
  }

  /** Totals by thread name; a name restarts from zero after a scrape without such threads. */
  private static Map<String, Counts> threadTotals(@Nullable Map<String, Counts> before, Group now) {
    Map<String, Counts> out = new HashMap<>();
    now.threads.forEach(
        (name, t) -> {
          Counts old = before == null ? null : before.get(name);
          out.put(name, old == null ? t.counts() : old.plus(t.counts()));
        });
    return out;
  }

  /** One group being written to the page. */
  private final class GroupMetrics {
    private final String name;
    private final FamilyBuilder to;

    GroupMetrics(String name, FamilyBuilder to) {
      this.name = name;
      this.to = to;
    }

    private void gauge(String metric, String help, double value, String... labels) {
      set(MetricType.GAUGE, metric, help, value, labels);
    }

    private void counter(String metric, String help, double value, String... labels) {
      set(MetricType.COUNTER, metric, help, value, labels);
    }

    private void set(MetricType type, String metric, String help, double value, String... labels) {
      String[] all = new String[labels.length + 2];
      all[0] = "groupname";
      all[1] = name;
      System.arraycopy(labels, 0, all, 2, labels.length);
      to.set(type, PREFIX + metric, help, Labels.of(all), value);
    }

    void group(Group g) {
      gauge("num_procs", "number of processes in this group", g.processes);
      memory("resident", g.memory.resident());
      memory("virtual", g.memory.virtual());
      memory("swapped", g.memory.swapped());
      if (smaps) {
        memory("proportionalResident", g.memory.proportional());
        memory("proportionalSwapped", g.memory.proportionalSwapped());
      }
      gauge(
          "oldest_start_time_seconds",
          "start time in seconds since 1970/01/01 of oldest process in group",
          g.started);
      gauge("open_filedesc", "number of open file descriptors for this group", g.openFiles);
      gauge(
          "worst_fd_ratio",
          "the worst (closest to 1) ratio between open fds and max fds among all procs in this"
              + " group",
          g.worstRatio);
      gauge("num_threads", "Number of threads", g.threadCount);
      for (int i = 0; i < g.states.length; i++) {
        gauge(
            "states",
            "Number of processes in states Running, Sleeping, Waiting, Zombie, or Other",
            g.states[i],
            "state",
            ProcessSnapshot.STATES.get(i));
      }
      g.waiting.forEach(
          (where, n) ->
              gauge(
                  "threads_wchan",
                  "Number of threads in this group waiting on each wchan",
                  n,
                  "wchan",
                  where));
      counts(totals.getOrDefault(name, Counts.ZERO));
      if (showThreads) {
        Map<String, Counts> totals = threadTotals.getOrDefault(name, Map.of());
        g.threads.forEach(
            (thread, t) -> thread(thread, t.threads(), totals.getOrDefault(thread, Counts.ZERO)));
      }
    }

    private void memory(String kind, long bytes) {
      gauge("memory_bytes", "number of bytes of memory in use", (double) bytes, "memtype", kind);
    }

    private void counts(Counts c) {
      counter("cpu_seconds_total", "Cpu user usage in seconds", c.user(), "mode", "user");
      counter("cpu_seconds_total", "Cpu user usage in seconds", c.system(), "mode", "system");
      counter("read_bytes_total", "number of bytes read by this group", c.readBytes());
      counter("write_bytes_total", "number of bytes written by this group", c.writtenBytes());
      counter("major_page_faults_total", "Major page faults", c.majorFaults());
      counter("minor_page_faults_total", "Minor page faults", c.minorFaults());
      switches("context_switches_total", "Context switches", c);
    }

    private void switches(String metric, String help, Counts c, String... labels) {
      String[] all = Arrays.copyOf(labels, labels.length + 2);
      all[labels.length] = "ctxswitchtype";
      all[labels.length + 1] = "voluntary";
      counter(metric, help, c.voluntarySwitches(), all);
      all = all.clone();
      all[labels.length + 1] = "nonvoluntary";
      counter(metric, help, c.involuntarySwitches(), all);
    }

    private void thread(String thread, int threads, Counts c) {
      gauge(
          "thread_count",
          "Number of threads in this group with same threadname",
          threads,
          "threadname",
          thread);
      String cpu = "Cpu user/system usage in seconds";
      counter("thread_cpu_seconds_total", cpu, c.user(), "threadname", thread, "mode", "user");
      counter("thread_cpu_seconds_total", cpu, c.system(), "threadname", thread, "mode", "system");
      String io = "number of bytes read/written by these threads";
      counter("thread_io_bytes_total", io, c.readBytes(), "threadname", thread, "iomode", "read");
      counter(
          "thread_io_bytes_total", io, c.writtenBytes(), "threadname", thread, "iomode", "write");
      counter(
          "thread_major_page_faults_total",
          "Major page faults for these threads",
          c.majorFaults(),
          "threadname",
          thread);
      counter(
          "thread_minor_page_faults_total",
          "Minor page faults for these threads",
          c.minorFaults(),
          "threadname",
          thread);
      switches(
          "thread_context_switches_total",
          "Context switches for these threads",
          c,
          "threadname",
          thread);
    }
  }
}
