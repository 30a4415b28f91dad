package dev.tethys.alert.manager.cluster;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.util.Arrays;

/**
 * A member of a cluster, as it describes itself.
 *
 * @param address address for packets and streams
 * @param meta additional data; empty from an Alertmanager
 * @param versions lowest, highest and current version of the protocol, then of the delegate
 */
@SuppressWarnings("ArrayRecordComponent")
public record ClusterNode(String name, InetSocketAddress address, byte[] meta, byte[] versions) {
  /** Supported protocol versions: memberlist's 1 to 5, with 2 in use. */
  static final byte[] VERSIONS = {1, 5, 2, 0, 0, 0};

  static ClusterNode of(String name, byte[] ip, long port, byte[] meta, byte[] versions)
      throws ProtocolException {
    if (port < 0 || port > 0xffff) {
      throw new ProtocolException("member " + name + " has port " + port);
    }
    try {
      return new ClusterNode(
          name, new InetSocketAddress(InetAddress.getByAddress(ip), (int) port), meta, versions);
    } catch (UnknownHostException e) {
      throw new ProtocolException("member " + name + " has an address of " + ip.length + " bytes");
    }
  }

  byte[] ip() {
    return address.getAddress().getAddress();
  }

  /** Returns the highest protocol version that it understands; 0 if unknown. */
  int highest() {
    return versions.length > 1 ? versions[1] & 0xff : 0;
  }

  boolean hasSameContent(ClusterNode o) {
    return Arrays.equals(meta, o.meta) && Arrays.equals(versions, o.versions);
  }

  /** Address and port for display: {@code 10.0.0.1:9094}. */
  public String hostPort() {
    return hostPort(address);
  }

  static String hostPort(InetSocketAddress a) {
    String host = a.getAddress() == null ? a.getHostString() : a.getAddress().getHostAddress();
    int zone = host.indexOf('%');
    String plain = zone < 0 ? host : host.substring(0, zone);
    return (plain.contains(":") ? "[" + plain + "]" : plain) + ":" + a.getPort();
  }
}
