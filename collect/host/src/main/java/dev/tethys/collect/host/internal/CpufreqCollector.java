package dev.tethys.collect.host.internal;

import dev.tethys.model.Labels;
import dev.tethys.model.libc.Errno;
import java.io.IOException;
import java.util.HashSet;
import java.util.Set;

/** Frequencies of the CPUs from /sys/devices/system/cpu. */
final class CpufreqCollector implements NodeCollector {
  private static final String[] FILES = {
    "cpuinfo_cur_freq",
    "cpuinfo_avg_freq",
    "cpuinfo_min_freq",
    "cpuinfo_max_freq",
    "scaling_cur_freq",
    "scaling_min_freq",
    "scaling_max_freq"
  };
  private static final Desc[] DESCS = {
    gauge("frequency_hertz", "Current CPU thread frequency in hertz."),
    gauge("frequency_avg_hertz", "Average CPU thread frequency in hertz."),
    gauge("frequency_min_hertz", "Minimum CPU thread frequency in hertz."),
    gauge("frequency_max_hertz", "Maximum CPU thread frequency in hertz."),
    gauge("scaling_frequency_hertz", "Current scaled CPU thread frequency in hertz."),
    gauge("scaling_frequency_min_hertz", "Minimum scaled CPU thread frequency in hertz."),
    gauge("scaling_frequency_max_hertz", "Maximum scaled CPU thread frequency in hertz.")
  };
  private static final Desc GOVERNOR =
      Desc.gauge(
          "node_cpu_scaling_governor",
          "Current enabled CPU frequency governor.",
          "cpu",
          "governor");

  private static Desc gauge(String name, String help) {
    return Desc.gauge("node_cpu_" + name, help, "cpu");
  }

  @Override
  public void collect(HostFiles files, Families out) throws IOException {
    String root = files.sys("devices/system/cpu");
    Set<String> offline = new HashSet<>();
    for (int cpu : CpuList.parse(files.string(root + "/offline"))) {
      offline.add("cpu" + cpu);
    }
    for (String name : files.numbered(root, "cpu")) {
      String dir = root + "/" + name + "/cpufreq";
      if (offline.contains(name) || !files.isFolder(dir)) {
        continue;
      }
      String cpu = name.substring(3);
      Labels l = DESCS[0].labels(cpu);
      for (int i = 0; i < FILES.length; i++) {
        Text t = files.tryRead(dir + "/" + FILES[i]);
        if (t == null) {
          if (files.errno() != Errno.ENOENT
              && files.errno() != Errno.EACCES
              && files.errno() != Errno.EPERM) {
            throw new HostFileException("read", dir + "/" + FILES[i], files.errno());
          }
          continue;
        }
        t.nextLine();
        out.add(DESCS[i], t.nextUnsigned() * 1000.0, l);
      }
      String governor = files.string(dir + "/scaling_governor");
      if (!governor.isEmpty()) {
        for (String g : files.string(dir + "/scaling_available_governors").split(" ")) {
          out.add(GOVERNOR, g.equals(governor) ? 1 : 0, cpu, g);
        }
      }
    }
  }
}
