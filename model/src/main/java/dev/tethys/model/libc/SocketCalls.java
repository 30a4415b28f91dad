package dev.tethys.model.libc;

import static dev.tethys.model.libc.LibraryFunction.call;
import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.net.Inet4Address;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.UnixDomainSocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Datagram socket of the C library, for families or options that the JDK does not support (unix(7),
 * netlink(7), icmp(7)); on 64-bit Linux. Used by at most one thread at a time, except {@link
 * #shutdown} and {@link #awaitDatagram}. Blocking calls block in the kernel and pin their thread,
 * so they are not for virtual threads.
 */
public final class SocketCalls implements AutoCloseable {
  public static final int AF_UNIX = 1;
  public static final int AF_INET = 2;
  public static final int AF_INET6 = 10;
  public static final int AF_NETLINK = 16;
  public static final int SOCK_DGRAM = 2;
  public static final int SOCK_RAW = 3;

  /** Maximum length of a Unix socket path in bytes, so that it fits the system's structure. */
  public static final int MAX_PATH = 107;

  private static final int SOCK_CLOEXEC = 0x80000;
  private static final int SHUT_RDWR = 2;
  private static final int SOL_NETLINK = 270;
  private static final int NETLINK_ADD_MEMBERSHIP = 1;
  private static final int SOL_SOCKET = 1;
  private static final int SO_RCVBUF = 8;
  private static final int SO_RCVBUFFORCE = 33;

  /** Different on POWER (arch/powerpc/include/uapi/asm/socket.h). */
  private static final int SO_RCVTIMEO =
      System.getProperty("os.arch", "").startsWith("ppc64") ? 18 : 20;

  private static final int MSG_DONTWAIT = 0x40;
  private static final int MSG_NOSIGNAL = 0x4000;
  private static final int IPPROTO_IP = 0;
  private static final int IPPROTO_IPV6 = 41;
  private static final int IP_TTL = 2;
  private static final int IP_MTU_DISCOVER = 10;
  private static final int IP_RECVTTL = 12;
  private static final int IP_PMTUDISC_DO = 2;
  private static final int IPV6_UNICAST_HOPS = 16;
  private static final int IPV6_MTU_DISCOVER = 23;
  private static final int IPV6_RECVHOPLIMIT = 51;
  private static final int IPV6_HOPLIMIT = 52;

  /** Layout of struct sockaddr_un: the family, the path, and its end. */
  private static final int SOCKADDR_UN = 2 + MAX_PATH + 1;

  private static final int SOCKADDR_IN = 16;
  private static final int SOCKADDR_IN6 = 28;

  /** Layout of struct msghdr: pointers and sizes of 64 bits. */
  private static final int MSGHDR = 56;

  private static final int IOVEC = 16;
  private static final int CONTROL = 128;
  private static final int CMSG_HEADER = 16;

  /** Layout of struct pollfd: the descriptor, requested events and returned events. */
  private static final int POLLFD = 8;

  private static final short POLLIN = 1;

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
  private static final MethodHandle RECVMSG =
      LibraryFunction.of("recvmsg", FunctionDescriptor.of(JAVA_LONG, JAVA_INT, ADDRESS, JAVA_INT));
  private static final MethodHandle IOCTL =
      LibraryFunction.variadic(
          "ioctl", FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_LONG, ADDRESS), 2);
  private static final MethodHandle POLL =
      LibraryFunction.plain("poll", FunctionDescriptor.of(JAVA_INT, ADDRESS, JAVA_LONG, JAVA_INT));
  private static final MethodHandle SHUTDOWN =
      LibraryFunction.plain("shutdown", FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_INT));
  private static final MethodHandle CLOSE =
      LibraryFunction.plain("close", FunctionDescriptor.of(JAVA_INT, JAVA_INT));

  private final Arena arena = Arena.ofShared();
  private final MemorySegment state = LibraryFunction.errnoState(arena);

  /**
   * Addresses, values of options, and heads of messages with their control data from the kernel.
   */
  private final MemorySegment heads = arena.allocate(MSGHDR + IOVEC + CONTROL, 8);

  private final MemorySegment readiness = arena.allocate(POLLFD, 4);
  private final int family;
  private final int fd;
  private Arena dataArena = Arena.ofShared();
  private MemorySegment data = MemorySegment.NULL;
  private long controlLength;

  /**
   * Opens a socket.
   *
   * @param family such as {@link #AF_INET}
   * @param type such as {@link #SOCK_DGRAM}
   * @param protocol protocol within the family; 0 for the default protocol
   * @throws LibraryException if the system does not have it, or this process may not
   */
  public SocketCalls(int family, int type, int protocol) throws LibraryException {
    this.family = family;
    int with = type | SOCK_CLOEXEC;
    this.fd = (int) call(() -> (int) SOCKET.invokeExact(state, family, with, protocol));
    if (fd < 0) {
      int errno = LibraryFunction.errno(state);
      dataArena.close();
      arena.close();
      throw new LibraryException("socket", errno);
    }
  }

  /**
   * Binds the socket to a local address.
   *
   * @param address address of the socket's family; a local socket path is limited to {@link
   *     #MAX_PATH} bytes
   */
  public void bind(SocketAddress address) throws LibraryException {
    int size = write(address);
    check("bind", call(() -> (int) BIND.invokeExact(state, fd, heads, size)));
  }

  /** Connects to an address: sends to it and receives from it only. */
  public void connect(SocketAddress address) throws LibraryException {
    int size = write(address);
    check("connect", call(() -> (int) CONNECT.invokeExact(state, fd, heads, size)));
  }

  /** Writes a struct sockaddr_un, sockaddr_in or sockaddr_in6, and returns its size. */
  private int write(SocketAddress address) {
    heads.fill((byte) 0);
    switch (address) {
      case UnixDomainSocketAddress unix -> {
        byte[] path = unix.getPath().toString().getBytes(StandardCharsets.UTF_8);
        if (path.length > MAX_PATH) {
          throw new IllegalArgumentException(
              "the path of a socket has at most " + MAX_PATH + " bytes: " + unix.getPath());
        }
        heads.set(JAVA_SHORT, 0, (short) AF_UNIX);
        MemorySegment.copy(path, 0, heads, JAVA_BYTE, 2, path.length);
        return SOCKADDR_UN;
      }
      case InetSocketAddress inet -> {
        InetAddress a = inet.getAddress();
        boolean four = a instanceof Inet4Address;
        heads.set(JAVA_SHORT, 0, (short) (four ? AF_INET : AF_INET6));
        heads.set(JAVA_BYTE, 2, (byte) (inet.getPort() >> 8));
        heads.set(JAVA_BYTE, 3, (byte) inet.getPort());
        byte[] b = a.getAddress();
        MemorySegment.copy(b, 0, heads, JAVA_BYTE, four ? 4 : 8, b.length);
        if (a instanceof Inet6Address six) {
          heads.set(JAVA_INT, 24, six.getScopeId());
        }
        return four ? SOCKADDR_IN : SOCKADDR_IN6;
      }
      default -> throw new IllegalArgumentException("no address of a socket: " + address);
    }
  }

  /** Sets the longest wait of {@link #receive}, at least a microsecond. */
  public void timeout(Duration d) throws LibraryException {
    long micros = Math.max(1, TimeUnit.MICROSECONDS.convert(d)); // 0 would be for ever
    heads.set(JAVA_LONG, 0, micros / 1_000_000);
    heads.set(JAVA_LONG, 8, micros % 1_000_000);
    option(SOL_SOCKET, SO_RCVTIMEO, 16);
  }

  /**
   * Sets the maximum size of the receive buffer, including kernel structures; without CAP_NET_ADMIN
   * at most net.core.rmem_max.
   */
  public void receiveBuffer(int bytes) throws LibraryException {
    heads.set(JAVA_INT, 0, bytes);
    try {
      option(SOL_SOCKET, SO_RCVBUFFORCE, 4);
    } catch (LibraryException e) {
      option(SOL_SOCKET, SO_RCVBUF, 4);
    }
  }

  /** Maximum number of hops of a packet. */
  public void hops(int n) throws LibraryException {
    optionOfAddresses(IP_TTL, IPV6_UNICAST_HOPS, n);
  }

  /** Makes the kernel send packets unfragmented or not at all. */
  public void dontFragment() throws LibraryException {
    optionOfAddresses(IP_MTU_DISCOVER, IPV6_MTU_DISCOVER, IP_PMTUDISC_DO);
  }

  /** Makes the kernel report the remaining hops of a packet, see {@link #hopsLeft}. */
  public void reportHopLimit() throws LibraryException {
    optionOfAddresses(IP_RECVTTL, IPV6_RECVHOPLIMIT, 1);
  }

  /** Receives messages to a multicast group of netlink. */
  public void joinGroup(int group) throws LibraryException {
    heads.set(JAVA_INT, 0, group);
    option(SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, 4);
  }

  private void optionOfAddresses(int four, int six, int value) throws LibraryException {
    heads.set(JAVA_INT, 0, value);
    boolean is6 = family == AF_INET6;
    option(is6 ? IPPROTO_IPV6 : IPPROTO_IP, is6 ? six : four, 4);
  }

  private void option(int level, int name, int size) throws LibraryException {
    check(
        "setsockopt",
        call(() -> (int) SETSOCKOPT.invokeExact(state, fd, level, name, heads, size)));
  }

  /** Sends a datagram to the connected address; waits while the buffer is full. */
  public void send(byte[] datagram) throws LibraryException {
    check("send", send(datagram, 0, datagram.length, MSG_NOSIGNAL));
  }

  /** Sends a datagram unless the buffer is full; returns whether it was sent. */
  public boolean offer(byte[] from, int offset, int length) throws LibraryException {
    long sent = send(from, offset, length, MSG_DONTWAIT | MSG_NOSIGNAL);
    if (sent < 0) {
      int errno = LibraryFunction.errno(state);
      if (errno == Errno.EAGAIN || errno == Errno.ENOBUFS) {
        return false;
      }
    }
    check("send", sent);
    return true;
  }

  private long send(byte[] from, int offset, int length, int flags) {
    MemorySegment memory = data(length);
    MemorySegment.copy(from, offset, memory, JAVA_BYTE, 0, length);
    return call(() -> (long) SEND.invokeExact(state, fd, memory, (long) length, flags));
  }

  /**
   * Waits for the next datagram.
   *
   * @param to receives the datagram; bytes beyond its length are lost
   * @return the length of the datagram; 0 also when the socket was shut down
   * @throws LibraryException with {@link Errno#EAGAIN} on timeout
   */
  public int receive(byte[] to) throws LibraryException {
    long n = receive(to, 0);
    check("recvmsg", n);
    return (int) n;
  }

  /** Receives like {@link #receive}, but does not wait: returns -1 if no datagram is available. */
  public int receiveNow(byte[] to) throws LibraryException {
    long n = receive(to, MSG_DONTWAIT);
    if (n < 0 && LibraryFunction.errno(state) == Errno.EAGAIN) {
      return -1;
    }
    check("recvmsg", n);
    return (int) n;
  }

  /**
   * Waits until there is a datagram or an error to receive, or the time limit expires. By one
   * thread, while another may receive. May return early.
   */
  public void awaitDatagram(Duration longest) {
    readiness.set(JAVA_INT, 0, fd);
    readiness.set(JAVA_SHORT, 4, POLLIN);
    int millis = (int) Math.min(Integer.MAX_VALUE, longest.toMillis());
    call(() -> (int) POLL.invokeExact(readiness, 1L, millis));
  }

  private long receive(byte[] to, int flags) {
    MemorySegment memory = data(to.length);
    long n;
    do {
      heads.fill((byte) 0);
      MemorySegment iovec = heads.asSlice(MSGHDR, IOVEC);
      iovec.set(ADDRESS, 0, memory);
      iovec.set(JAVA_LONG, 8, to.length);
      heads.set(ADDRESS, 16, iovec);
      heads.set(JAVA_LONG, 24, 1);
      heads.set(ADDRESS, 32, heads.asSlice(MSGHDR + IOVEC));
      heads.set(JAVA_LONG, 40, CONTROL);
      n = call(() -> (long) RECVMSG.invokeExact(state, fd, heads, flags));
    } while (n < 0 && LibraryFunction.errno(state) == Errno.EINTR);
    controlLength = n < 0 ? 0 : heads.get(JAVA_LONG, 40);
    if (n > 0) {
      MemorySegment.copy(memory, JAVA_BYTE, 0, to, 0, (int) n);
    }
    return n;
  }

  /** Remaining hops of the last received packet; null if the kernel does not report them. */
  public @Nullable Integer hopsLeft() {
    boolean six = family == AF_INET6;
    MemorySegment control = heads.asSlice(MSGHDR + IOVEC);
    for (long at = 0; at + CMSG_HEADER + 4 <= Math.min(controlLength, CONTROL); ) {
      long size = control.get(JAVA_LONG, at);
      if (control.get(JAVA_INT, at + 8) == (six ? IPPROTO_IPV6 : IPPROTO_IP)
          && control.get(JAVA_INT, at + 12) == (six ? IPV6_HOPLIMIT : IP_TTL)) {
        return control.get(JAVA_INT, at + CMSG_HEADER);
      }
      if (size < CMSG_HEADER) {
        break;
      }
      at += size + 7 & ~7L;
    }
    return null;
  }

  /** Calls ioctl(2) on a device: a request number, and the structure for input and output. */
  public void ioctl(long request, MemorySegment argument) throws LibraryException {
    check("ioctl", call(() -> (int) IOCTL.invokeExact(state, fd, request, argument)));
  }

  /**
   * Wakes the receiver, which gets no further data; callable by any thread before the socket is
   * closed.
   */
  public void shutdown() {
    call(() -> (int) SHUTDOWN.invokeExact(fd, SHUT_RDWR));
  }

  /** Memory for a datagram, which grows to the longest one. */
  private MemorySegment data(int length) {
    if (data.byteSize() < length) {
      dataArena.close();
      dataArena = Arena.ofShared();
      data = dataArena.allocate(length, 8);
    }
    return data;
  }

  private void check(String what, long result) throws LibraryException {
    if (result < 0) {
      throw new LibraryException(what, LibraryFunction.errno(state));
    }
  }

  /**
   * Closes the socket. Must not run while another thread receives, because the descriptor could be
   * reused.
   */
  @Override
  public void close() {
    call(() -> (int) CLOSE.invokeExact(fd));
    dataArena.close();
    arena.close();
  }
}
