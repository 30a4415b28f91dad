package dev.tethys.collect.observe.process;

import com.google.re2j.Pattern;
import dev.tethys.model.Labels;
import dev.tethys.model.MetricType;
import dev.tethys.model.exposition.Collector;
import dev.tethys.model.exposition.MetricFamily;
import dev.tethys.model.exposition.MetricFamily.Metric;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.Predicate;

/** Host metrics, named as in Coroot's node agent. */
public final class NodeMetrics implements Collector {
  private static final double TICKS = 100;
  private static final int SECTOR = 512;
  private static final String[] MODES = {
    "user", "nice", "system", "idle", "iowait", "irq", "softirq", "steal"
  };
  private static final Pattern WHOLE_DEVICE =
      Pattern.compile("(?:dm-\\d+|[shxv]v?d[a-z]+|md\\d+|mmcblk\\d+|nvme\\d+n\\d+|rbd\\d+)");

  /** Reads and writes of a device. */
  record Disk(
      double reads,
      double writes,
      double read,
      double written,
      double readSeconds,
      double writeSeconds,
      double ioSeconds) {}

  private final Path proc;
  private final Predicate<String> reported;

  /**
   * @param proc mount point of /proc
   * @param reported network devices that are shown
   */
  public NodeMetrics(Path proc, Predicate<String> reported) {
    this.proc = proc;
    this.reported = reported;
  }

  @Override
  public void collect(Consumer<MetricFamily> to) {
    info(to);
    List<Metric> cpu = new ArrayList<>();
    cpuSeconds().forEach((mode, v) -> cpu.add(new Metric(Labels.of("mode", mode), v)));
    counter("node_resources_cpu_usage_seconds_total", "Time of all CPUs by mode.", cpu, to);
    gauge("node_resources_cpu_logical_cores", "Number of logical CPUs.", logicalCores(), to);
    memoryBytes()
        .forEach(
            (name, v) ->
                gauge("node_resources_memory_" + name + "_bytes", "Memory, " + name + ".", v, to));
    disks(to);
    network(to);
  }

  private void info(Consumer<MetricFamily> to) {
    Labels labels =
        Labels.of(
            "hostname",
            text("sys/kernel/hostname").strip(),
            "kernel_version",
            text("sys/kernel/osrelease").strip());
    to.accept(
        new MetricFamily(
            "node_info",
            MetricType.GAUGE,
            "Information about the machine.",
            "",
            List.of(new Metric(labels, 1))));
    gauge("node_uptime_seconds", "Time since the start of the machine.", uptime(), to);
  }

  Map<String, Double> cpuSeconds() {
    Map<String, Double> out = new LinkedHashMap<>();
    for (String line : text("stat").lines().toList()) {
      if (line.startsWith("cpu ")) {
        String[] f = line.substring(4).strip().split("\\s+");
        for (int i = 0; i < MODES.length && i < f.length; i++) {
          out.put(MODES[i], Double.parseDouble(f[i]) / TICKS);
        }
      }
    }
    return out;
  }

  int logicalCores() {
    return (int)
        text("stat").lines().filter(l -> l.startsWith("cpu") && !l.startsWith("cpu ")).count();
  }

  /** Sizes in kB times 1000, as Coroot counts them. */
  Map<String, Double> memoryBytes() {
    Map<String, Double> out = new LinkedHashMap<>();
    for (String line : text("meminfo").lines().toList()) {
      String[] f = line.split("\\s+");
      String name =
          switch (f[0]) {
            case "MemTotal:" -> "total";
            case "MemFree:" -> "free";
            case "MemAvailable:" -> "available";
            case "Cached:" -> "cached";
            default -> "";
          };
      if (!name.isEmpty() && f.length > 1) {
        out.put(name, Double.parseDouble(f[1]) * 1000);
      }
    }
    return out;
  }

  double uptime() {
    String text = text("uptime");
    return text.isBlank() ? 0 : Double.parseDouble(text.strip().split(" ")[0]);
  }

  /** Complete block devices. */
  Map<String, Disk> disks() {
    Map<String, Disk> out = new LinkedHashMap<>();
    for (String line : text("diskstats").lines().toList()) {
      String[] f = line.strip().split("\\s+");
      if (f.length >= 13 && WHOLE_DEVICE.matches(f[2])) {
        double[] v = new double[13];
        for (int i = 3; i < 13; i++) {
          v[i] = Double.parseDouble(f[i]);
        }
        out.put(
            f[2],
            new Disk(
                v[3], v[7], v[5] * SECTOR, v[9] * SECTOR, v[6] / 1000, v[10] / 1000, v[12] / 1000));
      }
    }
    return out;
  }

  private void disks(Consumer<MetricFamily> to) {
    Map<String, List<Metric>> all = new LinkedHashMap<>();
    disks()
        .forEach(
            (device, d) -> {
              Labels labels = Labels.of("device", device);
              add(all, "reads_total", labels, d.reads);
              add(all, "writes_total", labels, d.writes);
              add(all, "read_bytes_total", labels, d.read);
              add(all, "written_bytes_total", labels, d.written);
              add(all, "read_time_seconds_total", labels, d.readSeconds);
              add(all, "write_time_seconds_total", labels, d.writeSeconds);
              add(all, "io_time_seconds_total", labels, d.ioSeconds);
            });
    all.forEach(
        (name, metrics) ->
            counter("node_resources_disk_" + name, "Use of block devices.", metrics, to));
  }

  private void network(Consumer<MetricFamily> to) {
    Map<String, List<Metric>> all = new LinkedHashMap<>();
    // The devices of the first process are those of the machine.
    for (String line : text("1/net/dev").lines().skip(2).toList()) {
      int colon = line.indexOf(':');
      String name = colon < 0 ? "" : line.substring(0, colon).strip();
      String[] f = colon < 0 ? new String[0] : line.substring(colon + 1).strip().split("\\s+");
      if (f.length >= 10 && reported.test(name)) {
        Labels labels = Labels.of("interface", name);
        add(all, "received_bytes_total", labels, Double.parseDouble(f[0]));
        add(all, "received_packets_total", labels, Double.parseDouble(f[1]));
        add(all, "transmitted_bytes_total", labels, Double.parseDouble(f[8]));
        add(all, "transmitted_packets_total", labels, Double.parseDouble(f[9]));
      }
    }
    all.forEach(
        (name, metrics) -> counter("node_net_" + name, "Traffic of network devices.", metrics, to));
  }

  private static void add(Map<String, List<Metric>> all, String name, Labels labels, double value) {
    all.computeIfAbsent(name, n -> new ArrayList<>()).add(new Metric(labels, value));
  }

  private static void counter(
      String name, String help, List<Metric> metrics, Consumer<MetricFamily> to) {
    if (!metrics.isEmpty()) {
      to.accept(new MetricFamily(name, MetricType.COUNTER, help, "", metrics));
    }
  }

  private static void gauge(String name, String help, double value, Consumer<MetricFamily> to) {
    to.accept(
        new MetricFamily(
            name, MetricType.GAUGE, help, "", List.of(new Metric(Labels.EMPTY, value))));
  }

  private String text(String file) {
    try {
      return Files.readString(proc.resolve(file), StandardCharsets.ISO_8859_1);
    } catch (IOException e) {
      return ""; // not on this kernel
    }
  }
}
