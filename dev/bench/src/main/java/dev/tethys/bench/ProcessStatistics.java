package dev.tethys.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.function.Predicate;
import java.util.stream.Stream;

/** Resource usage of a process (proc(5)). */
record ProcessStatistics(long pid) {
  /** Returns the resident memory in kilobytes. */
  long resident() throws IOException {
    return status("VmRSS:");
  }

  /** Returns the peak resident memory of the process in kilobytes. */
  long peak() throws IOException {
    return status("VmHWM:");
  }

  private long status(String name) throws IOException {
    for (String line : Files.readAllLines(Path.of("/proc/" + pid + "/status"))) {
      if (line.startsWith(name)) {
        return Long.parseLong(line.replaceAll("\\D", ""));
      }
    }
    return 0;
  }

  /** Returns the number of open files, connections and other descriptors. */
  long openFiles() throws IOException {
    try (Stream<Path> open = Files.list(Path.of("/proc/" + pid + "/fd"))) {
      return open.count();
    }
  }

  /** Seconds of processor time since its start. */
  double cpuSeconds() throws IOException {
    return cpuSeconds(Files.readString(Path.of("/proc/" + pid + "/stat")));
  }

  /** Seconds of processor time of its live threads whose name is accepted. */
  double cpuSecondsOfThreads(Predicate<String> name) throws IOException {
    double sum = 0;
    try (Stream<Path> threads = Files.list(Path.of("/proc/" + pid + "/task"))) {
      for (Path t : threads.toList()) {
        try {
          String s = Files.readString(t.resolve("stat"));
          sum += name.test(s.substring(s.indexOf('(') + 1, s.lastIndexOf(')'))) ? cpuSeconds(s) : 0;
        } catch (IOException e) {
          // The thread has ended.
        }
      }
    }
    return sum;
  }

  private static double cpuSeconds(String stat) {
    String[] f = stat.substring(stat.lastIndexOf(')') + 2).split(" ");
    return (Long.parseLong(f[11]) + Long.parseLong(f[12])) / 100.0;
  }
}
