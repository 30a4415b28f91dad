package dev.tethys.collect.host.internal.netlink;

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
import java.lang.invoke.MethodHandle;
import java.nio.charset.StandardCharsets;
import java.time.Duration;

/**
 * A socket of a kind that Java does not have, or with options that it does not show. For one thread
 * at a time.
 */
public final class KernelSocket implements AutoCloseable {
  static final int AF_NETLINK = 16;
  private static final int AF_INET = 2;
  private static final int AF_INET6 = 10;
  private static final int SOCK_DGRAM = 2;
  private static final int SOCK_CLOEXEC = 0x80000;
  private static final int SOL_SOCKET = 1;
  private static final int SO_RCVTIMEO = 20;
  private static final int SIOCETHTOOL = 0x8946;
  private static final int IFNAMSIZ = 16;
  private static final int BUFFER = 1 << 18;

  private static final MethodHandle SOCKET =
      LibraryFunction.of("socket", FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_INT, JAVA_INT));
  private static final MethodHandle SETSOCKOPT =
      LibraryFunction.of(
          "setsockopt",
          FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_INT, JAVA_INT, ADDRESS, JAVA_INT));
  private static final MethodHandle CONNECT =
      LibraryFunction.of("connect", FunctionDescriptor.of(JAVA_INT, JAVA_INT, ADDRESS, JAVA_INT));
  private static final MethodHandle SEND =
      LibraryFunction.of(
          "send", FunctionDescriptor.of(JAVA_LONG, JAVA_INT, ADDRESS, JAVA_LONG, JAVA_INT));
  private static final MethodHandle RECV =
      LibraryFunction.of(
          "recv", FunctionDescriptor.of(JAVA_LONG, JAVA_INT, ADDRESS, JAVA_LONG, JAVA_INT));
  private static final MethodHandle IOCTL =
      LibraryFunction.variadic(
          "ioctl", FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_LONG, ADDRESS), 2);
  private static final MethodHandle CLOSE =
      LibraryFunction.plain("close", FunctionDescriptor.of(JAVA_INT, JAVA_INT));

  private final Arena arena = Arena.ofShared();
  private final MemorySegment state = LibraryFunction.errnoState(arena);
  private final MemorySegment buffer = arena.allocate(BUFFER, 8);
  private final int fd;

  private KernelSocket(int domain, int kind, int protocol) throws KernelException {
    int with = kind | SOCK_CLOEXEC;
    fd = (int) LibraryFunction.call(() -> (int) SOCKET.invokeExact(state, domain, with, protocol));
    if (fd < 0) {
      int errno = LibraryFunction.errno(state);
      arena.close();
      throw new KernelException("socket", errno);
    }
  }

  /** A socket of netlink. */
  static KernelSocket netlink(int family) throws KernelException {
    return new KernelSocket(AF_NETLINK, SOCK_DGRAM, family);
  }

  /** A socket of UDP; also what questions about devices go over. */
  public static KernelSocket udp(boolean six) throws KernelException {
    return new KernelSocket(six ? AF_INET6 : AF_INET, SOCK_DGRAM, 0);
  }

  /** How long a read may take. */
  public void patience(Duration d) throws KernelException {
    buffer.set(JAVA_LONG, 0, d.toSeconds());
    buffer.set(JAVA_LONG, 8, d.toNanosPart() / 1000);
    option(SOL_SOCKET, SO_RCVTIMEO, 16);
  }

  /** Over how many routers a packet may go. */
  public void hops(boolean six, int n) throws KernelException {
    buffer.set(JAVA_INT, 0, n);
    option(six ? 41 : 0, six ? 16 : 2, 4); // IPV6_UNICAST_HOPS, IP_TTL
  }

  private void option(int level, int name, int size) throws KernelException {
    check(
        "setsockopt",
        LibraryFunction.call(
            () -> (int) SETSOCKOPT.invokeExact(state, fd, level, name, buffer, size)));
  }

  /** Sends to an address from now on, and hears it alone. */
  public void connect(byte[] address, int port) throws KernelException {
    boolean six = address.length == 16;
    int size = six ? 28 : 16;
    buffer.asSlice(0, size).fill((byte) 0);
    buffer.set(JAVA_SHORT, 0, (short) (six ? AF_INET6 : AF_INET));
    buffer.set(JAVA_BYTE, 2, (byte) (port >> 8));
    buffer.set(JAVA_BYTE, 3, (byte) port);
    MemorySegment.copy(address, 0, buffer, JAVA_BYTE, six ? 8 : 4, address.length);
    check(
        "connect", LibraryFunction.call(() -> (int) CONNECT.invokeExact(state, fd, buffer, size)));
  }

  /** Sends a datagram. */
  public void send(byte[] datagram) throws IOException {
    if (datagram.length > BUFFER) {
      throw new IOException("a datagram of " + datagram.length + " bytes");
    }
    MemorySegment.copy(datagram, 0, buffer, JAVA_BYTE, 0, datagram.length);
    long size = datagram.length;
    check("send", LibraryFunction.call(() -> (long) SEND.invokeExact(state, fd, buffer, size, 0)));
  }

  /** The next datagram; no time is left when the error is EAGAIN. */
  public byte[] receive() throws KernelException {
    long got =
        LibraryFunction.call(() -> (long) RECV.invokeExact(state, fd, buffer, (long) BUFFER, 0));
    check("recv", got);
    byte[] out = new byte[(int) got];
    MemorySegment.copy(buffer, JAVA_BYTE, 0, out, 0, out.length);
    return out;
  }

  /**
   * Asks a network device (linux/ethtool.h).
   *
   * @param question its structure, which the answer fills
   */
  public void ethtool(String device, MemorySegment question) throws KernelException {
    byte[] name = device.getBytes(StandardCharsets.UTF_8);
    buffer.asSlice(0, 40).fill((byte) 0);
    MemorySegment.copy(name, 0, buffer, JAVA_BYTE, 0, Math.min(name.length, IFNAMSIZ - 1));
    buffer.set(ADDRESS, IFNAMSIZ, question);
    check(
        "ioctl",
        LibraryFunction.call(() -> (int) IOCTL.invokeExact(state, fd, (long) SIOCETHTOOL, buffer)));
  }

  private void check(String what, long result) throws KernelException {
    if (result < 0) {
      throw new KernelException(what, LibraryFunction.errno(state));
    }
  }

  @Override
  public void close() {
    LibraryFunction.call(() -> (int) CLOSE.invokeExact(fd));
    arena.close();
  }
}
