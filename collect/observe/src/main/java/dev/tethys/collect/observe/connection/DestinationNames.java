package dev.tethys.collect.observe.connection;

import dev.tethys.model.BoundedMap;
import java.net.InetAddress;
import java.util.Collection;
import java.util.List;
import java.util.Map;

/**
 * Domains of addresses from the responses of name servers. A destination whose domain has several
 * public addresses is named by the domain, so that the number of series stays small when the
 * addresses change. Bounded: the addresses used last are kept. Guarded by the lock of the tracker.
 */
public final class DestinationNames {
  private static final int MAX_ADDRESSES = 10_000;

  /**
   * Destination labels.
   *
   * @param actual destination after address translation; empty for a domain
   */
  public record Destination(String destination, String actual) {
    @Override
    public String toString() {
      return destination + " (" + actual + ")";
    }
  }

  private final Map<IpAddress, String> domains = BoundedMap.byUse(MAX_ADDRESSES);

  /** Records a response. */
  void learn(String domain, List<String> addresses) {
    if (domain.isEmpty() || addresses.isEmpty()) {
      return;
    }
    boolean keeps = keepsAddress(addresses);
    for (String text : addresses) {
      IpAddress a = IpAddress.of(InetAddress.ofLiteral(text));
      if (keeps) {
        domains.remove(a, domain);
      } else {
        domains.put(a, domain);
      }
    }
  }

  /** Whether connections to an address are counted by its domain. */
  boolean isNamed(IpAddress address) {
    return domains.containsKey(address);
  }

  /** Labels of connections to an address. */
  Destination of(IpAddress address, int port) {
    String text = address.withPort(port);
    String domain = domains.get(address);
    return of(text, text, domain == null ? "" : domain, false);
  }

  /**
   * Labels of a destination with a domain.
   *
   * @param domain empty if unknown
   */
  public static Destination of(
      String destination, String actual, String domain, boolean keepAddress) {
    return domain.isEmpty() || keepAddress
        ? new Destination(destination, actual)
        : new Destination(domain + destination.substring(destination.lastIndexOf(':')), "");
  }

  /** True if a domain with these addresses is shown by address: one public or any private one. */
  public static boolean keepsAddress(Collection<String> addresses) {
    return addresses.size() == 1
        || addresses.stream()
            .map(a -> IpAddress.of(InetAddress.ofLiteral(a)))
            .anyMatch(a -> a.isPrivate() || a.isLoopback());
  }
}
