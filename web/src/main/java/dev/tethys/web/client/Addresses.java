package dev.tethys.web.client;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;

/** The addresses of a host, in the order in which they are tried. */
@FunctionalInterface
interface Addresses {
  /** Addresses in the system's order. */
  Addresses IN_ORDER = host -> List.of(InetAddress.getAllByName(host));

  /** Random order, which spreads connections over all addresses. */
  Addresses SHUFFLED = shuffled(IN_ORDER);

  /**
   * Looks a host up.
   *
   * @throws UnknownHostException if it has none
   */
  List<InetAddress> of(String host) throws UnknownHostException;

  /** Returns the same addresses in random order, a new order each time. */
  static Addresses shuffled(Addresses addresses) {
    return host -> {
      InetAddress[] all = addresses.of(host).toArray(InetAddress[]::new);
      Collections.shuffle(Arrays.asList(all));
      return List.of(all);
    };
  }
}
