package dev.tethys.collect.observe.connection;

import dev.tethys.model.IpText;
import java.net.InetAddress;

/**
 * Network in CIDR notation.
 *
 * @param address address of the network, its host bits are ignored
 * @param bits length of the prefix, of 128 (an IPv4 prefix of 8 bits has 104)
 */
public record IpPrefix(IpAddress address, int bits) {
  private static final int V4_OFFSET = 96;

  /**
   * Parses a network.
   *
   * @throws IllegalArgumentException with a message for the operator
   */
  public static IpPrefix parse(String text) {
    int slash = text.indexOf('/');
    String host = slash < 0 ? text : text.substring(0, slash);
    if (slash < 0 || !IpText.isAddress(host)) {
      throw new IllegalArgumentException(
          "network '" + text + "' is not valid; it must have the form 10.0.0.0/8 or 2001:db8::/32");
    }
    IpAddress address = IpAddress.of(InetAddress.ofLiteral(host));
    int most = address.isV4() ? 32 : 128;
    int bits;
    try {
      bits = Integer.parseInt(text.substring(slash + 1));
    } catch (NumberFormatException e) {
      bits = -1;
    }
    if (bits < 0 || bits > most) {
      throw new IllegalArgumentException(
          "network '" + text + "' is not valid; the prefix length must be 0 to " + most);
    }
    return new IpPrefix(address, address.isV4() ? bits + V4_OFFSET : bits);
  }

  /** True if an address is in the network. */
  public boolean contains(IpAddress a) {
    long high = a.high() ^ address.high();
    long low = a.low() ^ address.low();
    if (bits <= 64) {
      return bits == 0 || high >>> 64 - bits == 0;
    }
    return high == 0 && low >>> 128 - bits == 0;
  }
}
