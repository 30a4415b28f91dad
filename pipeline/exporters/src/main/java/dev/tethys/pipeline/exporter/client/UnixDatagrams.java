package dev.tethys.pipeline.exporter.client;

import dev.tethys.model.libc.Errno;
import dev.tethys.model.libc.LibraryException;
import dev.tethys.model.libc.SocketCalls;
import java.io.IOException;
import java.net.UnixDomainSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * Sends lines in datagrams over a Unix domain socket (unix(7), SOCK_DGRAM). Unlike with UDP, a sent
 * datagram is in the reader's buffer. A slow reader is waited for without blocking a system call.
 */
final class UnixDatagrams implements LineTransport {
  private static final long FIRST_PAUSE_NANOS = 50_000;
  private static final long LONGEST_PAUSE_NANOS = 5_000_000;

  /** Remedies for errors whose text names none. */
  private static final Map<Integer, String> ADVICE =
      Map.of(
          Errno.ENOENT, "the socket does not exist",
          Errno.EMSGSIZE, "the socket takes no datagram of this size: lower max_datagram_bytes",
          Errno.EPROTOTYPE, "it is a stream socket: use transport: unixstream",
          Errno.ENOTCONN, "its reader has closed it",
          Errno.ECONNREFUSED, "no process reads it");

  private final Path path;
  private final int maxBytes;
  private final long timeoutNanos;
  private @Nullable SocketCalls socket;

  /**
   * @param timeout maximum wait for a slow reader; zero for no limit
   */
  UnixDatagrams(Path path, int maxBytes, Duration timeout) {
    this.path = path;
    this.maxBytes = maxBytes;
    this.timeoutNanos = timeout.isZero() ? TimeUnit.HOURS.toNanos(1) : timeout.toNanos();
  }

  @Override
  public synchronized void send(byte[] lines) throws IOException {
    LinePackets packets = new LinePackets(lines, maxBytes);
    try {
      SocketCalls to = open();
      long deadline = System.nanoTime() + timeoutNanos;
      while (packets.next()) {
        long pause = FIRST_PAUSE_NANOS;
        while (!to.offer(lines, packets.offset(), packets.length())) {
          if (System.nanoTime() >= deadline) {
            throw new IOException("timed out: the reader does not read");
          }
          LockSupport.parkNanos(pause);
          pause = Math.min(2 * pause, LONGEST_PAUSE_NANOS);
        }
      }
    } catch (IOException e) {
      close();
      IOException failure =
          e instanceof LibraryException l
              ? new IOException(ADVICE.getOrDefault(l.errno(), Errno.text(l.errno())), e)
              : e;
      throw new PartlySentException(LineTransport.describe(this, failure), packets.sent(), e);
    }
  }

  private SocketCalls open() throws IOException {
    SocketCalls s = socket;
    if (s == null) {
      s = new SocketCalls(SocketCalls.AF_UNIX, SocketCalls.SOCK_DGRAM, 0);
      socket = s;
      s.connect(UnixDomainSocketAddress.of(path));
    }
    return s;
  }

  @Override
  public synchronized void close() {
    if (socket != null) {
      socket.close();
      socket = null;
    }
  }

  @Override
  public String toString() {
    return path.toString();
  }
}
