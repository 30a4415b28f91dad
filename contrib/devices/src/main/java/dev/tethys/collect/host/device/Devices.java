package dev.tethys.collect.host.device;

import dev.tethys.collect.host.NodeExporterOptions;
import dev.tethys.collect.host.internal.NodeCollector;
import dev.tethys.collect.host.internal.NodeCollectors;
import java.time.InstantSource;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/** Registers this module's collectors. */
public final class Devices implements NodeCollectors {
  @Override
  public @Nullable NodeCollector make(
      String name,
      NodeExporterOptions options,
      InstantSource clock,
      UnaryOperator<String> variable) {
    return switch (name) {
      case "bcache" -> new BcacheCollector(options);
      case "bcachefs" -> new BcachefsCollector();
      case "bonding" -> new BondingCollector();
      case "btrfs" -> new BtrfsCollector();
      case "dmmultipath" -> new DmmultipathCollector();
      case "drbd" -> new DrbdCollector();
      case "drm" -> new DrmCollector();
      case "edac" -> new EdacCollector();
      case "ethtool" -> new EthtoolCollector(options);
      case "fibrechannel" -> new FibrechannelCollector();
      case "hwmon" -> new HwmonCollector(options);
      case "infiniband" -> new InfinibandCollector(options);
      case "ipvs" -> new IpvsCollector(options);
      case "lnstat" -> new LnstatCollector();
      case "logind" -> new LogindCollector(variable.apply("DBUS_SYSTEM_BUS_ADDRESS"));
      case "mdadm" -> new MdadmCollector();
      case "mountstats" -> new MountstatsCollector();
      case "network_route" -> new NetworkRouteCollector();
      case "nfs" -> new NfsCollector();
      case "nfsd" -> new NfsdCollector();
      case "ntp" -> new NtpCollector(options, clock);
      case "nvme" -> new NvmeCollector();
      case "nvmesubsystem" -> new NvmesubsystemCollector();
      case "pcidevice" -> new PcideviceCollector(options);
      case "perf" -> new PerfCollector(options);
      case "powersupplyclass" -> new PowersupplyclassCollector(options);
      case "qdisc" -> new QdiscCollector(options);
      case "rapl" -> new RaplCollector(options);
      case "runit" -> new RunitCollector(options);
      case "supervisord" -> new SupervisordCollector(options, variable.apply("SUPERVISORD_URL"));
      case "systemd" -> new SystemdCollector(options, variable.apply("DBUS_SYSTEM_BUS_ADDRESS"));
      case "tapestats" -> new TapestatsCollector(options);
      case "watchdog" -> new WatchdogCollector();
      case "wifi" -> new WifiCollector(options);
      case "xfrm" -> new XfrmCollector();
      case "xfs" -> new XfsCollector();
      case "zfs" -> new ZfsCollector();
      default -> null;
    };
  }
}
