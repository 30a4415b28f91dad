package dev.tethys.collect.host;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Flags of node_exporter that these collectors support, with its names and defaults. */
public final class NodeExporterFlags {
  /** Type of a flag's value. */
  public enum Kind {
    /** Turns a collector on or off. */
    COLLECTOR,
    SWITCH,
    STRING,
    STRINGS,
    REGEX,
    DURATION,
    NUMBER
  }

  /**
   * A flag.
   *
   * @param name without dashes
   * @param value its default, {@code ""} for none
   * @param help one sentence
   */
  public record Flag(String name, Kind kind, String value, String help) {
    /** Returns the collector the flag belongs to, or {@code ""}. */
    public String collector() {
      if (!name.startsWith("collector.")) {
        return "";
      }
      int dot = name.indexOf('.', "collector.".length());
      return name.substring("collector.".length(), dot < 0 ? name.length() : dot);
    }
  }

  /** Collectors enabled by default. */
  static final List<String> DEFAULT_ON =
      List.of(
          "arp",
          "bcache",
          "bcachefs",
          "bonding",
          "btrfs",
          "conntrack",
          "cpu",
          "cpufreq",
          "diskstats",
          "dmi",
          "dmmultipath",
          "edac",
          "entropy",
          "fibrechannel",
          "filefd",
          "filesystem",
          "hwmon",
          "infiniband",
          "ipvs",
          "kernel_hung",
          "loadavg",
          "mdadm",
          "meminfo",
          "netclass",
          "netdev",
          "netstat",
          "nfs",
          "nfsd",
          "nvme",
          "os",
          "powersupplyclass",
          "pressure",
          "rapl",
          "schedstat",
          "selinux",
          "sockstat",
          "softnet",
          "stat",
          "tapestats",
          "textfile",
          "thermal_zone",
          "time",
          "timex",
          "udp_queues",
          "uname",
          "vmstat",
          "watchdog",
          "xfs",
          "zfs");

  /** Collectors that are disabled by default. */
  static final List<String> DEFAULT_OFF =
      List.of(
          "buddyinfo",
          "cgroups",
          "cpu_vulnerabilities",
          "drbd",
          "drm",
          "ethtool",
          "interrupts",
          "ksmd",
          "lnstat",
          "logind",
          "meminfo_numa",
          "mountstats",
          "network_route",
          "ntp",
          "nvmesubsystem",
          "pcidevice",
          "perf",
          "processes",
          "qdisc",
          "runit",
          "slabinfo",
          "softirqs",
          "supervisord",
          "swap",
          "sysctl",
          "systemd",
          "tcpstat",
          "wifi",
          "xfrm",
          "zoneinfo");

  /** Deprecated flags with their replacements. */
  private static final Map<String, String> DEPRECATED =
      Map.of(
          "collector.diskstats.ignored-devices", "collector.diskstats.device-exclude",
          "collector.filesystem.ignored-mount-points", "collector.filesystem.mount-points-exclude",
          "collector.filesystem.ignored-fs-types", "collector.filesystem.fs-types-exclude",
          "collector.netdev.device-whitelist", "collector.netdev.device-include",
          "collector.netdev.device-blacklist", "collector.netdev.device-exclude",
          "collector.qdisk.device-include", "collector.qdisc.device-include",
          "collector.qdisk.device-exclude", "collector.qdisc.device-exclude",
          "collector.systemd.unit-whitelist", "collector.systemd.unit-include",
          "collector.systemd.unit-blacklist", "collector.systemd.unit-exclude");

  /** All flags, in node_exporter's order if the order matters to users. */
  static final List<Flag> ALL = all();

  private static final Map<String, Flag> BY_NAME = byName();

  private NodeExporterFlags() {}

  private static List<Flag> all() {
    List<Flag> out = new ArrayList<>();
    DEFAULT_ON.forEach(c -> out.add(collector(c, "true")));
    DEFAULT_OFF.forEach(c -> out.add(collector(c, "false")));
    add(out, "collector.disable-defaults", Kind.SWITCH, "false", "Run no collector by default.");
    add(out, "path.procfs", Kind.STRING, "/proc", "Mount point of procfs.");
    add(out, "path.sysfs", Kind.STRING, "/sys", "Mount point of sysfs.");
    add(out, "path.rootfs", Kind.STRING, "/", "Mount point of the root file system.");
    add(out, "path.udev.data", Kind.STRING, "/run/udev/data", "Directory of udev's data.");
    filter(out, "arp.device", "", "network devices");
    add(
        out,
        "collector.arp.netlink",
        Kind.SWITCH,
        "true",
        "Count neighbours as netlink lists them. Without netlink here, both settings read"
            + " /proc/net/arp, which holds the same entries.");
    add(out, "collector.bcache.priorityStats", Kind.SWITCH, "false", "Show priority statistics.");
    add(out, "collector.cpu.guest", Kind.SWITCH, "true", "Show node_cpu_guest_seconds_total.");
    add(out, "collector.cpu.info", Kind.SWITCH, "false", "Show node_cpu_info.");
    add(out, "collector.cpu.info.flags-include", Kind.REGEX, "", "CPU flags to show.");
    add(out, "collector.cpu.info.bugs-include", Kind.REGEX, "", "CPU bugs to show.");
    filter(
        out,
        "diskstats.device",
        "^(z?ram|loop|fd|(h|s|v|xv)d[a-z]|nvme\\d+n\\d+p)\\d+$",
        "block devices");
    filter(
        out,
        "filesystem.mount-points",
        "^/(dev|proc|run/credentials/.+|sys|var/lib/docker/.+|var/lib/containers/storage/.+)($|/)",
        "mount points");
    filter(
        out,
        "filesystem.fs-types",
        "^(autofs|binfmt_misc|bpf|cgroup2?|configfs|debugfs|devpts|devtmpfs|fusectl|hugetlbfs"
            + "|iso9660|mqueue|nsfs|overlay|proc|procfs|pstore|rpc_pipefs|securityfs|selinuxfs"
            + "|squashfs|erofs|sysfs|tracefs)$",
        "types of file systems");
    add(
        out,
        "collector.filesystem.mount-timeout",
        Kind.DURATION,
        "5s",
        "Timeout of a mount, after which it counts as stuck.");
    add(
        out,
        "collector.filesystem.stat-workers",
        Kind.NUMBER,
        "4",
        "Maximum number of mounts queried concurrently.");
    filter(out, "ethtool.device", "", "network devices");
    add(out, "collector.ethtool.metrics-include", Kind.REGEX, ".*", "Counters to show.");
    filter(out, "hwmon.chip", "", "chips");
    filter(out, "hwmon.sensor", "", "sensors, as chip;sensor");
    filter(out, "infiniband.device", "", "InfiniBand devices");
    filter(out, "interrupts.name", "", "interrupts, as name;info;devices");
    add(
        out,
        "collector.interrupts.include-zeros",
        Kind.SWITCH,
        "true",
        "Report interrupts that never happened.");
    add(
        out,
        "collector.ipvs.backend-labels",
        Kind.STRING,
        "local_address,local_port,remote_address,remote_port,proto,local_mark",
        "Labels of IPVS backends, by comma.");
    add(out, "collector.netclass.ignored-devices", Kind.REGEX, "^$", "Network devices to exclude.");
    add(
        out,
        "collector.netclass.ignore-invalid-speed",
        Kind.SWITCH,
        "false",
        "Ignore speeds below zero.");
    add(
        out,
        "collector.netclass.netlink",
        Kind.SWITCH,
        "false",
        "Query netlink for properties of network devices, not /sys/class/net.");
    add(
        out,
        "collector.netclass_rtnl.with-stats",
        Kind.SWITCH,
        "false",
        "Report counters of network devices also with netlink.");
    filter(out, "netdev.device", "", "network devices");
    add(out, "collector.netdev.address-info", Kind.SWITCH, "false", "Show addresses of devices.");
    add(
        out,
        "collector.netdev.enable-detailed-metrics",
        Kind.SWITCH,
        "false",
        "Report the more detailed counters of the kernel under their own names.");
    add(
        out,
        "collector.netdev.netlink",
        Kind.SWITCH,
        "true",
        "Read counters from netlink (here from /sys/class/net), not /proc/net/dev.");
    add(out, "collector.netdev.label-ifalias", Kind.SWITCH, "false", "Add the label ifalias.");
    add(
        out,
        "collector.netstat.fields",
        Kind.REGEX,
        "^(.*_(InErrors|InErrs)|Ip_Forwarding|Ip(6|Ext)_(InOctets|OutOctets)"
            + "|Icmp6?_(InMsgs|OutMsgs)|TcpExt_(Listen.*|Syncookies.*|TCPSynRetrans|TCPTimeouts"
            + "|TCPOFOQueue|TCPRcvQDrop)|Tcp_(ActiveOpens|InSegs|OutSegs|OutRsts|PassiveOpens"
            + "|RetransSegs|CurrEstab)|Udp6?_(InDatagrams|OutDatagrams|NoPorts|RcvbufErrors"
            + "|SndbufErrors))$",
        "Fields to show.");
    add(out, "collector.ntp.server", Kind.STRING, "127.0.0.1", "Address of the NTP server.");
    add(out, "collector.ntp.server-port", Kind.NUMBER, "123", "Port of the NTP server.");
    add(out, "collector.ntp.protocol-version", Kind.NUMBER, "4", "NTP protocol version.");
    add(
        out,
        "collector.ntp.server-is-local",
        Kind.SWITCH,
        "false",
        "Permit a server address that is not this machine's.");
    add(out, "collector.ntp.ip-ttl", Kind.NUMBER, "1", "IP TTL of NTP queries.");
    add(
        out,
        "collector.ntp.max-distance",
        Kind.DURATION,
        "3.46608s",
        "Maximum root distance of a sane server.");
    add(
        out,
        "collector.ntp.local-offset-tolerance",
        Kind.DURATION,
        "1ms",
        "Maximum clock offset of a sane server.");
    add(out, "collector.perf.cpus", Kind.STRING, "", "Processors, as 0,2-7,8-15:2.");
    add(
        out,
        "collector.perf.tracepoint",
        Kind.STRINGS,
        "",
        "Tracepoint to count, as subsystem:event. (repeatable)");
    for (String kind : List.of("hardware", "software", "cache")) {
      add(
          out,
          "collector.perf.disable-" + kind + "-profilers",
          Kind.SWITCH,
          "false",
          "Count nothing of " + kind + ".");
      add(
          out,
          "collector.perf." + kind + "-profilers",
          Kind.STRINGS,
          "",
          "The only ones of " + kind + " to count. (repeatable)");
    }
    filter(out, "qdisc.device", "", "network devices");
    add(
        out,
        "collector.qdisc.fixtures",
        Kind.STRING,
        "",
        "Directory with a results.json that replaces the kernel's data, for tests.");
    add(
        out,
        "collector.wifi.fixtures",
        Kind.STRING,
        "",
        "Directory whose interfaces.json, DEVICE/bss.json and DEVICE/stationinfo.json replace the"
            + " kernel's data, for tests.");
    add(
        out,
        "collector.runit.servicedir",
        Kind.STRING,
        "/etc/service",
        "Directory of runit services.");
    add(
        out,
        "collector.supervisord.url",
        Kind.STRING,
        "http://localhost:9001/RPC2",
        "URL of supervisord: http:// or unix://PATH; if empty, SUPERVISORD_URL.");
    add(out, "collector.systemd.unit-include", Kind.REGEX, ".+", "Units to show.");
    add(
        out,
        "collector.systemd.unit-exclude",
        Kind.REGEX,
        ".+\\.(automount|device|mount|scope|slice)",
        "Units to exclude.");
    add(
        out,
        "collector.systemd.private",
        Kind.SWITCH,
        "false",
        "Connect to systemd directly, not over D-Bus; only for root.");
    add(out, "collector.systemd.enable-task-metrics", Kind.SWITCH, "false", "Show tasks.");
    add(out, "collector.systemd.enable-restarts-metrics", Kind.SWITCH, "false", "Show restarts.");
    add(
        out,
        "collector.systemd.enable-start-time-metrics",
        Kind.SWITCH,
        "false",
        "Report start times of units.");
    add(out, "collector.pcidevice.names", Kind.SWITCH, "false", "Show names from pci.ids.");
    add(out, "collector.pcidevice.idsfile", Kind.STRING, "", "Path of pci.ids.");
    add(
        out,
        "collector.powersupply.ignored-supplies",
        Kind.REGEX,
        "^$",
        "Power supplies to exclude.");
    add(
        out,
        "collector.rapl.enable-zone-label",
        Kind.SWITCH,
        "false",
        "Export one metric with the label rapl_zone instead of one metric per zone.");
    add(out, "collector.slabinfo.slabs-include", Kind.REGEX, ".*", "Slabs to show.");
    add(out, "collector.slabinfo.slabs-exclude", Kind.REGEX, "", "Slabs to exclude.");
    add(out, "collector.sysctl.include", Kind.STRINGS, "", "Setting to show. (repeatable)");
    add(
        out,
        "collector.sysctl.include-info",
        Kind.STRINGS,
        "",
        "Setting to show as a label. (repeatable)");
    add(out, "collector.stat.softirq", Kind.SWITCH, "false", "Show soft interrupts by vector.");
    add(out, "collector.tapestats.ignored-devices", Kind.REGEX, "^$", "Tape devices to exclude.");
    add(
        out,
        "collector.textfile.directory",
        Kind.STRINGS,
        "",
        "Folder with *.prom files, may hold wildcards. (repeatable)");
    add(
        out,
        "collector.vmstat.fields",
        Kind.REGEX,
        "^(oom_kill|pgpg|pswp|pg.*fault).*",
        "Fields to show.");
    DEPRECATED.forEach((old, now) -> add(out, old, Kind.REGEX, "", "Deprecated: use " + now + "."));
    return List.copyOf(out);
  }

  private static Flag collector(String name, String value) {
    return new Flag(
        "collector." + name,
        Kind.COLLECTOR,
        value,
        "Run the "
            + name
            + " collector (default: "
            + (value.equals("true") ? "enabled" : "disabled")
            + ").");
  }

  private static void filter(List<Flag> out, String what, String exclude, String things) {
    add(out, "collector." + what + "-exclude", Kind.REGEX, exclude, "Leave out " + things + ".");
    add(out, "collector." + what + "-include", Kind.REGEX, "", "Take only " + things + ".");
  }

  private static void add(List<Flag> out, String name, Kind kind, String value, String help) {
    out.add(new Flag(name, kind, value, help));
  }

  private static Map<String, Flag> byName() {
    Map<String, Flag> m = new LinkedHashMap<>();
    ALL.forEach(f -> m.put(f.name(), f));
    return m;
  }

  public static @Nullable Flag find(String name) {
    return BY_NAME.get(name);
  }

  static Flag get(String name) {
    return Objects.requireNonNull(BY_NAME.get(name), name);
  }

  static void replaceDeprecated(Map<String, List<String>> given) {
    DEPRECATED.forEach(
        (old, now) -> {
          List<String> v = given.remove(old);
          if (v == null || v.get(0).isEmpty()) {
            return;
          }
          if (given.containsKey(now)) {
            throw new IllegalArgumentException(
                "--" + old + " and --" + now + " are mutually exclusive");
          }
          given.put(now, v);
        });
  }

  /** True if the collector runs unless it is turned off. */
  public static boolean isOnByDefault(String collector) {
    return DEFAULT_ON.contains(collector);
  }
}
