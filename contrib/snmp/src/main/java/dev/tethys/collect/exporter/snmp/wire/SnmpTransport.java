package dev.tethys.collect.exporter.snmp.wire;

import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** Carries messages to an agent and back. Not thread-safe. */
abstract sealed class SnmpTransport implements AutoCloseable {
  /** The largest message that is read. */
  static final int MAX_MESSAGE = 65_507;

  abstract void send(byte[] message) throws IOException;

  /**
   * Receives the next message.
   *
   * @throws java.net.SocketTimeoutException on timeout
   */
  abstract byte[] receive(int millis) throws IOException;

  @Override
  public abstract void close();

  /** Over UDP. */
  static final class Udp extends SnmpTransport {
    private final DatagramSocket socket;
    private final InetSocketAddress to;

    /**
     * @param from null for any
     * @param connected whether only responses from that address are accepted
     */
    Udp(InetSocketAddress to, @Nullable InetSocketAddress from, boolean connected)
        throws IOException {
      this.to = to;
      this.socket = new DatagramSocket(from == null ? new InetSocketAddress(0) : from);
      if (connected) {
        try {
          socket.connect(to);
        } catch (IOException | RuntimeException e) {
          socket.close();
          throw e;
        }
      }
    }

    @Override
    void send(byte[] message) throws IOException {
      socket.send(new DatagramPacket(message, message.length, to));
    }

    @Override
    byte[] receive(int millis) throws IOException {
      DatagramPacket p = new DatagramPacket(new byte[MAX_MESSAGE], MAX_MESSAGE);
      socket.setSoTimeout(millis);
      socket.receive(p);
      return Arrays.copyOf(p.getData(), p.getLength());
    }

    @Override
    public void close() {
      socket.close();
    }
  }

  /** Over TCP (RFC 3430): messages are concatenated, and their encoded length marks their end. */
  static final class Tcp extends SnmpTransport {
    private final InetSocketAddress to;
    private final @Nullable InetSocketAddress from;
    private @Nullable Socket socket;

    Tcp(InetSocketAddress to, @Nullable InetSocketAddress from, int millis) throws IOException {
      this.to = to;
      this.from = from;
      connect(millis);
    }

    private Socket connect(int millis) throws IOException {
      Socket s = new Socket();
      try {
        if (from != null) {
          s.bind(from);
        }
        s.connect(to, millis);
        s.setTcpNoDelay(true);
        // A peer that does not read is noticed by the deadline of the scrape, which interrupts.
        socket = s;
        return s;
      } catch (IOException e) {
        s.close();
        throw e;
      }
    }

    @Override
    void send(byte[] message) throws IOException {
      Socket s = socket;
      (s == null || s.isClosed() ? connect(5_000) : s).getOutputStream().write(message);
    }

    @Override
    byte[] receive(int millis) throws IOException {
      Socket s = socket;
      if (s == null || s.isClosed()) {
        throw new EOFException("the agent closed the connection");
      }
      try {
        s.setSoTimeout(millis);
        DataInputStream in = new DataInputStream(s.getInputStream());
        byte[] head = new byte[2];
        in.readFully(head);
        int length = head[1] & 0xff;
        byte[] more = {};
        if (length >= 0x80) {
          more = new byte[length & 0x7f];
          if (more.length == 0 || more.length > 4) {
            throw new MalformedMessageException("a message with a length of " + more.length);
          }
          in.readFully(more);
          long n = 0;
          for (byte b : more) {
            n = (n << 8) | (b & 0xff);
          }
          length = (int) Math.min(n, Integer.MAX_VALUE);
        }
        if (length > MAX_MESSAGE) {
          throw new MalformedMessageException("invalid message size: " + length + " bytes");
        }
        byte[] all = new byte[2 + more.length + length];
        System.arraycopy(head, 0, all, 0, 2);
        System.arraycopy(more, 0, all, 2, more.length);
        in.readFully(all, 2 + more.length, length);
        return all;
      } catch (IOException e) {
        // The start of the next message is no longer known.
        s.close();
        throw e;
      }
    }

    @Override
    public void close() {
      try {
        Socket s = socket;
        if (s != null) {
          s.close();
        }
      } catch (IOException e) {
        // No caller needs its result.
      }
    }
  }
}
