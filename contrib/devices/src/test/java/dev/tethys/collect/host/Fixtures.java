package dev.tethys.collect.host;

import dev.tethys.testkit.Shared;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;

/** Node_exporter's fixture of a host, unpacked into a folder. */
final class Fixtures {
  /** Collectors that ask the kernel and services, not files. */
  private static final Set<String> NOT_FILES =
      Set.of(
          "ethtool",
          "logind",
          "network_route",
          "ntp",
          "perf",
          "qdisc",
          "runit",
          "supervisord",
          "systemd",
          "wifi");

  private Fixtures() {}

  /** Unpacks the fixture into {@code to} and adds what it cannot hold: a link and a device. */
  static HostPaths unpack(Path to) throws IOException {
    Path from = Shared.conformance("node_exporter/fixtures");
    Ttar.unpack(from.resolve("sys.ttar"), to);
    Ttar.unpack(from.resolve("udev.ttar"), to);
    try (Stream<Path> s = Files.walk(from)) {
      for (Path p : (Iterable<Path>) s::iterator) {
        Path target = to.resolve(from.relativize(p).toString());
        if (Files.isDirectory(p)) {
          Files.createDirectories(target);
        } else {
          Files.copy(p, target, StandardCopyOption.REPLACE_EXISTING);
          target.toFile().setWritable(true);
        }
      }
    }
    Files.createSymbolicLink(to.resolve("proc/self"), Path.of("10"));
    // Node_exporter asks the real kernel for its devices, and its test shows only lo.
    Files.writeString(
        to.resolve("proc/net/dev"),
        """
        Inter-|   Receive                                                |  Transmit
         face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed
            lo: 10 1 0 0 0 0 0 0 10 1 0 0 0 0 0 0
          eth0:10 1 0 0 0 0 0 0 10 1 0 0 0 0 0 0
        """);
    return new HostPaths(
        to.resolve("proc").toString(),
        to.resolve("sys").toString(),
        to.toString(),
        to.resolve("udev/data").toString());
  }

  /** The flags of node_exporter's end-to-end test, for the collectors that are built. */
  static NodeExporterOptions options(HostPaths paths) {
    List<NodeExporterOptions.Setting> s = new ArrayList<>();
    for (String flag :
        List.of(
            "path.rootfs=" + paths.rootfs(),
            "path.procfs=" + paths.procfs(),
            "path.sysfs=" + paths.sysfs(),
            "path.udev.data=" + paths.udevData(),
            "no-collector.filesystem",
            "no-collector.selinux",
            "no-collector.timex",
            "no-collector.uname",
            "collector.arp.device-exclude=nope",
            "no-collector.arp.netlink",
            "collector.bcache.priorityStats",
            "collector.cpu.info",
            "collector.cpu.info.bugs-include=^(cpu_meltdown|spectre_.*|mds)$",
            "collector.cpu.info.flags-include=^(aes|avx.?|constant_tsc)$",
            "collector.hwmon.chip-include=(applesmc|asus_nb_wmi|coretemp|hwmon4|ieee80211|nct6779)",
            "collector.netclass.ignore-invalid-speed",
            "collector.netclass.ignored-devices=(dmz|int)",
            "collector.netdev.device-include=lo",
            "collector.stat.softirq",
            "collector.sysctl.include-info=kernel.seccomp.actions_avail",
            "collector.sysctl.include=fs.file-nr",
            "collector.sysctl.include=fs.file-nr:total,current,max",
            "collector.sysctl.include=kernel.threads-max",
            "collector.textfile.directory=" + paths.rootfs() + "/textfile/two_metric_files/")) {
      int eq = flag.indexOf('=');
      s.add(
          eq < 0
              ? new NodeExporterOptions.Setting(flag, null)
              : new NodeExporterOptions.Setting(flag.substring(0, eq), flag.substring(eq + 1)));
    }
    for (NodeExporterFlags.Flag f : NodeExporterOptions.flags()) {
      if (f.kind() == NodeExporterFlags.Kind.COLLECTOR
          && f.value().equals("false")
          && !List.of("nvmesubsystem", "swap", "tcpstat").contains(f.collector())
          && !NOT_FILES.contains(f.collector())) {
        s.add(new NodeExporterOptions.Setting(f.name(), null));
      }
    }
    return NodeExporterOptions.parse(s);
  }
}
