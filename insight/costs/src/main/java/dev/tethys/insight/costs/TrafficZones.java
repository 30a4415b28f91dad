package dev.tethys.insight.costs;

import dev.tethys.insight.entities.Entity;
import dev.tethys.insight.entities.World;
import dev.tethys.insight.entities.kind.EntityKind;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Zones of addresses: those of pods, and those on which containers listen. Any other public address
 * belongs to the internet.
 */
final class TrafficZones {
  /** Kind of traffic by price. */
  enum Target {
    /** Same zone, unknown zone, or unknown private address. */
    FREE,
    OTHER_ZONE,
    INTERNET
  }

  private final Map<String, Entity> nodes = new HashMap<>(); // by address without port

  TrafficZones(World world) {
    for (Entity e : world.entities()) {
      String ip = e.kind() == EntityKind.INSTANCE ? e.attributes().getOrDefault("ip", "") : "";
      List<Entity> its = ip.isEmpty() ? List.of() : world.lift(e, EntityKind.NODE);
      if (!its.isEmpty()) {
        add("[" + ip + "]", its.getFirst());
      }
    }
  }

  /** Adds an address with its port, of a node. */
  void add(String address, Entity node) {
    InetAddress ip = ip(address);
    if (ip != null && !ip.isLoopbackAddress() && !ip.isAnyLocalAddress()) {
      nodes.putIfAbsent(ip.getHostAddress(), node);
    }
  }

  /** Kind of the traffic from a node to an address with its port. */
  Target of(Entity from, String address) {
    InetAddress ip = ip(address);
    if (ip == null) {
      return Target.FREE;
    }
    Entity to = nodes.get(ip.getHostAddress());
    if (to == null) {
      return isPublic(ip) ? Target.INTERNET : Target.FREE;
    }
    String zone = from.attributes().getOrDefault("zone", "");
    String other = to.attributes().getOrDefault("zone", "");
    return zone.isEmpty() || other.isEmpty() || zone.equals(other)
        ? Target.FREE
        : Target.OTHER_ZONE;
  }

  /** Address of {@code ip:port} or {@code [ip]:port}; null for names. */
  static @Nullable InetAddress ip(String address) {
    int colon = address.lastIndexOf(':');
    int bracket = address.indexOf(']');
    String host;
    if (address.startsWith("[") && bracket > 0) {
      host = address.substring(1, bracket);
    } else {
      host = colon < 0 ? address : address.substring(0, colon);
    }
    if (host.isEmpty() || host.length() > 45) {
      return null;
    }
    try {
      return InetAddress.ofLiteral(host);
    } catch (IllegalArgumentException e) {
      return null; // a name
    }
  }

  /** True for addresses that are reached through the internet. */
  static boolean isPublic(InetAddress ip) {
    byte[] b = ip.getAddress();
    if (ip.isAnyLocalAddress()
        || ip.isLoopbackAddress()
        || ip.isLinkLocalAddress()
        || ip.isSiteLocalAddress()
        || ip.isMulticastAddress()) {
      return false;
    }
    if (ip instanceof Inet6Address) {
      return (b[0] & 0xe0) == 0x20; // 2000::/3
    }
    boolean isShared = (b[0] & 0xff) == 100 && (b[1] & 0xc0) == 64; // 100.64.0.0/10
    return !isShared && b[0] != 0 && (b[0] & 0xff) < 240;
  }
}
