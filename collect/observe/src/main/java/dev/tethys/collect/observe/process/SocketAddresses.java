package dev.tethys.collect.observe.process;

import dev.tethys.model.IpText;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.HexFormat;

/** Addresses of /proc/net/tcp: 32-bit words in host byte order, port in hexadecimal. */
final class SocketAddresses {
  private SocketAddresses() {}

  static String of(String hex) {
    int colon = hex.indexOf(':');
    byte[] words = HexFormat.of().parseHex(hex.substring(0, colon));
    byte[] address = new byte[words.length];
    for (int i = 0; i < words.length; i++) {
      address[i] = words[i / 4 * 4 + 3 - i % 4];
    }
    int port = Integer.parseInt(hex.substring(colon + 1), 16);
    try {
      // Returns the IPv4 address of an IPv4-mapped IPv6 address.
      InetAddress a = InetAddress.getByAddress(address);
      String text = IpText.of(a);
      return a.getAddress().length == 4 ? text + ":" + port : "[" + text + "]:" + port;
    } catch (UnknownHostException e) {
      throw new IllegalArgumentException("not an address of /proc/net/tcp: " + hex, e);
    }
  }
}
