package dev.tethys.collect.observe.container;

import dev.tethys.collect.observe.connection.IpAddress;
import java.net.InetAddress;
import java.util.Collection;

/** Labels of destinations whose domain is known. */
final class DestinationNames {
  private DestinationNames() {}

  /**
   * Destination and actual destination: the domain alone where its addresses change, so that the
   * number of series stays small.
   */
  static String key(String destination, String actual, String domain, boolean keepAddress) {
    if (domain.isEmpty() || keepAddress) {
      return destination + " (" + actual + ")";
    }
    return domain + destination.substring(destination.lastIndexOf(':')) + " ()";
  }

  /** True when a domain with these addresses is shown by address: one public or any private one. */
  static boolean keepsAddress(Collection<String> addresses) {
    return addresses.size() == 1
        || addresses.stream()
            .map(a -> IpAddress.of(InetAddress.ofLiteral(a)))
            .anyMatch(a -> a.isPrivate() || a.isLoopback());
  }
}
