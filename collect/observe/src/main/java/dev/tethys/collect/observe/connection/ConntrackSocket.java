package dev.tethys.collect.observe.connection;

import dev.tethys.collect.observe.kernel.NetlinkClient;
import dev.tethys.model.libc.Errno;
import dev.tethys.model.libc.LibraryException;
import dev.tethys.model.libc.SocketCalls;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.jspecify.annotations.Nullable;

/**
 * Table of tracked connections of the opening thread's network namespace, queried from the kernel
 * by netlink (nf_conntrack_netlink). Needs CAP_NET_ADMIN. Not thread-safe.
 */
final class ConntrackSocket implements AutoCloseable {
  private static final String WHAT = "conntrack";

  /** NFNL_SUBSYS_CTNETLINK in the high byte; IPCTNL_MSG_CT_GET, IPCTNL_MSG_CT_GET_STATS. */
  private static final int GET = 0x101;

  private static final int GET_STATS = 0x105;

  /** Layout of struct nfgenmsg. */
  private static final int HEADER = 4;

  private static final int CTA_STATS_GLOBAL_ENTRIES = 1;
  private static final int CTA_TUPLE_ORIG = 1;
  private static final int CTA_TUPLE_REPLY = 2;
  private static final int CTA_TUPLE_IP = 1;
  private static final int CTA_TUPLE_PROTO = 2;
  private static final int CTA_IP_V4_SRC = 1;
  private static final int CTA_IP_V4_DST = 2;
  private static final int CTA_IP_V6_SRC = 3;
  private static final int CTA_IP_V6_DST = 4;
  private static final int CTA_PROTO_NUM = 1;
  private static final int CTA_PROTO_SRC_PORT = 2;
  private static final int CTA_PROTO_DST_PORT = 3;
  private static final byte IPPROTO_TCP = 6;
  private static final int V6_BYTES = 16;
  private static final int LARGEST_QUESTION = 128;

  private final NetlinkClient netlink;

  ConntrackSocket() throws LibraryException {
    netlink = new NetlinkClient(NetlinkClient.NETLINK_NETFILTER, WHAT);
  }

  /** Returns the number of tracked connections. */
  long entries() throws LibraryException {
    ByteBuffer body = NetlinkClient.body(HEADER).putInt(0); // of all families
    return entries(netlink.ask(GET_STATS, body));
  }

  static long entries(ByteBuffer answer) throws LibraryException {
    ByteBuffer n = NetlinkClient.find(attributes(answer), CTA_STATS_GLOBAL_ENTRIES);
    if (n == null || n.limit() < 4) {
      throw new LibraryException(WHAT, Errno.EIO);
    }
    return n.order(ByteOrder.BIG_ENDIAN).getInt(0) & 0xffff_ffffL;
  }

  /**
   * Flow after address translation: the responding server, and the client as seen by the server;
   * null if the connection is not tracked.
   */
  @Nullable Flow translated(Flow asked) throws LibraryException {
    try {
      return translated(asked, netlink.ask(GET, question(asked)));
    } catch (LibraryException e) {
      if (e.errno() == Errno.ENOENT) {
        return null;
      }
      throw e;
    }
  }

  static ByteBuffer question(Flow asked) {
    boolean four = asked.destination().isV4();
    ByteBuffer b = NetlinkClient.body(LARGEST_QUESTION);
    b.put((byte) (four ? SocketCalls.AF_INET : SocketCalls.AF_INET6))
        .put((byte) 0)
        .putShort((short) 0);
    int tuple = NetlinkClient.begin(b, CTA_TUPLE_ORIG);
    int ip = NetlinkClient.begin(b, CTA_TUPLE_IP);
    NetlinkClient.put(b, four ? CTA_IP_V4_SRC : CTA_IP_V6_SRC, asked.source().bytes());
    NetlinkClient.put(b, four ? CTA_IP_V4_DST : CTA_IP_V6_DST, asked.destination().bytes());
    NetlinkClient.end(b, ip);
    int protocol = NetlinkClient.begin(b, CTA_TUPLE_PROTO);
    NetlinkClient.put(b, CTA_PROTO_NUM, new byte[] {IPPROTO_TCP});
    NetlinkClient.put(b, CTA_PROTO_SRC_PORT, port(asked.sourcePort()));
    NetlinkClient.put(b, CTA_PROTO_DST_PORT, port(asked.destinationPort()));
    NetlinkClient.end(b, protocol);
    NetlinkClient.end(b, tuple);
    return b;
  }

  private static byte[] port(int port) {
    return new byte[] {(byte) (port >> 8), (byte) port};
  }

  /**
   * The kernel finds connections by the tuple of either direction; the arguments of the other
   * direction are null.
   */
  static @Nullable Flow translated(Flow asked, ByteBuffer answer) {
    ByteBuffer attributes = attributes(answer);
    Flow original = flow(NetlinkClient.find(attributes, CTA_TUPLE_ORIG));
    Flow reply = flow(NetlinkClient.find(attributes, CTA_TUPLE_REPLY));
    return reply == null || !asked.equals(original)
        ? null
        : new Flow(
            reply.destination(), reply.destinationPort(), reply.source(), reply.sourcePort());
  }

  private static ByteBuffer attributes(ByteBuffer answer) {
    return NetlinkClient.after(answer, HEADER);
  }

  private static @Nullable Flow flow(@Nullable ByteBuffer tuple) {
    ByteBuffer ip = tuple == null ? null : NetlinkClient.find(tuple, CTA_TUPLE_IP);
    ByteBuffer protocol = tuple == null ? null : NetlinkClient.find(tuple, CTA_TUPLE_PROTO);
    if (ip == null || protocol == null) {
      return null;
    }
    IpAddress source = address(ip, CTA_IP_V4_SRC, CTA_IP_V6_SRC);
    IpAddress destination = address(ip, CTA_IP_V4_DST, CTA_IP_V6_DST);
    int sourcePort = port(NetlinkClient.find(protocol, CTA_PROTO_SRC_PORT));
    int destinationPort = port(NetlinkClient.find(protocol, CTA_PROTO_DST_PORT));
    return source == null || destination == null || sourcePort < 0 || destinationPort < 0
        ? null
        : new Flow(source, sourcePort, destination, destinationPort);
  }

  private static @Nullable IpAddress address(ByteBuffer ip, int four, int six) {
    ByteBuffer v4 = NetlinkClient.find(ip, four);
    if (v4 != null && v4.limit() >= 4) {
      return IpAddress.ofV4(v4.order(ByteOrder.BIG_ENDIAN).getInt(0));
    }
    ByteBuffer v6 = NetlinkClient.find(ip, six);
    if (v6 == null || v6.limit() < V6_BYTES) {
      return null;
    }
    v6.order(ByteOrder.BIG_ENDIAN);
    return new IpAddress(v6.getLong(0), v6.getLong(8));
  }

  private static int port(@Nullable ByteBuffer value) {
    return value == null || value.limit() < 2
        ? -1
        : value.order(ByteOrder.BIG_ENDIAN).getShort(0) & 0xffff;
  }

  @Override
  public void close() {
    netlink.close();
  }
}
