package dev.tethys.app.collector;

import com.sun.management.OperatingSystemMXBean;
import dev.tethys.model.exposition.Registry;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/** The process as the Collector identifies itself. */
final class ProcessMetrics {
  private static final Path STATM = Path.of("/proc/self/statm");
  private static final long PAGE = 4096;

  private ProcessMetrics() {}

  static void register(Registry r) {
    Runtime rt = Runtime.getRuntime();
    r.counter(
        "otelcol_process_uptime_seconds_total",
        "Uptime of the process.",
        () -> ManagementFactory.getRuntimeMXBean().getUptime() / 1000.0);
    r.counter(
        "otelcol_process_cpu_seconds_total",
        "Total CPU user and system time in seconds.",
        ProcessMetrics::cpuSeconds);
    r.gauge(
        "otelcol_process_memory_rss_bytes",
        "Total physical memory (resident set size).",
        ProcessMetrics::resident);
    r.gauge(
        "otelcol_process_runtime_heap_alloc_bytes",
        "Bytes of the heap that are taken.",
        () -> rt.totalMemory() - rt.freeMemory());
    r.gauge(
        "otelcol_process_runtime_total_sys_memory_bytes",
        "Bytes of the heap obtained from the system.",
        rt::totalMemory);
  }

  private static double cpuSeconds() {
    return ManagementFactory.getOperatingSystemMXBean() instanceof OperatingSystemMXBean os
        ? os.getProcessCpuTime() / 1e9
        : Double.NaN;
  }

  /** Returns the resident memory in bytes; NaN if unknown. */
  static double resident() {
    try {
      String[] fields = Files.readString(STATM, StandardCharsets.US_ASCII).split(" ");
      return Long.parseLong(fields[1]) * (double) PAGE;
    } catch (IOException | NumberFormatException | ArrayIndexOutOfBoundsException e) {
      return Double.NaN; // not Linux
    }
  }
}
