package dev.tethys.collect.exporter.snmp.wire;

import java.net.InetSocketAddress;

/**
 * Agent address.
 *
 * @param port 161 by default
 */
public record SnmpTarget(String host, int port, boolean tcp) {
  private static final int PORT = 161;

  /**
   * Reads {@code host}, {@code host:port} or {@code [IPv6]:port}, with {@code udp://} or {@code
   * tcp://} before it.
   *
   * @throws IllegalArgumentException with the problem
   */
  public static SnmpTarget parse(String text) {
    int scheme = text.indexOf("://");
    String transport = scheme < 0 ? "udp" : text.substring(0, scheme);
    String rest = scheme < 0 ? text : text.substring(scheme + 3);
    boolean tcp = transport.startsWith("tcp");
    if (!transport.matches("(udp|tcp)[46]?")) {
      throw new IllegalArgumentException(
          "unknown transport \"" + transport + "\"; it must be udp or tcp");
    }
    int colon = rest.lastIndexOf(':');
    boolean bracket = rest.startsWith("[");
    if (colon < 0 || (bracket ? rest.endsWith("]") : rest.indexOf(':') != colon)) {
      return new SnmpTarget(bare(rest), PORT, tcp);
    }
    String port = rest.substring(colon + 1);
    try {
      int n = Integer.parseInt(port);
      if (n < 1 || n > 65_535) {
        throw new NumberFormatException(port);
      }
      return new SnmpTarget(bare(rest.substring(0, colon)), n, tcp);
    } catch (NumberFormatException e) {
      throw new IllegalArgumentException(
          "error converting port number to int for target \"" + text + "\"", e);
    }
  }

  private static String bare(String host) {
    return host.startsWith("[") && host.endsWith("]") ? host.substring(1, host.length() - 1) : host;
  }

  InetSocketAddress address() {
    return new InetSocketAddress(host, port);
  }
}
