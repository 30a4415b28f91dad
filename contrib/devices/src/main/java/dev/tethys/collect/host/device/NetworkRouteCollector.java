package dev.tethys.collect.host.device;

import dev.tethys.collect.host.internal.Addresses;
import dev.tethys.collect.host.internal.Desc;
import dev.tethys.collect.host.internal.Families;
import dev.tethys.collect.host.internal.HostFiles;
import dev.tethys.collect.host.internal.NodeCollector;
import dev.tethys.collect.host.internal.netlink.Attributes;
import dev.tethys.collect.host.internal.netlink.Links;
import dev.tethys.collect.host.internal.netlink.Netlink;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The routes of the kernel to single destinations (linux/rtnetlink.h). */
final class NetworkRouteCollector implements NodeCollector {
  private static final int RTM_GETROUTE = 26;
  private static final int HEADER = 12;
  private static final int UNICAST = 1;
  private static final int RTA_DST = 1;
  private static final int RTA_OIF = 4;
  private static final int RTA_GATEWAY = 5;
  private static final int RTA_PRIORITY = 6;
  private static final int RTA_PREFSRC = 7;
  private static final int RTA_MULTIPATH = 9;
  private static final int HOP = 8;

  private static final Desc INFO =
      Desc.gauge(
          "node_network_route_info",
          "network routing table information",
          "device",
          "src",
          "dest",
          "gw",
          "priority",
          "proto",
          "weight");
  private static final Desc ROUTES =
      Desc.gauge("node_network_routes", "network routes by interface", "device");

  /** The kernel's numbers for the origin of a route. */
  private static final Map<Integer, String> PROTOCOLS =
      Map.ofEntries(
          Map.entry(0, "unspec"),
          Map.entry(1, "redirect"),
          Map.entry(2, "kernel"),
          Map.entry(3, "boot"),
          Map.entry(4, "static"),
          Map.entry(8, "gated"),
          Map.entry(9, "ra"),
          Map.entry(10, "mrt"),
          Map.entry(11, "zebra"),
          Map.entry(12, "bird"),
          Map.entry(13, "dnrouted"),
          Map.entry(14, "xorp"),
          Map.entry(15, "ntk"),
          Map.entry(16, "dhcp"),
          Map.entry(17, "mrouted"),
          Map.entry(42, "babel"),
          Map.entry(186, "bgp"),
          Map.entry(187, "isis"),
          Map.entry(188, "ospf"),
          Map.entry(189, "rip"),
          Map.entry(192, "eigrp"));

  @Override
  public void collect(HostFiles files, Families out) throws IOException {
    Map<String, Integer> routes = new LinkedHashMap<>();
    try (Netlink route = new Netlink(Netlink.ROUTE)) {
      List<Links.Link> links = Links.all(route);
      for (Netlink.Message m : route.dump(RTM_GETROUTE, new byte[HEADER])) {
        ByteBuffer b = m.body();
        if (b.limit() < HEADER || b.get(7) != UNICAST) {
          continue;
        }
        Attributes a = Attributes.of(rest(b, HEADER));
        String[] labels = {
          "",
          address(a.bytes(RTA_PREFSRC)),
          network(a.bytes(RTA_DST), b.get(1) & 0xff),
          address(a.bytes(RTA_GATEWAY)),
          Long.toString(a.number(RTA_PRIORITY, 0)),
          PROTOCOLS.getOrDefault(b.get(5) & 0xff, "unknown"),
          ""
        };
        ByteBuffer hops = a.find(RTA_MULTIPATH);
        if (hops == null) {
          labels[0] = Links.name(links, (int) a.number(RTA_OIF, 0));
          out.add(INFO, 1, labels);
          routes.merge(labels[0], 1, Integer::sum);
          continue;
        }
        for (int at = 0; hops.limit() - at >= HOP; ) {
          int length = hops.getShort(at) & 0xffff;
          if (length < HOP || length > hops.limit() - at) {
            break;
          }
          Attributes hop =
              Attributes.of(hops.slice(at + HOP, length - HOP).order(ByteOrder.nativeOrder()));
          labels[0] = Links.name(links, hops.getInt(at + 4));
          labels[3] = address(hop.bytes(RTA_GATEWAY));
          labels[6] = Integer.toString((hops.get(at + 3) & 0xff) + 1);
          out.add(INFO, 1, labels);
          routes.merge(labels[0], 1, Integer::sum);
          at += length + 3 & ~3;
        }
      }
    }
    routes.forEach((device, n) -> out.add(ROUTES, n, device));
  }

  private static ByteBuffer rest(ByteBuffer b, int from) {
    return b.slice(from, b.limit() - from).order(ByteOrder.nativeOrder());
  }

  private static String address(byte[] a) {
    return a.length == 0 ? "" : Addresses.text(a);
  }

  private static String network(byte[] a, int bits) {
    if (bits == 0) {
      return "default";
    }
    byte[] masked = Arrays.copyOf(a, a.length);
    for (int i = 0; i < masked.length; i++) {
      int kept = Math.clamp(bits - i * 8L, 0, 8);
      masked[i] &= (byte) (0xff << 8 - kept);
    }
    return Addresses.text(masked) + "/" + bits;
  }
}
