package dev.tethys.collect.exporter.blackbox;

import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import dev.tethys.model.libc.Errno;
import dev.tethys.model.libc.LibraryException;
import dev.tethys.model.libc.SocketCalls;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteOrder;
import java.time.Duration;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Socket for ICMP echoes: a ping socket (icmp(7), permitted to the groups of {@code
 * net.ipv4.ping_group_range}), else a raw one (raw(7), requires CAP_NET_RAW). Its calls block the
 * thread, so they are not for virtual threads.
 */
final class IcmpSocket implements AutoCloseable {
  private static final int IPPROTO_ICMP = 1;
  private static final int IPPROTO_ICMPV6 = 58;
  private static final int BUFFER = 65_536;

  private static final ValueLayout.OfShort BIG_SHORT =
      JAVA_SHORT.withOrder(ByteOrder.BIG_ENDIAN).withByteAlignment(1);

  private final byte[] buffer = new byte[BUFFER];
  private final SocketCalls socket;
  private final boolean four;
  private final boolean raw;

  /** A packet, and its remaining hops; null if the system does not report them. */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  record Packet(byte[] bytes, @Nullable Integer hopLimit) {}

  /**
   * Opens a socket to an address.
   *
   * @param ttl maximum number of hops, 0 for the system's default
   * @throws IOException with the reason, if the process has no permission or the system does not
   *     support it
   */
  IcmpSocket(InetAddress to, @Nullable InetAddress from, int ttl, boolean dontFragment)
      throws IOException {
    this.four = to instanceof Inet4Address;
    int family = four ? SocketCalls.AF_INET : SocketCalls.AF_INET6;
    int protocol = four ? IPPROTO_ICMP : IPPROTO_ICMPV6;
    SocketCalls opened = null;
    try {
      opened = new SocketCalls(family, SocketCalls.SOCK_DGRAM, protocol);
    } catch (LibraryException e) {
      // not for the group of this process
    }
    this.raw = opened == null;
    this.socket = opened == null ? raw(family, protocol) : opened;
    try {
      if (from != null) {
        socket.bind(new InetSocketAddress(from, 0));
      }
      if (ttl > 0) {
        socket.hops(ttl);
      }
      if (dontFragment) {
        socket.dontFragment();
      }
      socket.reportHopLimit();
      socket.connect(new InetSocketAddress(to, 0));
    } catch (IOException e) {
      close();
      throw e;
    }
  }

  private static SocketCalls raw(int family, int protocol) throws IOException {
    try {
      return new SocketCalls(family, SocketCalls.SOCK_RAW, protocol);
    } catch (LibraryException e) {
      throw new IOException(
          e.getMessage()
              + "; ICMP requires the group of this process in net.ipv4.ping_group_range, or the"
              + " capability CAP_NET_RAW",
          e);
    }
  }

  /**
   * Whether the identifier of echoes is the program's own; the kernel sets that of ping sockets.
   */
  boolean isRaw() {
    return raw;
  }

  void send(byte[] packet) throws IOException {
    socket.send(packet);
  }

  /** Returns the next packet without its IP header; null on timeout. */
  @Nullable Packet receive(Duration wait) throws IOException {
    int n;
    try {
      socket.timeout(wait);
      n = socket.receive(buffer);
    } catch (LibraryException e) {
      if (e.errno() == Errno.EAGAIN) {
        return null;
      }
      throw e;
    }
    // Raw sockets of IPv4 show the IP header, whose length is given in words.
    int from = raw && four && n > 0 ? (buffer[0] & 15) * 4 : 0;
    return new Packet(Arrays.copyOfRange(buffer, Math.min(from, n), n), socket.hopsLeft());
  }

  /** Returns the internet checksum (RFC 1071) of a packet. */
  static int checksum(byte[] packet) {
    MemorySegment s = MemorySegment.ofArray(packet);
    long sum = 0;
    for (int i = 0; i + 1 < packet.length; i += 2) {
      sum += s.get(BIG_SHORT, i) & 0xffff;
    }
    if (packet.length % 2 == 1) {
      sum += (packet[packet.length - 1] & 0xff) << 8;
    }
    while (sum >> 16 != 0) {
      sum = (sum & 0xffff) + (sum >> 16);
    }
    return (int) ~sum & 0xffff;
  }

  @Override
  public void close() {
    socket.close();
  }
}
