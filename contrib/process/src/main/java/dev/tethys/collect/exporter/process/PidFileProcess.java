package dev.tethys.collect.exporter.process;

import dev.tethys.collect.exporter.FamilyBuilder;
import dev.tethys.model.Labels;
import dev.tethys.model.MetricType;
import dev.tethys.model.exposition.MetricFamily;
import dev.tethys.model.log.JulLogger;
import java.io.IOException;
import java.io.InputStream;
import java.lang.System.Logger.Level;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * Metrics of a server's process, found by its PID file, named as in Prometheus's client libraries
 * with the server's prefix ({@code haproxy_process_…}). Nothing is exposed while the file or the
 * process does not exist. Thread-safe.
 */
public final class PidFileProcess {
  private static final System.Logger LOG = JulLogger.of(PidFileProcess.class.getName());
  private static final int MAX_FILE = 64;

  private final String prefix;
  private final Path file;
  private final Path proc;

  /**
   * Creates a collector for the process whose PID is in a file.
   *
   * @param server prefix of metric names
   */
  public PidFileProcess(String server, Path file) {
    this(server, file, Path.of("/proc"));
  }

  PidFileProcess(String server, Path file, Path proc) {
    this.prefix = server + "_process_";
    this.file = file;
    this.proc = proc;
  }

  /** Returns the metrics; empty while there is no process. */
  public List<MetricFamily> families() {
    FamilyBuilder found = new FamilyBuilder();
    try {
      add(found);
    } catch (IOException | NumberFormatException e) {
      LOG.log(
          Level.WARNING,
          "The process whose PID is in {0} is not exposed: {1}",
          file,
          String.valueOf(e.getMessage()));
      return List.of();
    }
    return found.families();
  }

  private void add(FamilyBuilder to) throws IOException {
    int pid;
    try (InputStream in = Files.newInputStream(file)) {
      pid =
          Integer.parseInt(new String(in.readNBytes(MAX_FILE), StandardCharsets.US_ASCII).strip());
    }
    ProcFolder folder = new ProcFolder(proc, false);
    ProcFolder.Stat stat = folder.stat(pid);
    ProcessSnapshot snapshot = folder.readSnapshot(pid, stat);
    Counts c = snapshot.counts();
    to.set(
        MetricType.COUNTER,
        prefix + "cpu_seconds_total",
        "Total user and system CPU time spent in seconds.",
        Labels.EMPTY,
        c.user() + c.system());
    if (snapshot.openFiles() >= 0) {
      to.gauge(prefix + "open_fds", "Number of open file descriptors.", snapshot.openFiles());
    }
    to.gauge(
        prefix + "max_fds",
        "Maximum number of open file descriptors.",
        unsigned(snapshot.maxFiles()));
    to.gauge(
        prefix + "virtual_memory_bytes",
        "Virtual memory size in bytes.",
        snapshot.memory().virtual());
    to.gauge(
        prefix + "virtual_memory_max_bytes",
        "Maximum amount of virtual memory available in bytes.",
        unsigned(folder.addressSpace(pid)));
    to.gauge(
        prefix + "resident_memory_bytes",
        "Resident memory size in bytes.",
        snapshot.memory().resident());
    to.gauge(
        prefix + "start_time_seconds",
        "Start time of the process since unix epoch in seconds.",
        folder.startSeconds(stat));
    double[] traffic = folder.traffic(pid);
    to.set(
        MetricType.COUNTER,
        prefix + "network_receive_bytes_total",
        "Number of bytes received by the process over the network.",
        Labels.EMPTY,
        traffic[0]);
    to.set(
        MetricType.COUNTER,
        prefix + "network_transmit_bytes_total",
        "Number of bytes sent by the process over the network.",
        Labels.EMPTY,
        traffic[1]);
  }

  /** Converts a limit; the largest number of the kernel's type means no limit. */
  private static double unsigned(double limit) {
    return Double.isInfinite(limit) ? 0x1p64 : limit;
  }
}
