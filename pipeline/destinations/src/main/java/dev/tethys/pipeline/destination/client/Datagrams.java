package dev.tethys.pipeline.destination.client;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.nio.channels.DatagramChannel;
import org.jspecify.annotations.Nullable;

/**
 * Lines in datagrams, as many in each as fit; a line is never cut. Whether they arrive nobody
 * knows, but for a machine that says that nobody listens, which is told to the datagram after.
 */
final class Datagrams implements LineTransport {
  /** Takes the lines of one datagram. */
  @FunctionalInterface
  interface Packets {
    void packet(byte[] lines, int offset, int length) throws IOException;
  }

  private final String host;
  private final int port;
  private final int maxBytes;
  private @Nullable DatagramChannel channel;

  Datagrams(String host, int port, int maxBytes) {
    this.host = host;
    this.port = port;
    this.maxBytes = maxBytes;
  }

  /** Lines as packets of at most so many bytes, without the last line's end. */
  static void pack(byte[] lines, int maxBytes, Packets to) throws IOException {
    int from = 0;
    int end = 0;
    while (end < lines.length) {
      int next = end;
      while (lines[next] != '\n') {
        next++;
      }
      if (next - from > maxBytes && end > from) {
        to.packet(lines, from, end - 1 - from);
        from = end;
      }
      end = next + 1;
    }
    if (end > from) {
      to.packet(lines, from, end - 1 - from);
    }
  }

  @Override
  public synchronized void send(byte[] lines) throws IOException {
    try {
      DatagramChannel c = open();
      pack(lines, maxBytes, (b, o, n) -> c.write(ByteBuffer.wrap(b, o, n)));
    } catch (IOException e) {
      close();
      throw new IOException(
          host + ":" + port + ": " + (e.getMessage() == null ? e.toString() : e.getMessage()), e);
    }
  }

  private DatagramChannel open() throws IOException {
    DatagramChannel c = channel;
    if (c == null) {
      InetSocketAddress to = new InetSocketAddress(host, port); // asked for anew after an error
      if (to.isUnresolved()) {
        throw new UnknownHostException("no such host");
      }
      c = DatagramChannel.open();
      channel = c;
      c.connect(to);
    }
    return c;
  }

  @Override
  public synchronized void close() {
    DatagramChannel c = channel;
    channel = null;
    if (c != null) {
      try {
        c.close();
      } catch (IOException e) {
        // nothing is lost by that
      }
    }
  }

  @Override
  public String toString() {
    return host + ":" + port;
  }
}
