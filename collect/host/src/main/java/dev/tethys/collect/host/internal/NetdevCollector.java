package dev.tethys.collect.host.internal;

import dev.tethys.collect.host.NodeExporterOptions;
import dev.tethys.model.Labels;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InterfaceAddress;
import java.net.NetworkInterface;
import java.util.HashMap;
import java.util.Map;

/**
 * Counters of network devices. Node_exporter reads them from netlink; /proc/net/dev prints the same
 * counters, added up exactly as node_exporter adds them up for its usual names (drop = dropped +
 * missed, and so on), and only lacks {@code rx_nohandler}, which sysfs has.
 */
final class NetdevCollector implements NodeCollector {
  /** In the order of the columns of /proc/net/dev. */
  private static final String[] COLUMNS = {
    "receive_bytes",
    "receive_packets",
    "receive_errs",
    "receive_drop",
    "receive_fifo",
    "receive_frame",
    "receive_compressed",
    "receive_multicast",
    "transmit_bytes",
    "transmit_packets",
    "transmit_errs",
    "transmit_drop",
    "transmit_fifo",
    "transmit_colls",
    "transmit_carrier",
    "transmit_compressed"
  };

  /** The kernel's own counters by the names of their files in sysfs. */
  private static final String[][] DETAILED = {
    {"rx_packets", "receive_packets"},
    {"tx_packets", "transmit_packets"},
    {"rx_bytes", "receive_bytes"},
    {"tx_bytes", "transmit_bytes"},
    {"rx_errors", "receive_errors"},
    {"tx_errors", "transmit_errors"},
    {"rx_dropped", "receive_dropped"},
    {"tx_dropped", "transmit_dropped"},
    {"multicast", "multicast"},
    {"collisions", "collisions"},
    {"rx_length_errors", "receive_length_errors"},
    {"rx_over_errors", "receive_over_errors"},
    {"rx_crc_errors", "receive_crc_errors"},
    {"rx_frame_errors", "receive_frame_errors"},
    {"rx_fifo_errors", "receive_fifo_errors"},
    {"rx_missed_errors", "receive_missed_errors"},
    {"tx_aborted_errors", "transmit_aborted_errors"},
    {"tx_carrier_errors", "transmit_carrier_errors"},
    {"tx_fifo_errors", "transmit_fifo_errors"},
    {"tx_heartbeat_errors", "transmit_heartbeat_errors"},
    {"tx_window_errors", "transmit_window_errors"},
    {"rx_compressed", "receive_compressed"},
    {"tx_compressed", "transmit_compressed"},
    {"rx_nohandler", "receive_nohandler"}
  };

  private static final Desc ADDRESS =
      Desc.gauge(
          "node_network_address_info",
          "node network address by device",
          "device",
          "address",
          "netmask",
          "scope");

  private final Filter devices;
  private final boolean netlink;
  private final boolean detailed;
  private final boolean alias;
  private final boolean addresses;
  private final Map<String, Desc> descs = new HashMap<>();

  NetdevCollector(NodeExporterOptions options) {
    devices =
        new Filter(
            options.string("collector.netdev.device-exclude"),
            options.string("collector.netdev.device-include"));
    netlink = options.on("collector.netdev.netlink");
    detailed = options.on("collector.netdev.enable-detailed-metrics");
    alias = options.on("collector.netdev.label-ifalias");
    addresses = options.on("collector.netdev.address-info");
  }

  private Desc desc(String key) {
    return descs.computeIfAbsent(
        key,
        k -> {
          String name = "node_network_" + k + "_total";
          String help = "Network device statistic " + k + ".";
          return alias
              ? Desc.counter(name, help, "device", "ifalias")
              : Desc.counter(name, help, "device");
        });
  }

  @Override
  public void collect(HostFiles files, Families out) throws IOException {
    Text t = files.read(files.proc("net/dev"));
    for (NetdevLine d : NetdevLine.read(t, name -> !devices.ignores(name))) {
      String dir = files.sys("class/net/" + d.name());
      Labels labels = labels(files, dir, d.name());
      if (detailed && netlink) {
        for (String[] pair : DETAILED) {
          double v = files.uintOrNaN(dir + "/statistics/" + pair[0]);
          if (!Double.isNaN(v)) {
            out.add(desc(pair[1]), v, labels);
          }
        }
        continue;
      }
      for (int i = 0; i < COLUMNS.length; i++) {
        out.add(desc(detailed ? inDetail(COLUMNS[i]) : COLUMNS[i]), d.values()[i], labels);
      }
      if (netlink) {
        double v = files.uintOrNaN(dir + "/statistics/rx_nohandler");
        if (!Double.isNaN(v)) {
          out.add(desc("receive_nohandler"), v, labels);
        }
      }
    }
    if (addresses) {
      addresses(out);
    }
  }

  /** Names of /proc/net/dev columns in node_exporter's detailed mode. */
  private static String inDetail(String column) {
    return switch (column) {
      case "receive_errs" -> "receive_errors";
      case "receive_drop" -> "receive_dropped";
      case "transmit_errs" -> "transmit_errors";
      case "transmit_drop" -> "transmit_dropped";
      default -> column;
    };
  }

  private Labels labels(HostFiles files, String dir, String name) {
    Desc d = desc("receive_bytes");
    if (!alias) {
      return d.labels(name);
    }
    String a = files.stringOrNull(dir + "/ifalias");
    return d.labels(name, a == null ? "" : a);
  }

  private void addresses(Families out) throws IOException {
    for (NetworkInterface n : java.util.Collections.list(NetworkInterface.getNetworkInterfaces())) {
      if (devices.ignores(n.getName())) {
        continue;
      }
      for (InterfaceAddress a : n.getInterfaceAddresses()) {
        InetAddress ip = a.getAddress();
        out.add(
            ADDRESS,
            1,
            n.getName(),
            Addresses.text(ip.getAddress()),
            Integer.toString(a.getNetworkPrefixLength()),
            scope(ip));
      }
    }
  }

  private static String scope(InetAddress ip) {
    if (ip.isLoopbackAddress() || ip.isLinkLocalAddress() || ip.isMCLinkLocal()) {
      return "link-local";
    }
    if (ip.isMCNodeLocal()) {
      return "interface-local";
    }
    return ip.isAnyLocalAddress() || ip.isMulticastAddress() ? "" : "global";
  }
}
