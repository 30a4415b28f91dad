package dev.tethys.pipeline.exporter.client;

import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Lines over a stream socket of the same machine, in packets preceded by their length as four
 * little-endian bytes, as Datadog's agent accepts them ({@code dogstatsd_stream_socket}).
 */
final class UnixPackets implements LineTransport {
  private final Path socket;
  private final int maxBytes;
  private final Duration timeout;
  private @Nullable SocketChannel channel;

  UnixPackets(Path socket, int maxBytes, Duration timeout) {
    this.socket = socket;
    this.maxBytes = maxBytes;
    this.timeout = timeout;
  }

  @Override
  public synchronized void send(byte[] lines) throws IOException {
    Thread guard = null;
    LinePackets packets = new LinePackets(lines, maxBytes);
    try {
      SocketChannel c = channel;
      if (c == null) {
        c = SocketChannel.open(StandardProtocolFamily.UNIX);
        channel = c;
        c.connect(UnixDomainSocketAddress.of(socket));
      }
      guard = guard(c);
      while (packets.next()) {
        packet(c, lines, packets.offset(), packets.length());
      }
    } catch (IOException e) {
      close();
      throw new PartlySentException(LineTransport.describe(this, e), packets.sent(), e);
    } finally {
      if (guard != null) {
        guard.interrupt();
      }
    }
  }

  private static void packet(SocketChannel to, byte[] b, int offset, int length)
      throws IOException {
    ByteBuffer all = ByteBuffer.allocate(4 + length).order(ByteOrder.LITTLE_ENDIAN);
    all.putInt(length).put(b, offset, length).flip();
    while (all.hasRemaining()) {
      to.write(all);
    }
  }

  /** Guards against a peer that reads nothing and would block the thread forever. */
  private @Nullable Thread guard(SocketChannel c) {
    return timeout.isZero()
        ? null
        : Thread.ofVirtual()
            .name("unix-deadline")
            .start(
                () -> {
                  try {
                    TimeUnit.NANOSECONDS.sleep(timeout.toNanos());
                    c.close();
                  } catch (InterruptedException | IOException e) {
                    // done in time, or closed already
                  }
                });
  }

  @Override
  public synchronized void close() {
    SocketChannel c = channel;
    channel = null;
    if (c != null) {
      try {
        c.close();
      } catch (IOException e) {
        // the receiver has gone
      }
    }
  }

  @Override
  public String toString() {
    return socket.toString();
  }
}
