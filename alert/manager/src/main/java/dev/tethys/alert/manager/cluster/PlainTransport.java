package dev.tethys.alert.manager.cluster;

import dev.tethys.model.guard.LimitedLog;
import dev.tethys.model.guard.SupervisedLoop;
import dev.tethys.model.log.JulLogger;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.time.Duration;
import java.util.Arrays;
import java.util.concurrent.Semaphore;

/** Packets over UDP and streams over TCP, at one port, without authentication. */
final class PlainTransport implements Transport {
  /** Maximum number of incoming streams open concurrently. */
  static final int MAX_STREAMS = 128;

  private static final int PORT_TRIES = 20;
  private static final int MAX_DATAGRAM = 65536;
  private static final int RECEIVE_BUFFER = 2 << 20;
  private static final LimitedLog PEER_LOG =
      new LimitedLog(JulLogger.of(PlainTransport.class.getName()));

  private final ServerSocket streams;
  private final DatagramSocket packets;
  private final Duration timeout;
  private final Semaphore room = new Semaphore(MAX_STREAMS);
  private volatile boolean closed;

  private PlainTransport(ServerSocket streams, DatagramSocket packets, Duration timeout) {
    this.streams = streams;
    this.packets = packets;
    this.timeout = timeout;
  }

  /**
   * Starts listening.
   *
   * @param timeout how long a read of a stream may take
   * @throws IOException if the port is not available
   */
  static PlainTransport listen(InetAddress host, int port, Duration timeout) throws IOException {
    for (int tried = 1; ; tried++) {
      ServerSocket s = new ServerSocket();
      try {
        s.setReuseAddress(true);
        s.bind(new InetSocketAddress(host, port));
        DatagramSocket d = new DatagramSocket(new InetSocketAddress(host, s.getLocalPort()));
        d.setReceiveBufferSize(RECEIVE_BUFFER);
        return new PlainTransport(s, d, timeout);
      } catch (IOException e) {
        s.close();
        // A port that is free for streams may be in use for packets.
        if (port != 0 || tried == PORT_TRIES) {
          throw e;
        }
      }
    }
  }

  @Override
  public InetSocketAddress bound() {
    return (InetSocketAddress) streams.getLocalSocketAddress();
  }

  @Override
  public void start(Receiver receiver) {
    Thread.ofPlatform()
        .daemon()
        .name("cluster-packets")
        .start(SupervisedLoop.of("gossip", () -> receive(receiver)));
    Thread.ofPlatform()
        .daemon()
        .name("cluster-streams")
        .start(SupervisedLoop.of("gossip", () -> accept(receiver)));
  }

  private void receive(Receiver receiver) {
    byte[] buffer = new byte[MAX_DATAGRAM];
    while (!closed) {
      try {
        DatagramPacket p = new DatagramPacket(buffer, buffer.length);
        packets.receive(p);
        receiver.packet(
            Arrays.copyOf(p.getData(), p.getLength()), (InetSocketAddress) p.getSocketAddress());
      } catch (IOException e) {
        failed("a packet could not be received", e);
      } catch (RuntimeException e) {
        PEER_LOG.failure(Level.ERROR, "Gossip packet not understood", "", e);
      }
    }
  }

  private void accept(Receiver receiver) {
    while (!closed) {
      try {
        Socket s = streams.accept();
        s.setSoTimeout(Math.toIntExact(timeout.toMillis()));
        if (!room.tryAcquire()) {
          PEER_LOG.log(
              Level.WARNING, "Gossip stream closed, too many are open limit={0}", MAX_STREAMS);
          s.close();
          continue;
        }
        Thread.ofVirtual()
            .name("cluster-stream")
            .start(
                () -> {
                  try {
                    receiver.stream(SocketStream.of(s));
                  } catch (IOException e) {
                    failed("a stream was closed before it was read", e);
                  } finally {
                    room.release();
                  }
                });
      } catch (IOException e) {
        failed("a stream could not be accepted", e);
      }
    }
  }

  private void failed(String what, IOException e) {
    if (!closed) {
      PEER_LOG.log(Level.WARNING, "Gossip failed what={0} err={1}", what, e.getMessage());
    }
  }

  @Override
  public void send(InetSocketAddress to, byte[] packet) throws IOException {
    packets.send(new DatagramPacket(packet, packet.length, to));
  }

  @Override
  public Stream dial(InetSocketAddress to, Duration limit) throws IOException {
    Socket s = new Socket();
    try {
      s.connect(to, Math.toIntExact(Math.max(1, limit.toMillis())));
      s.setSoTimeout(Math.toIntExact(Math.max(1, limit.toMillis())));
      return SocketStream.of(s);
    } catch (IOException e) {
      s.close();
      throw e;
    }
  }

  @Override
  public void close() throws IOException {
    closed = true;
    packets.close();
    streams.close();
  }
}
