package dev.tethys.collect.exporter.blackbox;

import static dev.tethys.model.libc.LibraryFunction.call;
import static dev.tethys.model.libc.LibraryFunction.errno;
import static dev.tethys.model.libc.LibraryFunction.errnoState;
import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import dev.tethys.model.libc.LibraryFunction;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A socket for ICMP echoes on 64-bit Linux, which the JDK does not have: a ping socket (icmp(7),
 * allowed to the groups of {@code net.ipv4.ping_group_range}), else a raw one (raw(7), wants
 * CAP_NET_RAW). Its calls block the thread, so they are not for virtual threads.
 */
final class IcmpSocket implements AutoCloseable {
  private static final int AF_INET = 2;
  private static final int AF_INET6 = 10;
  private static final int SOCK_DGRAM = 2;
  private static final int SOCK_RAW = 3;
  private static final int SOCK_CLOEXEC = 0x80000;
  private static final int IPPROTO_IP = 0;
  private static final int IPPROTO_ICMP = 1;
  private static final int IPPROTO_IPV6 = 41;
  private static final int IPPROTO_ICMPV6 = 58;
  private static final int IP_TTL = 2;
  private static final int IP_MTU_DISCOVER = 10;
  private static final int IP_RECVTTL = 12;
  private static final int IP_PMTUDISC_DO = 2;
  private static final int IPV6_UNICAST_HOPS = 16;
  private static final int IPV6_MTU_DISCOVER = 23;
  private static final int IPV6_RECVHOPLIMIT = 51;
  private static final int IPV6_HOPLIMIT = 52;
  private static final short POLLIN = 1;

  /** Of struct msghdr: pointers and sizes of 64 bits. */
  private static final int MSGHDR = 56;

  private static final int CONTROL = 128;
  private static final int CMSG_HEADER = 16;
  private static final int BUFFER = 65_536;

  private static final ValueLayout.OfShort BIG_SHORT =
      JAVA_SHORT.withOrder(java.nio.ByteOrder.BIG_ENDIAN);

  private static final MethodHandle SOCKET =
      LibraryFunction.of("socket", FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_INT, JAVA_INT));
  private static final MethodHandle BIND =
      LibraryFunction.of("bind", FunctionDescriptor.of(JAVA_INT, JAVA_INT, ADDRESS, JAVA_INT));
  private static final MethodHandle CONNECT =
      LibraryFunction.of("connect", FunctionDescriptor.of(JAVA_INT, JAVA_INT, ADDRESS, JAVA_INT));
  private static final MethodHandle SETSOCKOPT =
      LibraryFunction.of(
          "setsockopt",
          FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_INT, JAVA_INT, ADDRESS, JAVA_INT));
  private static final MethodHandle SEND =
      LibraryFunction.of(
          "send", FunctionDescriptor.of(JAVA_LONG, JAVA_INT, ADDRESS, JAVA_LONG, JAVA_INT));
  private static final MethodHandle POLL =
      LibraryFunction.of("poll", FunctionDescriptor.of(JAVA_INT, ADDRESS, JAVA_LONG, JAVA_INT));
  private static final MethodHandle RECVMSG =
      LibraryFunction.of("recvmsg", FunctionDescriptor.of(JAVA_LONG, JAVA_INT, ADDRESS, JAVA_INT));
  private static final MethodHandle CLOSE =
      LibraryFunction.of("close", FunctionDescriptor.of(JAVA_INT, JAVA_INT));

  /** In Go's words; the C library's would come in the language of the environment. */
  private static final Map<Integer, String> ERRORS =
      Map.of(
          1, "operation not permitted",
          13, "permission denied",
          90, "message too long",
          93, "protocol not supported",
          97, "address family not supported by protocol",
          99, "cannot assign requested address",
          101, "network is unreachable",
          111, "connection refused",
          113, "no route to host");

  private final Arena arena = Arena.ofConfined();
  private final MemorySegment state = errnoState(arena);
  private final boolean four;
  private final boolean raw;
  private final int fd;

  /** A packet, and the hops it had left; -1 where the system does not say. */
  @SuppressWarnings("ArrayRecordComponent") // nobody compares them
  record Packet(byte[] bytes, int hopLimit) {}

  /**
   * Opens a socket to an address.
   *
   * @param ttl most hops, 0 for the system's own
   * @throws IOException when this process may not, or the system does not, saying so
   */
  IcmpSocket(InetAddress to, @Nullable InetAddress from, int ttl, boolean dontFragment)
      throws IOException {
    this.four = to instanceof Inet4Address;
    int family = four ? AF_INET : AF_INET6;
    int protocol = four ? IPPROTO_ICMP : IPPROTO_ICMPV6;
    int s =
        (int)
            call(
                () -> (int) SOCKET.invokeExact(state, family, SOCK_DGRAM | SOCK_CLOEXEC, protocol));
    boolean ping = s >= 0;
    if (!ping) {
      s =
          (int)
              call(
                  () -> (int) SOCKET.invokeExact(state, family, SOCK_RAW | SOCK_CLOEXEC, protocol));
    }
    if (s < 0) {
      String why = why();
      arena.close();
      throw new IOException(
          "socket: "
              + why
              + "; ICMP wants the group of this process in net.ipv4.ping_group_range, or the"
              + " capability CAP_NET_RAW");
    }
    this.raw = !ping;
    this.fd = s;
    try {
      if (from != null) {
        check("bind", BIND, from);
      }
      if (ttl > 0) {
        option(four ? IPPROTO_IP : IPPROTO_IPV6, four ? IP_TTL : IPV6_UNICAST_HOPS, ttl);
      }
      if (dontFragment) {
        option(
            four ? IPPROTO_IP : IPPROTO_IPV6,
            four ? IP_MTU_DISCOVER : IPV6_MTU_DISCOVER,
            IP_PMTUDISC_DO);
      }
      option(four ? IPPROTO_IP : IPPROTO_IPV6, four ? IP_RECVTTL : IPV6_RECVHOPLIMIT, 1);
      check("connect", CONNECT, to);
    } catch (IOException e) {
      close();
      throw e;
    }
  }

  /**
   * Whether the identifier of echoes is the program's own; the kernel sets that of ping sockets.
   */
  boolean isRaw() {
    return raw;
  }

  private String why() {
    int e = errno(state);
    return ERRORS.getOrDefault(e, "error " + e);
  }

  private void check(String what, MethodHandle handle, InetAddress address) throws IOException {
    MemorySegment a = address(address);
    int r = (int) call(() -> (int) handle.invokeExact(state, fd, a, (int) a.byteSize()));
    if (r < 0) {
      throw new IOException(what + " " + address.getHostAddress() + ": " + why());
    }
  }

  /** A struct sockaddr_in or sockaddr_in6. */
  private MemorySegment address(InetAddress address) {
    byte[] b = address.getAddress();
    MemorySegment a = arena.allocate(b.length == 4 ? 16 : 28, 8);
    a.set(JAVA_SHORT, 0, (short) (b.length == 4 ? AF_INET : AF_INET6));
    MemorySegment.copy(b, 0, a, JAVA_BYTE, b.length == 4 ? 4 : 8, b.length);
    if (address instanceof java.net.Inet6Address six) {
      a.set(JAVA_INT, 24, six.getScopeId());
    }
    return a;
  }

  private void option(int level, int name, int value) throws IOException {
    MemorySegment v = arena.allocateFrom(JAVA_INT, value);
    int r = (int) call(() -> (int) SETSOCKOPT.invokeExact(state, fd, level, name, v, 4));
    if (r < 0) {
      throw new IOException("setsockopt: " + why());
    }
  }

  void send(byte[] packet) throws IOException {
    MemorySegment p = arena.allocateFrom(JAVA_BYTE, packet);
    int n = (int) call(() -> (int) (long) SEND.invokeExact(state, fd, p, (long) packet.length, 0));
    if (n < 0) {
      throw new IOException("write: " + why());
    }
  }

  /**
   * The next packet without its IP header; null when none comes in time.
   *
   * @param millis how long to wait
   */
  @Nullable Packet receive(int millis) throws IOException {
    try (Arena a = Arena.ofConfined()) {
      MemorySegment p = a.allocate(8, 4);
      p.set(JAVA_INT, 0, fd);
      p.set(JAVA_SHORT, 4, POLLIN);
      int ready = (int) call(() -> (int) POLL.invokeExact(state, p, 1L, millis));
      if (ready <= 0) {
        return null;
      }
      MemorySegment data = a.allocate(BUFFER);
      MemorySegment iov = a.allocate(16, 8);
      iov.set(ADDRESS, 0, data);
      iov.set(JAVA_LONG, 8, BUFFER);
      MemorySegment control = a.allocate(CONTROL, 8);
      MemorySegment m = a.allocate(MSGHDR, 8);
      m.set(ADDRESS, 16, iov);
      m.set(JAVA_LONG, 24, 1);
      m.set(ADDRESS, 32, control);
      m.set(JAVA_LONG, 40, CONTROL);
      int n = (int) call(() -> (int) (long) RECVMSG.invokeExact(state, fd, m, 0));
      if (n < 0) {
        throw new IOException("read: " + why());
      }
      // Raw sockets of IPv4 show the IP header, whose length is told in words.
      int from = raw && four && n > 0 ? (data.get(JAVA_BYTE, 0) & 15) * 4 : 0;
      return new Packet(
          data.asSlice(Math.min(from, n), Math.max(0, n - from)).toArray(JAVA_BYTE),
          hops(control, m.get(JAVA_LONG, 40)));
    }
  }

  private int hops(MemorySegment control, long length) {
    int level = four ? IPPROTO_IP : IPPROTO_IPV6;
    int type = four ? IP_TTL : IPV6_HOPLIMIT;
    for (long at = 0; at + CMSG_HEADER + 4 <= Math.min(length, CONTROL); ) {
      long size = control.get(JAVA_LONG, at);
      if (control.get(JAVA_INT, at + 8) == level && control.get(JAVA_INT, at + 12) == type) {
        return control.get(JAVA_INT, at + CMSG_HEADER);
      }
      if (size < CMSG_HEADER) {
        break;
      }
      at += size + 7 & ~7L;
    }
    return -1;
  }

  /** The Internet checksum (RFC 1071) of a packet. */
  static int checksum(byte[] packet) {
    MemorySegment s = MemorySegment.ofArray(packet);
    long sum = 0;
    for (int i = 0; i + 1 < packet.length; i += 2) {
      sum += s.get(BIG_SHORT.withByteAlignment(1), i) & 0xffff;
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
    call(() -> (int) CLOSE.invokeExact(state, fd));
    arena.close();
  }
}
