package dev.tethys.collect.host.internal;

import dev.tethys.collect.host.NodeExporterOptions;
import java.time.InstantSource;

/** Which class stands behind the name of a collector. */
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

  /** Makes collectors with these options. */
  public Catalog(NodeExporterOptions options, InstantSource clock) {
    this.options = options;
    this.clock = clock;
  }

  /** The collector of that name, which the options must know. */
  public NodeCollector make(String name) {
    return switch (name) {
      case "arp" -> new ArpCollector(options);
      case "bonding" -> new BondingCollector();
      case "conntrack" -> new ConntrackCollector();
      case "cpufreq" -> new CpufreqCollector();
      case "entropy" -> new EntropyCollector();
      case "filefd" -> new FilefdCollector();
      case "kernel_hung" -> new KernelHungCollector();
      case "netclass" -> new NetclassCollector(options);
      case "netstat" -> new NetstatCollector(options);
      case "os" -> new OsCollector();
      case "schedstat" -> new SchedstatCollector();
      case "selinux" -> new SelinuxCollector();
      case "sockstat" -> new SockstatCollector();
      case "softnet" -> new SoftnetCollector();
      case "thermal_zone" -> new ThermalZoneCollector();
      case "time" -> new TimeCollector(clock);
      case "timex" -> new TimexCollector();
      case "udp_queues" -> new UdpQueuesCollector();
      case "cpu" -> new CpuCollector(options);
      case "diskstats" -> new DiskstatsCollector(options);
      case "filesystem" -> new FilesystemCollector(options);
      case "dmi" -> new DmiCollector();
      case "dmmultipath" -> new DmmultipathCollector();
      case "edac" -> new EdacCollector();
      case "ipvs" -> new IpvsCollector(options);
      case "mdadm" -> new MdadmCollector();
      case "nfs" -> new NfsCollector();
      case "nfsd" -> new NfsdCollector();
      case "nvme" -> new NvmeCollector();
      case "nvmesubsystem" -> new NvmesubsystemCollector();
      case "powersupplyclass" -> new PowersupplyclassCollector(options);
      case "rapl" -> new RaplCollector(options);
      case "tapestats" -> new TapestatsCollector(options);
      case "watchdog" -> new WatchdogCollector();
      case "fibrechannel" -> new FibrechannelCollector();
      case "hwmon" -> new HwmonCollector(options);
      case "infiniband" -> new InfinibandCollector(options);
      case "xfs" -> new XfsCollector();
      case "zfs" -> new ZfsCollector();
      case "bcache" -> new BcacheCollector(options);
      case "btrfs" -> new BtrfsCollector();
      case "textfile" -> new TextfileCollector(options);
      case "loadavg" -> new LoadavgCollector();
      case "meminfo" -> new MeminfoCollector();
      case "netdev" -> new NetdevCollector(options);
      case "pressure" -> new PressureCollector();
      case "stat" -> new StatCollector(options);
      case "uname" -> new UnameCollector();
      case "vmstat" -> new VmstatCollector(options);
      default -> throw new IllegalArgumentException("missing collector: " + name);
    };
  }

  /** The two metrics that every run leaves. */
  public static void scraped(Families out, String name, double seconds, boolean success) {
    out.add(DURATION, seconds, name);
    out.add(SUCCESS, success ? 1 : 0, name);
  }
}
