package dev.tethys.pipeline.destination.client;

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
import java.lang.invoke.MethodHandle;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * Lines in datagrams over a socket of the same machine (unix(7), SOCK_DGRAM), which the JDK does
 * not have; on 64-bit Linux. Unlike UDP, a datagram that was sent is in the reader's buffer, and a
 * reader that falls behind is waited for: no call blocks its thread.
 */
final class UnixDatagrams implements LineTransport {
  private static final int AF_UNIX = 1;
  private static final int SOCK_DGRAM = 2;
  private static final int SOCK_CLOEXEC = 0x80000;
  private static final int MSG_DONTWAIT = 0x40;
  private static final int MSG_NOSIGNAL = 0x4000;
  private static final int EAGAIN = 11;
  private static final int ENOBUFS = 105;

  /** Of struct sockaddr_un: the family, and the path with its end. */
  private static final int SOCKADDR = 110;

  /** Most bytes of a path, so that the system's structure holds it. */
  static final int MAX_PATH = SOCKADDR - 2 - 1;

  private static final long FIRST_PAUSE_NANOS = 50_000;
  private static final long LONGEST_PAUSE_NANOS = 5_000_000;

  private static final MethodHandle SOCKET =
      LibraryFunction.of("socket", FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_INT, JAVA_INT));
  private static final MethodHandle CONNECT =
      LibraryFunction.of("connect", FunctionDescriptor.of(JAVA_INT, JAVA_INT, ADDRESS, JAVA_INT));
  private static final MethodHandle SEND =
      LibraryFunction.of(
          "send", FunctionDescriptor.of(JAVA_LONG, JAVA_INT, ADDRESS, JAVA_LONG, JAVA_INT));
  private static final MethodHandle CLOSE =
      LibraryFunction.of("close", FunctionDescriptor.of(JAVA_INT, JAVA_INT));

  private static final Map<Integer, String> ERRORS =
      Map.of(
          2, "there is no such socket",
          13, "permission denied",
          90, "the socket takes no datagram of this size: lower max_datagram_bytes",
          91, "it is a stream socket: use transport: unixstream",
          107, "its reader has gone",
          111, "nobody reads it");

  private final Path socket;
  private final int maxBytes;
  private final long timeoutNanos;
  private int fd = -1;

  /**
   * @param timeout for which a reader that falls behind is waited for; zero for ever
   */
  UnixDatagrams(Path socket, int maxBytes, Duration timeout) {
    this.socket = socket;
    this.maxBytes = maxBytes;
    this.timeoutNanos = timeout.isZero() ? TimeUnit.HOURS.toNanos(1) : timeout.toNanos();
  }

  private static IOException failed(int error) {
    return new IOException(ERRORS.getOrDefault(error, "error " + error));
  }

  @Override
  public synchronized void send(byte[] lines) throws IOException {
    LinePackets packets = new LinePackets(lines, maxBytes);
    try (Arena arena = Arena.ofShared()) {
      MemorySegment state = errnoState(arena);
      MemorySegment all = arena.allocateFrom(JAVA_BYTE, lines);
      open(arena, state);
      long deadline = System.nanoTime() + timeoutNanos;
      while (packets.next()) {
        packet(all.asSlice(packets.offset(), packets.length()), state, deadline);
      }
    } catch (IOException e) {
      close();
      throw new PartlySentException(LineTransport.why(this, e), packets.sent(), e);
    }
  }

  private void packet(MemorySegment packet, MemorySegment state, long deadline) throws IOException {
    long pause = FIRST_PAUSE_NANOS;
    while (true) {
      long n =
          call(
              () ->
                  (long)
                      SEND.invokeExact(
                          state, fd, packet, packet.byteSize(), MSG_DONTWAIT | MSG_NOSIGNAL));
      if (n >= 0) {
        return;
      }
      int error = errno(state);
      if (error != EAGAIN && error != ENOBUFS) {
        throw failed(error);
      }
      if (System.nanoTime() >= deadline) {
        throw new IOException("the time is up: its reader takes nothing");
      }
      LockSupport.parkNanos(pause);
      pause = Math.min(2 * pause, LONGEST_PAUSE_NANOS);
    }
  }

  private void open(Arena arena, MemorySegment state) throws IOException {
    if (fd >= 0) {
      return;
    }
    long s = call(() -> (int) SOCKET.invokeExact(state, AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    if (s < 0) {
      throw failed(errno(state));
    }
    fd = (int) s;
    byte[] path = socket.toString().getBytes(StandardCharsets.UTF_8);
    MemorySegment address = arena.allocate(SOCKADDR, 2);
    address.set(JAVA_SHORT, 0, (short) AF_UNIX);
    MemorySegment.copy(path, 0, address, JAVA_BYTE, 2, path.length);
    if (call(() -> (int) CONNECT.invokeExact(state, fd, address, SOCKADDR)) < 0) {
      throw failed(errno(state));
    }
  }

  @Override
  public synchronized void close() {
    if (fd >= 0) {
      try (Arena arena = Arena.ofShared()) {
        MemorySegment state = errnoState(arena);
        call(() -> (int) CLOSE.invokeExact(state, fd));
      }
      fd = -1;
    }
  }

  @Override
  public String toString() {
    return socket.toString();
  }
}
