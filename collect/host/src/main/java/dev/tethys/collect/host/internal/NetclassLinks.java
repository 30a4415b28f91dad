package dev.tethys.collect.host.internal;

import dev.tethys.collect.host.NodeExporterOptions;
import dev.tethys.collect.host.internal.netlink.Attributes;
import dev.tethys.collect.host.internal.netlink.GenericFamily;
import dev.tethys.collect.host.internal.netlink.Links;
import dev.tethys.collect.host.internal.netlink.Netlink;
import dev.tethys.model.Labels;
import dev.tethys.model.MetricType;
import dev.tethys.model.libc.Errno;
import dev.tethys.model.libc.LibraryException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;

/**
 * Properties of network devices from netlink ({@code --collector.netclass.netlink}): one request
 * for all of them, while reading each /sys file acquires a lock of the whole network stack
 * (linux/if_link.h, linux/ethtool_netlink.h).
 */
final class NetclassLinks implements NodeCollector {
  private static final int ADDRESS = 1;
  private static final int BROADCAST = 2;
  private static final int MTU = 4;
  private static final int LINK = 5;
  private static final int QUEUE = 13;
  private static final int OPERSTATE = 16;
  private static final int LINK_MODE = 17;
  private static final int ALIAS = 20;
  private static final int STATS64 = 23;
  private static final int GROUP = 27;
  private static final int CARRIER = 33;
  private static final int CARRIER_CHANGES = 35;
  private static final int CARRIER_UP = 47;
  private static final int CARRIER_DOWN = 48;
  private static final int PROPERTIES = 52;
  private static final int ALTERNATIVE_NAME = 53;

  private static final int LINK_MODES_GET = 4;
  private static final int MODES_HEADER = 1;
  private static final int HEADER_NAME = 2;
  private static final int MODES_SPEED = 5;
  private static final int MODES_DUPLEX = 6;
  private static final int UP_STATE = 6;

  private static final List<String> STATES =
      List.of("unknown", "notpresent", "down", "lowerlayerdown", "testing", "dormant", "up");

  private static final Desc UP =
      Desc.gauge("node_network_up", "Value is 1 if operstate is 'up', 0 otherwise.", "device");
  private static final Desc INFO =
      Desc.gauge(
          "node_network_info",
          "Non-numeric data of <iface>, value is always 1.",
          "device",
          "address",
          "broadcast",
          "duplex",
          "operstate",
          "ifalias");
  private static final Desc ALTERNATIVE =
      Desc.gauge(
          "node_network_altnames_info",
          "Non-numeric data of <iface> altname, value is always 1.",
          "altname",
          "device");

  /** The members of rtnl_link_stats64 in their order. */
  private static final List<String> COUNTERS =
      List.of(
          "receive_packets_total",
          "transmit_packets_total",
          "receive_bytes_total",
          "transmit_bytes_total",
          "receive_errors_total",
          "transmit_errors_total",
          "receive_dropped_total",
          "transmit_dropped_total",
          "multicast_total",
          "collisions_total",
          "receive_length_errors_total",
          "receive_over_errors_total",
          "receive_crc_errors_total",
          "receive_frame_errors_total",
          "receive_fifo_errors_total",
          "receive_missed_errors_total",
          "transmit_aborted_errors_total",
          "transmit_carrier_errors_total",
          "transmit_fifo_errors_total",
          "transmit_heartbeat_errors_total",
          "transmit_window_errors_total",
          "receive_compressed_total",
          "transmit_compressed_total",
          "receive_nohandler_total");

  private final Filter devices;
  private final boolean counters;
  private final Map<String, Desc> descs = new HashMap<>();

  NetclassLinks(NodeExporterOptions options) {
    devices = new Filter(options.string("collector.netclass.ignored-devices"), "");
    counters = options.on("collector.netclass_rtnl.with-stats");
  }

  private record Mode(long speed, String duplex) {}

  @Override
  public void collect(HostFiles files, Families out) throws IOException {
    Map<String, Mode> modes = modes(out);
    try (Netlink route = new Netlink(Netlink.ROUTE)) {
      for (Links.Link link : Links.all(route)) {
        if (!devices.ignores(link.name())) {
          show(link, modes, files, out);
        }
      }
    }
  }

  /** Speeds and duplex modes of the devices; none if the kernel does not provide them. */
  private Map<String, Mode> modes(Families out) throws IOException {
    Map<String, Mode> modes = new HashMap<>();
    try (GenericFamily ethtool = new GenericFamily("ethtool")) {
      for (Attributes a : ethtool.dump(LINK_MODES_GET, new byte[0])) {
        String name = a.nested(MODES_HEADER).text(HEADER_NAME);
        if (name.isEmpty() || devices.ignores(name)) {
          continue;
        }
        long speed = a.number(MODES_SPEED, 0);
        String duplex =
            switch ((int) a.number(MODES_DUPLEX, 0)) {
              case 0 -> "Half";
              case 1 -> "Full";
              default -> "Unknown";
            };
        modes.put(name, new Mode(speed, duplex));
        add("speed_bytes", MetricType.GAUGE, speed * 1000 * 1000 / 8, UP.labels(name), out);
      }
    } catch (LibraryException e) {
      if (e.errno() != Errno.ENOENT) {
        throw e;
      }
    }
    return modes;
  }

  private void show(Links.Link link, Map<String, Mode> modes, HostFiles files, Families out)
      throws IOException {
    Attributes a = link.attributes();
    Labels device = UP.labels(link.name());
    int state = (int) a.number(OPERSTATE, 0);
    Mode mode = modes.get(link.name());
    out.add(UP, state == UP_STATE ? 1 : 0, device);
    out.add(
        INFO,
        1,
        link.name(),
        address(a.bytes(ADDRESS)),
        address(a.bytes(BROADCAST)),
        mode == null ? "" : mode.duplex,
        state < STATES.size() ? STATES.get(state) : "unknown",
        a.text(ALIAS));
    ByteBuffer names = a.find(PROPERTIES);
    if (names != null) {
      for (Netlink.Message m : Attributes.list(names)) {
        if (m.type() == ALTERNATIVE_NAME) {
          out.add(ALTERNATIVE, 1, Attributes.text(m.body()), link.name());
        }
      }
    }
    file("addr_assign_type", "address_assign_type", link, files, out);
    number("carrier", MetricType.GAUGE, CARRIER, a, device, out);
    number("carrier_changes_total", MetricType.COUNTER, CARRIER_CHANGES, a, device, out);
    number("carrier_up_changes_total", MetricType.COUNTER, CARRIER_UP, a, device, out);
    number("carrier_down_changes_total", MetricType.COUNTER, CARRIER_DOWN, a, device, out);
    file("dev_id", "device_id", link, files, out);
    add("flags", MetricType.GAUGE, link.flags(), device, out);
    add("iface_id", MetricType.GAUGE, link.index(), device, out);
    number("iface_link_mode", MetricType.GAUGE, LINK_MODE, a, device, out);
    number("dormant", MetricType.GAUGE, LINK_MODE, a, device, out); // as node_exporter has it
    long lower = a.number(LINK, 0);
    add("iface_link", MetricType.GAUGE, lower == 0 ? link.index() : lower, device, out);
    number("mtu_bytes", MetricType.GAUGE, MTU, a, device, out);
    file("name_assign_type", "name_assign_type", link, files, out);
    number("net_dev_group", MetricType.GAUGE, GROUP, a, device, out);
    number("transmit_queue_length", MetricType.GAUGE, QUEUE, a, device, out);
    add("protocol_type", MetricType.GAUGE, link.kind(), device, out);
    ByteBuffer stats = a.find(STATS64);
    for (int i = 0; counters && stats != null && i < COUNTERS.size(); i++) {
      if (stats.limit() >= 8 * (i + 1)) {
        double v = Numbers.unsigned(stats.getLong(8 * i));
        add(COUNTERS.get(i), MetricType.GAUGE, v, device, out);
      }
    }
  }

  private static String address(byte[] a) {
    return HexFormat.ofDelimiter(":").formatHex(a);
  }

  private void number(
      String name, MetricType type, int attribute, Attributes a, Labels device, Families out) {
    if (a.find(attribute) != null) {
      add(name, type, a.number(attribute, 0), device, out);
    }
  }

  /** Adds the values that netlink does not provide. */
  private void file(String file, String name, Links.Link link, HostFiles files, Families out)
      throws IOException {
    String s = files.sysAttribute(files.sys("class/net/" + link.name() + "/" + file));
    Long v = s == null ? null : Numbers.whole(s);
    if (v != null) {
      add(name, MetricType.GAUGE, v, UP.labels(link.name()), out);
    }
  }

  private void add(String name, MetricType type, double v, Labels device, Families out) {
    Desc d =
        descs.computeIfAbsent(
            name,
            n -> Desc.of("node_network_" + n, type, "Network device property: " + n, "device"));
    out.add(d, v, device);
  }
}
