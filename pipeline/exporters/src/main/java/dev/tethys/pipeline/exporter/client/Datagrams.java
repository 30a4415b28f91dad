package dev.tethys.pipeline.exporter.client;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.PortUnreachableException;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.nio.channels.DatagramChannel;
import org.jspecify.annotations.Nullable;

/**
 * Sends lines in datagrams, as many in each as fit; a line is never split. Delivery is unknown
 * unless the machine reports that no process listens. On the same machine that is known when a
 * datagram has been sent; otherwise a later datagram reports it.
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

  /** Checks whether the last datagram was rejected, since none follows it. */
  private static void refusal(DatagramChannel c) throws IOException {
    c.configureBlocking(false);
    c.read(ByteBuffer.allocate(1));
    c.configureBlocking(true);
  }

  private DatagramChannel open() throws IOException {
    DatagramChannel c = channel;
    if (c == null) {
      InetSocketAddress to = new InetSocketAddress(host, port); // resolved again after an error
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
        // nothing is lost
      }
    }
  }

  @Override
  public String toString() {
    return host + ":" + port;
  }
}
