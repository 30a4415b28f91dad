package dev.tethys.collect.host.internal;

import dev.tethys.collect.host.NodeExporterOptions;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.ServiceLoader;
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
  private final List<NodeCollectors> more = new ArrayList<>();

  /**
   * Creates collectors with these options.
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
    ServiceLoader.load(NodeCollectors.class).forEach(more::add);
  }

  /**
   * Creates the collector with the given name, which must be a known option; null if its module is
   * missing from this build.
   */
  public @Nullable NodeCollector make(String name) {
    return switch (name) {
      case "arp" -> new ArpCollector(options);
      case "buddyinfo" -> new BuddyinfoCollector();
      case "cgroups" -> new CgroupsCollector();
      case "conntrack" -> new ConntrackCollector();
      case "cpu" -> new CpuCollector(options);
      case "cpu_vulnerabilities" -> new CpuVulnerabilitiesCollector();
      case "cpufreq" -> new CpufreqCollector();
      case "diskstats" -> new DiskstatsCollector(options);
      case "dmi" -> new DmiCollector();
      case "entropy" -> new EntropyCollector();
      case "filefd" -> new FilefdCollector();
      case "filesystem" -> new FilesystemCollector(options);
      case "interrupts" -> new InterruptsCollector(options);
      case "kernel_hung" -> new KernelHungCollector();
      case "ksmd" -> new KsmdCollector();
      case "loadavg" -> new LoadavgCollector();
      case "meminfo" -> new MeminfoCollector();
      case "meminfo_numa" -> new MeminfoNumaCollector();
      case "netclass" ->
          options.on("collector.netclass.netlink")
              ? new NetclassLinks(options)
              : new NetclassCollector(options);
      case "netdev" -> new NetdevCollector(options);
      case "netstat" -> new NetstatCollector(options);
      case "os" -> new OsCollector();
      case "pressure" -> new PressureCollector();
      case "processes" -> new ProcessesCollector();
      case "schedstat" -> new SchedstatCollector();
      case "selinux" -> new SelinuxCollector();
      case "slabinfo" -> new SlabinfoCollector(options);
      case "sockstat" -> new SockstatCollector();
      case "softirqs" -> new SoftirqsCollector();
      case "softnet" -> new SoftnetCollector();
      case "stat" -> new StatCollector(options);
      case "swap" -> new SwapCollector();
      case "sysctl" -> new SysctlCollector(options);
      case "tcpstat" -> new TcpstatCollector();
      case "textfile" -> new TextfileCollector(options);
      case "thermal_zone" -> new ThermalZoneCollector();
      case "time" -> new TimeCollector(clock);
      case "timex" -> new TimexCollector();
      case "udp_queues" -> new UdpQueuesCollector();
      case "uname" -> new UnameCollector();
      case "vmstat" -> new VmstatCollector(options);
      case "zoneinfo" -> new ZoneinfoCollector();
      default -> contributed(name);
    };
  }

  private @Nullable NodeCollector contributed(String name) {
    for (NodeCollectors c : more) {
      NodeCollector made = c.make(name, options, clock, this::variable);
      if (made != null) {
        return made;
      }
    }
    return null;
  }

  private String variable(String name) {
    String v = environment.apply(name);
    return v == null ? "" : v;
  }

  /** Writes the two metrics that report on a collector run. */
  public static void scraped(Families out, String name, double seconds, boolean success) {
    out.add(DURATION, seconds, name);
    out.add(SUCCESS, success ? 1 : 0, name);
  }
}
