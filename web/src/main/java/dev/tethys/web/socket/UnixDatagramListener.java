package dev.tethys.web.socket;

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
import java.lang.System.Logger.Level;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.util.Map;
import java.util.Set;

/**
 * Takes datagrams over a socket of the same machine (unix(7), SOCK_DGRAM), which the JDK does not
 * have; on 64-bit Linux. A call waits in the kernel, on a platform thread of its own.
 */
public final class UnixDatagramListener implements AutoCloseable {
  /** What is done with datagrams, on one thread. */
  @FunctionalInterface
  public interface Handler {
    /** Takes one; the buffer is reused. */
    void datagram(byte[] buf, int length);
  }

  private static final System.Logger LOG = System.getLogger(UnixDatagramListener.class.getName());
  private static final int AF_UNIX = 1;
  private static final int SOCK_DGRAM = 2;
  private static final int SOCK_CLOEXEC = 0x80000;
  private static final int SHUT_RDWR = 2;
  private static final int EINTR = 4;

  /** Of struct sockaddr_un: the family, and the path with its end. */
  private static final int SOCKADDR = 110;

  private static final int MAX_DATAGRAM = 65_535;

  private static final MethodHandle SOCKET =
      LibraryFunction.of("socket", FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_INT, JAVA_INT));
  private static final MethodHandle BIND =
      LibraryFunction.of("bind", FunctionDescriptor.of(JAVA_INT, JAVA_INT, ADDRESS, JAVA_INT));
  private static final MethodHandle RECV =
      LibraryFunction.of(
          "recv", FunctionDescriptor.of(JAVA_LONG, JAVA_INT, ADDRESS, JAVA_LONG, JAVA_INT));
  private static final MethodHandle SHUTDOWN =
      LibraryFunction.of("shutdown", FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_INT));
  private static final MethodHandle CLOSE =
      LibraryFunction.of("close", FunctionDescriptor.of(JAVA_INT, JAVA_INT));

  private static final Map<Integer, String> ERRORS =
      Map.of(
          2, "there is no such folder",
          13, "permission denied",
          30, "the file system is read-only",
          98, "there is something already: remove it if nobody listens there");

  private final Path path;
  private final int fd;
  private final Thread thread;
  private volatile boolean closed;

  private UnixDatagramListener(Path path, int fd, Handler handler) {
    this.path = path;
    this.fd = fd;
    this.thread =
        Thread.ofPlatform().daemon().name("datagrams " + path).unstarted(() -> run(handler));
  }

  /**
   * Listens; the socket is made, and removed when this is closed.
   *
   * @param mode who may write to it
   * @throws IOException when it cannot be made, saying why
   */
  public static UnixDatagramListener start(
      Path path, Set<PosixFilePermission> mode, Handler handler) throws IOException {
    byte[] name = path.toString().getBytes(StandardCharsets.UTF_8);
    if (name.length > SOCKADDR - 3) {
      throw new IOException(path + ": a socket's path has at most " + (SOCKADDR - 3) + " bytes");
    }
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment state = errnoState(arena);
      int s =
          (int) call(() -> (int) SOCKET.invokeExact(state, AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
      if (s < 0) {
        throw failed(path, errno(state));
      }
      MemorySegment address = arena.allocate(SOCKADDR, 2);
      address.set(JAVA_SHORT, 0, (short) AF_UNIX);
      MemorySegment.copy(name, 0, address, JAVA_BYTE, 2, name.length);
      if (call(() -> (int) BIND.invokeExact(state, s, address, SOCKADDR)) < 0) {
        IOException why = failed(path, errno(state));
        call(() -> (int) CLOSE.invokeExact(state, s));
        throw why;
      }
      UnixDatagramListener l = new UnixDatagramListener(path, s, handler);
      try {
        Files.setPosixFilePermissions(path, mode);
      } catch (IOException e) {
        l.free(state);
        throw e;
      }
      l.thread.start();
      return l;
    }
  }

  private static IOException failed(Path path, int error) {
    return new IOException(
        "cannot listen on " + path + ": " + ERRORS.getOrDefault(error, "error " + error));
  }

  private void run(Handler handler) {
    byte[] buf = new byte[MAX_DATAGRAM];
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment state = errnoState(arena);
      MemorySegment memory = arena.allocate(MAX_DATAGRAM);
      while (!closed) {
        int n =
            (int) call(() -> (long) RECV.invokeExact(state, fd, memory, (long) MAX_DATAGRAM, 0));
        if (n < 0 && errno(state) != EINTR && !closed) {
          LOG.log(Level.ERROR, "datagrams on {0} end: error {1}", path, errno(state));
          break;
        }
        if (n > 0) {
          MemorySegment.copy(memory, JAVA_BYTE, 0, buf, 0, n);
          take(handler, buf, n);
        }
      }
      free(state);
    }
  }

  private void take(Handler handler, byte[] buf, int length) {
    try {
      handler.datagram(buf, length);
    } catch (RuntimeException e) {
      LOG.log(Level.ERROR, "a datagram on " + path, e);
    }
  }

  /** The thread that reads closes it, so that its number is nobody else's while it is read. */
  private void free(MemorySegment state) {
    call(() -> (int) CLOSE.invokeExact(state, fd));
    try {
      Files.deleteIfExists(path);
    } catch (IOException e) {
      LOG.log(Level.WARNING, "{0} is left: {1}", path, e.getMessage());
    }
  }

  /** Stops listening and removes the socket. */
  @Override
  public void close() {
    closed = true;
    if (thread.isAlive()) {
      try (Arena arena = Arena.ofConfined()) {
        MemorySegment state = errnoState(arena);
        call(() -> (int) SHUTDOWN.invokeExact(state, fd, SHUT_RDWR)); // wakes who reads
      }
    }
    try {
      thread.join();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
