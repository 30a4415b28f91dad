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
 * Lines in datagrams over a socket of the same machine (unix(7), SOCK_DGRAM). Unlike UDP, a
 * datagram that was sent is in the reader's buffer, and a reader that falls behind is waited for:
 * no call blocks its thread.
 */
final class UnixDatagrams implements LineTransport {
  private static final long FIRST_PAUSE_NANOS = 50_000;
  private static final long LONGEST_PAUSE_NANOS = 5_000_000;

  /** What to do about it, where the words of the error do not say that. */
  private static final Map<Integer, String> ADVICE =
      Map.of(
          Errno.ENOENT, "there is no such socket",
          Errno.EMSGSIZE, "the socket takes no datagram of this size: lower max_datagram_bytes",
          Errno.EPROTOTYPE, "it is a stream socket: use transport: unixstream",
          Errno.ENOTCONN, "its reader has closed it",
          Errno.ECONNREFUSED, "no process reads it");

  private final Path path;
  private final int maxBytes;
  private final long timeoutNanos;
  private @Nullable SocketCalls socket;

  /**
   * @param timeout for which a reader that falls behind is waited for; zero for ever
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
            throw new IOException("the time is up: its reader takes nothing");
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
