package dev.tethys.web.socket;

import dev.tethys.model.guard.LimitedLog;
import dev.tethys.model.guard.SupervisedLoop;
import dev.tethys.model.libc.Errno;
import dev.tethys.model.libc.LibraryException;
import dev.tethys.model.libc.SocketCalls;
import dev.tethys.model.log.JulLogger;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.net.UnixDomainSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.time.Duration;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Receives datagrams over a Unix socket (unix(7), SOCK_DGRAM). A call blocks in the kernel, on its
 * own platform thread.
 */
public final class UnixDatagramListener implements PassingListener<UnixDatagramListener.Handler> {
  /** Handles datagrams, on one thread. */
  @FunctionalInterface
  public interface Handler {
    /** Handles a datagram; the buffer is reused. */
    void datagram(byte[] buf, int length);
  }

  private static final System.Logger LOG = JulLogger.of(UnixDatagramListener.class.getName());
  private static final LimitedLog PEER_LOG = new LimitedLog(LOG);
  private static final int MAX_DATAGRAM = 65_535;

  /** Remedies for errors whose text does not suggest one. */
  private static final Map<Integer, String> ADVICE =
      Map.of(
          Errno.ENOENT, "the folder does not exist",
          Errno.EADDRINUSE, "the path exists; remove it if no process listens on it");

  /** Time for forwarding a datagram before another handler takes over. */
  private static final Duration LAST = Duration.ofSeconds(1);

  private final Path path;
  private final HandlerSlot<Handler> slot;
  private final Thread thread;

  /** Null if it is closed; the thread that reads closes it. */
  private @Nullable SocketCalls socket;

  private volatile boolean closed;

  private UnixDatagramListener(Path path, SocketCalls socket, Handler handler) {
    this.path = path;
    this.socket = socket;
    this.slot = new HandlerSlot<>(handler);
    this.thread =
        Thread.ofPlatform()
            .daemon()
            .name("datagrams " + path)
            .unstarted(SupervisedLoop.of("datagrams", () -> run(socket)));
  }

  /**
   * Listens; the socket is created, and removed when this is closed.
   *
   * @param mode file permissions of the socket
   * @throws IOException with the reason, if it cannot be created
   */
  public static UnixDatagramListener start(
      Path path, Set<PosixFilePermission> mode, Handler handler) throws IOException {
    if (path.toString().getBytes(StandardCharsets.UTF_8).length > SocketCalls.MAX_PATH) {
      throw new IOException(
          path + ": a socket's path has at most " + SocketCalls.MAX_PATH + " bytes");
    }
    UnixDatagramListener l = new UnixDatagramListener(path, bound(path), handler);
    try {
      Files.setPosixFilePermissions(path, mode);
    } catch (IOException e) {
      l.free();
      throw e;
    }
    l.thread.start();
    return l;
  }

  private static SocketCalls bound(Path path) throws IOException {
    SocketCalls s = null;
    try {
      s = new SocketCalls(SocketCalls.AF_UNIX, SocketCalls.SOCK_DGRAM, 0);
      s.bind(UnixDomainSocketAddress.of(path));
      return s;
    } catch (LibraryException e) {
      if (s != null) {
        s.close();
      }
      String reason = ADVICE.getOrDefault(e.errno(), Errno.text(e.errno()));
      throw new IOException("cannot listen on " + path + ": " + reason, e);
    }
  }

  private void run(SocketCalls from) {
    byte[] buf = new byte[MAX_DATAGRAM];
    try {
      while (!closed) {
        int n = from.receive(buf);
        if (n > 0) {
          long use = slot.enter();
          try {
            take(slot.handler(), buf, n);
          } finally {
            slot.exit(use);
          }
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (LibraryException e) {
      if (!closed) {
        LOG.log(Level.ERROR, "datagrams on {0} end: {1}", path, e.getMessage());
      }
    }
    free();
  }

  private void take(@Nullable Handler handler, byte[] buf, int length) {
    try {
      if (handler != null) {
        handler.datagram(buf, length);
      }
    } catch (RuntimeException e) {
      PEER_LOG.failure(Level.ERROR, "Datagram not handled listener", path, e);
    }
  }

  private synchronized void free() {
    if (socket != null) {
      socket.close();
      socket = null;
    }
    try {
      Files.deleteIfExists(path);
    } catch (IOException e) {
      LOG.log(Level.WARNING, "Failed to delete {0}: {1}", path, e.getMessage());
    }
  }

  private synchronized void wake() {
    if (socket != null) {
      socket.shutdown();
    }
  }

  @Override
  public boolean hold() {
    return slot.hold(LAST);
  }

  @Override
  public void serve(Handler next) {
    slot.serve(next);
  }

  /** A path has no port. */
  @Override
  public int port() {
    return -1;
  }

  /** Stops listening and removes the socket. */
  @Override
  public void close() {
    closed = true;
    slot.close();
    wake();
    try {
      thread.join();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
