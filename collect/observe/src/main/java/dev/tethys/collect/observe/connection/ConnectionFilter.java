package dev.tethys.collect.observe.connection;

import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/** Selects the destinations whose connections are counted. Not thread-safe. */
public final class ConnectionFilter {
  /** Maximum number of remembered public addresses for which a private address responds. */
  private static final int MAX_LEARNED = 10_000;

  private final List<IpPrefix> publicNetworks;
  private final boolean everything;
  private final PortRanges ephemeral;
  private final Set<IpAddress> learned = new LinkedHashSet<>();

  /**
   * @param publicNetworks public addresses to track; 0.0.0.0/0 means all, IPv6 included
   * @param ephemeral ports of clients
   */
  public ConnectionFilter(Collection<IpPrefix> publicNetworks, PortRanges ephemeral) {
    this.publicNetworks = List.copyOf(publicNetworks);
    this.everything = publicNetworks.contains(IpPrefix.parse("0.0.0.0/0"));
    this.ephemeral = ephemeral;
  }

  /** True for ports that the kernel gives to clients: of no service. */
  public boolean isEphemeral(int port) {
    return ephemeral.ignores(port);
  }

  /**
   * True if connections to this destination are counted.
   *
   * @param hostNetwork the client is in the network namespace of the host, where loopback leads to
   *     other services
   */
  public boolean tracksDestination(IpAddress destination, int port, boolean hostNetwork) {
    return !isEphemeral(port)
        && !destination.isUnspecified()
        && !destination.isLinkLocal()
        && (hostNetwork || !destination.isLoopback());
  }

  /**
   * True if a connection is omitted because its peer is in a public network that is not tracked.
   *
   * @param actual destination after address translation
   */
  public boolean skips(IpAddress destination, IpAddress actual) {
    if (everything || isInternal(destination) || learned.contains(destination)) {
      return false;
    }
    if (isInternal(actual)) {
      if (learned.size() < MAX_LEARNED) {
        learned.add(destination);
      }
      return false;
    }
    return publicNetworks.stream().noneMatch(n -> n.contains(destination));
  }

  private static boolean isInternal(IpAddress a) {
    return a.isPrivate() || a.isLoopback();
  }
}
