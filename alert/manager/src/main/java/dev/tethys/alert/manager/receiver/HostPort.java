package dev.tethys.alert.manager.receiver;

import dev.tethys.config.Type;

/** An address {@code host:port}. */
record HostPort(String host, String port) {
  static final Type<HostPort> TYPE = Type.of("host:port", null, n -> n.parse(HostPort::parse));

  /**
   * Reads it; IPv6 addresses are in brackets.
   *
   * @throws IllegalArgumentException if it has no port
   */
  static HostPort parse(String s) {
    int colon = s.lastIndexOf(':');
    if (colon < 0 || s.endsWith("]")) {
      throw new IllegalArgumentException("address " + s + ": missing port in address");
    }
    String host = s.substring(0, colon);
    if (host.startsWith("[") && host.endsWith("]")) {
      host = host.substring(1, host.length() - 1);
    } else if (host.indexOf(':') >= 0) {
      throw new IllegalArgumentException("address " + s + ": too many colons in address");
    }
    if (colon == s.length() - 1) {
      throw new IllegalArgumentException("address \"" + s + "\": port cannot be empty");
    }
    return new HostPort(host, s.substring(colon + 1));
  }

  @Override
  public String toString() {
    return (host.indexOf(':') < 0 ? host : "[" + host + "]") + ":" + port;
  }
}
