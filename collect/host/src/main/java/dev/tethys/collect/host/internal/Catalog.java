package dev.tethys.collect.host.internal;

import dev.tethys.collect.host.NodeExporterOptions;
import java.time.InstantSource;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Classes of collectors by name. */
public final class Catalog {
  private static final Desc DURATION =
      Desc.gauge(
          "node_scrape_collector_duration_seconds",
          "node_exporter: Duration of a collector scrape.",
          "collector");
  private static final Desc SUCCESS =
      Desc.gauge(
          "node_scrape_collector_success",
          "node_exporter: Whether a collector succeeded.",
          "collector");

  private final NodeExporterOptions options;
  private final InstantSource clock;
  private final Function<String, @Nullable String> environment;

  /**
   * Makes collectors with these options.
   *
   * @param environment variables of the process
   */
  public Catalog(
      NodeExporterOptions options,
      InstantSource clock,
      Function<String, @Nullable String> environment) {
    this.options = options;
    this.clock = clock;
    this.environment = environment;
  }

  /** The collector of that name, which the options must know. */
  public NodeCollector make(String name) {
    return switch (name) {
      case "arp" -> new ArpCollector(options);
      case "bcache" -> new BcacheCollector(options);
      case "bcachefs" -> new BcachefsCollector();
      case "bonding" -> new BondingCollector();
      case "btrfs" -> new BtrfsCollector();
      case "buddyinfo" -> new BuddyinfoCollector();
      case "cgroups" -> new CgroupsCollector();
      case "conntrack" -> new ConntrackCollector();
      case "cpu" -> new CpuCollector(options);
      case "cpu_vulnerabilities" -> new CpuVulnerabilitiesCollector();
      case "cpufreq" -> new CpufreqCollector();
      case "diskstats" -> new DiskstatsCollector(options);
      case "dmi" -> new DmiCollector();
      case "dmmultipath" -> new DmmultipathCollector();
      case "drbd" -> new DrbdCollector();
      case "drm" -> new DrmCollector();
      case "edac" -> new EdacCollector();
      case "entropy" -> new EntropyCollector();
      case "ethtool" -> new EthtoolCollector(options);
      case "fibrechannel" -> new FibrechannelCollector();
      case "filefd" -> new FilefdCollector();
      case "filesystem" -> new FilesystemCollector(options);
      case "hwmon" -> new HwmonCollector(options);
      case "infiniband" -> new InfinibandCollector(options);
      case "interrupts" -> new InterruptsCollector(options);
      case "ipvs" -> new IpvsCollector(options);
      case "kernel_hung" -> new KernelHungCollector();
      case "ksmd" -> new KsmdCollector();
      case "lnstat" -> new LnstatCollector();
      case "loadavg" -> new LoadavgCollector();
      case "logind" -> new LogindCollector(variable("DBUS_SYSTEM_BUS_ADDRESS"));
      case "mdadm" -> new MdadmCollector();
      case "meminfo" -> new MeminfoCollector();
      case "meminfo_numa" -> new MeminfoNumaCollector();
      case "mountstats" -> new MountstatsCollector();
      case "netclass" ->
          options.on("collector.netclass.netlink")
              ? new NetclassLinks(options)
              : new NetclassCollector(options);
      case "netdev" -> new NetdevCollector(options);
      case "netstat" -> new NetstatCollector(options);
      case "network_route" -> new NetworkRouteCollector();
      case "nfs" -> new NfsCollector();
      case "nfsd" -> new NfsdCollector();
      case "ntp" -> new NtpCollector(options, clock);
      case "nvme" -> new NvmeCollector();
      case "nvmesubsystem" -> new NvmesubsystemCollector();
      case "os" -> new OsCollector();
      case "pcidevice" -> new PcideviceCollector(options);
      case "perf" -> new PerfCollector(options);
      case "powersupplyclass" -> new PowersupplyclassCollector(options);
      case "pressure" -> new PressureCollector();
      case "processes" -> new ProcessesCollector();
      case "qdisc" -> new QdiscCollector(options);
      case "rapl" -> new RaplCollector(options);
      case "runit" -> new RunitCollector(options);
      case "schedstat" -> new SchedstatCollector();
      case "selinux" -> new SelinuxCollector();
      case "slabinfo" -> new SlabinfoCollector(options);
      case "sockstat" -> new SockstatCollector();
      case "softirqs" -> new SoftirqsCollector();
      case "softnet" -> new SoftnetCollector();
      case "stat" -> new StatCollector(options);
      case "supervisord" -> new SupervisordCollector(options, variable("SUPERVISORD_URL"));
      case "swap" -> new SwapCollector();
      case "sysctl" -> new SysctlCollector(options);
      case "systemd" -> new SystemdCollector(options, variable("DBUS_SYSTEM_BUS_ADDRESS"));
      case "tapestats" -> new TapestatsCollector(options);
      case "tcpstat" -> new TcpstatCollector();
      case "textfile" -> new TextfileCollector(options);
      case "thermal_zone" -> new ThermalZoneCollector();
      case "time" -> new TimeCollector(clock);
      case "timex" -> new TimexCollector();
      case "udp_queues" -> new UdpQueuesCollector();
      case "uname" -> new UnameCollector();
      case "vmstat" -> new VmstatCollector(options);
      case "watchdog" -> new WatchdogCollector();
      case "wifi" -> new WifiCollector(options);
      case "xfrm" -> new XfrmCollector();
      case "xfs" -> new XfsCollector();
      case "zfs" -> new ZfsCollector();
      case "zoneinfo" -> new ZoneinfoCollector();
      default -> throw new IllegalArgumentException("missing collector: " + name);
    };
  }

  private String variable(String name) {
    String v = environment.apply(name);
    return v == null ? "" : v;
  }

  /** The two metrics that every run leaves. */
  public static void scraped(Families out, String name, double seconds, boolean success) {
    out.add(DURATION, seconds, name);
    out.add(SUCCESS, success ? 1 : 0, name);
  }
}
