package dev.tethys.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;

/** Resource usage of a process (proc(5)). */
record ProcessStatistics(long pid) {
  /** What it keeps in memory, in kilobytes. */
  long resident() throws IOException {
    return status("VmRSS:");
  }

  /** The most that it has ever kept in memory, in kilobytes. */
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

  /** Files, connections and all else that it holds open. */
  long openFiles() throws IOException {
    try (Stream<Path> open = Files.list(Path.of("/proc/" + pid + "/fd"))) {
      return open.count();
    }
  }

  /** Seconds of processor time since its start. */
  double cpuSeconds() throws IOException {
    String s = Files.readString(Path.of("/proc/" + pid + "/stat"));
    String[] f = s.substring(s.lastIndexOf(')') + 2).split(" ");
    return (Long.parseLong(f[11]) + Long.parseLong(f[12])) / 100.0;
  }
}
