package dev.tethys.collect.host.internal;

import com.google.re2j.Pattern;
import dev.tethys.collect.host.NodeExporterOptions;
import dev.tethys.model.Labels;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Time of the CPUs from /proc/stat, their throttling and online state from sysfs, and, if enabled,
 * /proc/cpuinfo.
 */
final class CpuCollector implements NodeCollector {
  private static final String[] MODES = {
    "user", "nice", "system", "idle", "iowait", "irq", "softirq", "steal"
  };

  private static final Desc SECONDS =
      Desc.counter("node_cpu_seconds_total", "Seconds the CPUs spent in each mode.", "cpu", "mode");
  private static final Desc GUEST =
      Desc.counter(
          "node_cpu_guest_seconds_total",
          "Seconds the CPUs spent in guests (VMs) for each mode.",
          "cpu",
          "mode");
  private static final Desc INFO =
      Desc.gauge(
          "node_cpu_info",
          "CPU information from /proc/cpuinfo.",
          "package",
          "core",
          "cpu",
          "vendor",
          "family",
          "model",
          "model_name",
          "microcode",
          "stepping",
          "cachesize");
  private static final Desc FREQUENCY =
      Desc.gauge(
          "node_cpu_frequency_hertz",
          "CPU frequency in hertz from /proc/cpuinfo.",
          "package",
          "core",
          "cpu");
  private static final Desc FLAG =
      Desc.gauge(
          "node_cpu_flag_info",
          "The `flags` field of CPU information from /proc/cpuinfo taken from the first core.",
          "flag");
  private static final Desc BUG =
      Desc.gauge(
          "node_cpu_bug_info",
          "The `bugs` field of CPU information from /proc/cpuinfo taken from the first core.",
          "bug");
  private static final Desc CORE_THROTTLES =
      Desc.counter(
          "node_cpu_core_throttles_total",
          "Number of times this CPU core has been throttled.",
          "package",
          "core");
  private static final Desc PACKAGE_THROTTLES =
      Desc.counter(
          "node_cpu_package_throttles_total",
          "Number of times this CPU package has been throttled.",
          "package");
  private static final Desc ISOLATED =
      Desc.gauge(
          "node_cpu_isolated",
          "Whether each core is isolated, information from /sys/devices/system/cpu/isolated.",
          "cpu");
  private static final Desc ONLINE =
      Desc.gauge("node_cpu_online", "CPUs that are online and being scheduled.", "cpu");

  /** State of one CPU between scrapes. */
  private static final class Cpu {
    final CpuCounter counter = new CpuCounter();
    final Labels[] labels = new Labels[MODES.length];
    boolean seen;

    Cpu(int number) {
      String n = Integer.toString(number);
      for (int i = 0; i < labels.length; i++) {
        labels[i] = SECONDS.labels(n, MODES[i]);
      }
    }
  }

  private record Topology(String cpu, String packageId, String coreId) {}

  private final boolean guest;
  private final boolean info;
  private final boolean frequency;
  private final @Nullable Pattern flags;
  private final @Nullable Pattern bugs;
  private final Map<Integer, Cpu> cpus = new TreeMap<>();
  private final CpuLines now = new CpuLines();
  private List<String> folders = List.of();
  private List<Topology> topology = List.of();

  CpuCollector(NodeExporterOptions options) {
    guest = options.on("collector.cpu.guest");
    String f = options.string("collector.cpu.info.flags-include");
    String b = options.string("collector.cpu.info.bugs-include");
    flags = f.isEmpty() ? null : Pattern.compile(f);
    bugs = b.isEmpty() ? null : Pattern.compile(b);
    info = options.on("collector.cpu.info") || flags != null || bugs != null;
    frequency = options.enabled().contains("cpufreq");
  }

  @Override
  public void collect(HostFiles files, Families out) throws IOException {
    if (info) {
      info(files, out);
    }
    times(files, out);
    String isolated = files.stringOrNull(files.sys("devices/system/cpu/isolated"));
    if (isolated != null) {
      for (int cpu : CpuList.parse(isolated)) {
        out.add(ISOLATED, 1, Integer.toString(cpu));
      }
    }
    List<String> names = files.numbered(files.sys("devices/system/cpu"), "cpu");
    throttles(files, out, names);
    online(files, out, names);
  }

  private void times(HostFiles files, Families out) throws IOException {
    Text t = files.read(files.proc("stat"));
    cpus.values().forEach(c -> c.seen = false);
    while (now.next(t)) {
      Cpu c = cpus.computeIfAbsent(now.number, Cpu::new);
      c.seen = true;
      c.counter.update(now.seconds);
    }
    cpus.values().removeIf(c -> !c.seen);
    cpus.forEach(
        (number, c) -> {
          double[] s = c.counter.seconds;
          for (int i = 0; i < MODES.length; i++) {
            out.add(SECONDS, s[i], c.labels[i]);
          }
          if (guest) {
            out.add(GUEST, s[MODES.length], c.labels[0]);
            out.add(GUEST, s[MODES.length + 1], c.labels[1]);
          }
        });
  }

  private void throttles(HostFiles files, Families out, List<String> names) {
    if (!names.equals(folders)) {
      folders = names;
      topology = new ArrayList<>();
      for (String name : names) {
        String dir = files.sys("devices/system/cpu/" + name);
        double p = files.uintOrNaN(dir + "/topology/physical_package_id");
        double c = files.uintOrNaN(dir + "/topology/core_id");
        if (!Double.isNaN(p) && !Double.isNaN(c)) {
          topology.add(new Topology(dir, String.format("%.0f", p), String.format("%.0f", c)));
        }
      }
    }
    Set<String> cores = new HashSet<>();
    Map<String, Double> packages = new HashMap<>();
    for (Topology t : topology) {
      if (!cores.contains(t.packageId + " " + t.coreId)) {
        double v = files.uintOrNaN(t.cpu + "/thermal_throttle/core_throttle_count");
        if (!Double.isNaN(v)) {
          cores.add(t.packageId + " " + t.coreId);
          out.add(CORE_THROTTLES, v, t.packageId, t.coreId);
        }
      }
      if (!packages.containsKey(t.packageId)) {
        double v = files.uintOrNaN(t.cpu + "/thermal_throttle/package_throttle_count");
        if (!Double.isNaN(v)) {
          packages.put(t.packageId, v);
        }
      }
    }
    packages.forEach((id, v) -> out.add(PACKAGE_THROTTLES, v, id));
  }

  private static void online(HostFiles files, Families out, List<String> names) {
    String dir = files.sys("devices/system/cpu/");
    if (names.isEmpty() || !files.exists(dir + names.get(0) + "/online")) {
      return; // this kernel does not say
    }
    for (String name : names) {
      boolean on = "1".equals(files.stringOrNull(dir + name + "/online"));
      out.add(ONLINE, on ? 1 : 0, name.substring(3));
    }
  }

  private void info(HostFiles files, Families out) throws IOException {
    List<CpuInfo> all = CpuInfo.parse(files.read(files.proc("cpuinfo")));
    for (CpuInfo c : all) {
      out.add(
          INFO,
          1,
          c.get("physical id"),
          c.get("core id"),
          c.get("processor"),
          c.get("vendor_id"),
          c.get("cpu family"),
          c.get("model"),
          c.get("model name"),
          c.get("microcode"),
          c.get("stepping"),
          c.get("cache size"));
    }
    if (frequency) {
      for (CpuInfo c : all) {
        Double mhz = Numbers.parse(c.get("cpu MHz"));
        out.add(
            FREQUENCY,
            mhz == null ? 0 : mhz * 1e6,
            c.get("physical id"),
            c.get("core id"),
            c.get("processor"));
      }
    }
    if (!all.isEmpty()) {
      matching(out, FLAG, all.get(0).get("flags"), flags);
      matching(out, BUG, all.get(0).get("bugs"), bugs);
    }
  }

  private static void matching(Families out, Desc d, String values, @Nullable Pattern p) {
    if (p == null) {
      return;
    }
    for (String v : values.split("\\s+")) {
      if (!v.isEmpty() && p.matcher(v).find()) {
        out.add(d, 1, v);
      }
    }
  }
}
