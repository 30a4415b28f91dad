package dev.tethys.pipeline.exporter.client;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.PortUnreachableException;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.nio.channels.DatagramChannel;
import org.jspecify.annotations.Nullable;

/**
 * Lines in datagrams, as many in each as fit; a line is never cut. Whether they arrive is unknown,
 * unless the machine reports that no process listens: on the same machine that is known when a
 * datagram was sent, else it is reported at one of the next.
 */
final class Datagrams implements LineTransport {
  private final String host;
  private final int port;
  private final int maxBytes;
  private @Nullable DatagramChannel channel;

  Datagrams(String host, int port, int maxBytes) {
    this.host = host;
    this.port = port;
    this.maxBytes = maxBytes;
  }

  @Override
  public synchronized void send(byte[] lines) throws IOException {
    LinePackets packets = new LinePackets(lines, maxBytes);
    try {
      DatagramChannel c = open();
      while (packets.next()) {
        c.write(ByteBuffer.wrap(lines, packets.offset(), packets.length()));
      }
      refusal(c);
    } catch (IOException e) {
      close();
      // A refusal is reported at the datagram after the refused one.
      int sent = e instanceof PortUnreachableException ? packets.before() : packets.sent();
      throw new PartlySentException(LineTransport.describe(this, e), sent, e);
    }
  }

  /** The last datagram has none after it: whether it met a refusal is looked for. */
  private static void refusal(DatagramChannel c) throws IOException {
    c.configureBlocking(false);
    c.read(ByteBuffer.allocate(1));
    c.configureBlocking(true);
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
