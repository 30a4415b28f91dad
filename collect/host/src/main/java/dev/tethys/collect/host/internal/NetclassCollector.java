package dev.tethys.collect.host.internal;

import dev.tethys.collect.host.NodeExporterOptions;
import dev.tethys.model.Labels;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/** Properties of network devices from /sys/class/net. */
final class NetclassCollector implements NodeCollector {
  private static final Desc UP =
      Desc.gauge("node_network_up", "Value is 1 if operstate is 'up', 0 otherwise.", "device");
  private static final Desc INFO =
      Desc.gauge(
          "node_network_info",
          "Non-numeric data from /sys/class/net/<iface>, value is always 1.",
          "device",
          "address",
          "broadcast",
          "duplex",
          "operstate",
          "adminstate",
          "ifalias");

  private record Property(String file, Desc desc) {}

  private static final Property[] PROPERTIES = {
    gauge("addr_assign_type", "address_assign_type"),
    gauge("carrier", "carrier"),
    counter("carrier_changes", "carrier_changes_total"),
    counter("carrier_up_count", "carrier_up_changes_total"),
    counter("carrier_down_count", "carrier_down_changes_total"),
    gauge("dev_id", "device_id"),
    gauge("dormant", "dormant"),
    gauge("flags", "flags"),
    gauge("ifindex", "iface_id"),
    gauge("iflink", "iface_link"),
    gauge("link_mode", "iface_link_mode"),
    gauge("mtu", "mtu_bytes"),
    gauge("name_assign_type", "name_assign_type"),
    gauge("netdev_group", "net_dev_group"),
    gauge("speed", "speed_bytes"),
    gauge("tx_queue_len", "transmit_queue_length"),
    gauge("type", "protocol_type")
  };

  private static final int IFF_UP = 1;

  private static Property gauge(String file, String name) {
    return new Property(
        file, Desc.gauge("node_network_" + name, "Network device property: " + name, "device"));
  }

  private static Property counter(String file, String name) {
    return new Property(
        file, Desc.counter("node_network_" + name, "Network device property: " + name, "device"));
  }

  private final Filter devices;
  private final boolean ignoreInvalidSpeed;

  NetclassCollector(NodeExporterOptions options) {
    devices = new Filter(options.string("collector.netclass.ignored-devices"), "");
    ignoreInvalidSpeed = options.on("collector.netclass.ignore-invalid-speed");
  }

  @Override
  public void collect(HostFiles files, Families out) throws IOException {
    String root = files.sys("class/net");
    for (String name : files.listOrNoData(root)) {
      String dir = root + "/" + name;
      if (devices.ignores(name) || !files.isFolder(dir)) { // bonding_masters is a file
        continue;
      }
      try (HostFiles.Folder folder = files.folder(dir)) {
        device(folder, out, name);
      }
    }
  }

  private void device(HostFiles.Folder dir, Families out, String name) throws HostFileException {
    Labels device = UP.labels(name);
    String operstate = text(dir, "operstate");
    String address = text(dir, "address");
    String broadcast = text(dir, "broadcast");
    String duplex = text(dir, "duplex");
    String alias = text(dir, "ifalias");
    String admin = "unknown";
    for (Property p : PROPERTIES) {
      Long v = number(dir, p.file);
      if (v == null) {
        continue;
      }
      if (p.file.equals("flags")) {
        admin = (v & IFF_UP) != 0 ? "up" : "down";
      } else if (p.file.equals("speed")) {
        if (v < 0 && ignoreInvalidSpeed) {
          continue;
        }
        v = v * 1000 * 1000 / 8; // Mbit/s
      }
      out.add(p.desc, v, device);
    }
    out.add(UP, operstate.equals("up") ? 1 : 0, device);
    out.add(INFO, 1, name, address, broadcast, duplex, operstate, admin, alias);
  }

  private static String text(HostFiles.Folder dir, String file) throws HostFileException {
    String s = dir.attribute(file);
    return s == null ? "" : s;
  }

  private static @Nullable Long number(HostFiles.Folder dir, String file) throws HostFileException {
    String s = dir.attribute(file);
    return s == null ? null : Numbers.whole(s);
  }
}
