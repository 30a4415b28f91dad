package dev.tethys.collect.host.internal;

import dev.tethys.collect.host.NodeExporterOptions;
import java.io.IOException;
import java.util.Map;
import java.util.TreeMap;

/**
 * Neighbours by device from /proc/net/arp, which omits the same entries (without ARP) that
 * node_exporter omits from netlink's list.
 */
final class ArpCollector implements NodeCollector {
  private static final Desc ENTRIES =
      Desc.gauge("node_arp_entries", "ARP entries by device", "device");

  private final Filter devices;

  ArpCollector(NodeExporterOptions options) {
    devices =
        new Filter(
            options.string("collector.arp.device-exclude"),
            options.string("collector.arp.device-include"));
  }

  @Override
  public void collect(HostFiles files, Families out) throws IOException {
    Text t = files.read(files.proc("net/arp"));
    Map<String, Integer> entries = new TreeMap<>();
    t.nextLine(); // headings
    while (t.nextLine()) {
      if (!t.nextField()) {
        continue;
      }
      if (!t.skipFields(5)) {
        throw t.malformed("no device in \"" + t.line() + "\"");
      }
      entries.merge(t.field(), 1, Integer::sum);
      if (t.nextField()) {
        throw t.malformed("too many columns in \"" + t.line() + "\"");
      }
    }
    entries.forEach(
        (device, n) -> {
          if (!devices.ignores(device)) {
            out.add(ENTRIES, n, device);
          }
        });
  }
}
