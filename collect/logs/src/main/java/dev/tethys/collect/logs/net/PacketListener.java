package dev.tethys.collect.logs.net;

import dev.tethys.model.guard.LimitedLog;
import dev.tethys.model.guard.SupervisedLoop;
import dev.tethys.model.log.JulLogger;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Receives UDP packets, one after another, on a separate thread. */
public final class PacketListener implements AutoCloseable {
  /** Requested size of the kernel's receive buffer. */
  private static final int BUFFER = 4 << 20;

  private static final int MAX_PACKET = 65_535;
  private static final LimitedLog PEER_LOG =
      new LimitedLog(JulLogger.of(PacketListener.class.getName()));

  /** Receives a packet; the bytes are valid only until the method returns. */
  @FunctionalInterface
  public interface Reader {
    void read(byte[] bytes, int length, InetSocketAddress from) throws InterruptedException;
  }

  private final DatagramSocket socket;
  private final String what;
  private final Reader reader;
  private @Nullable Thread thread;
  private volatile boolean closed;

  private PacketListener(DatagramSocket socket, String what, Reader reader) {
    this.socket = socket;
    this.what = what;
    this.reader = reader;
  }

  /**
   * Listens.
   *
   * @throws IOException if the address is in use
   */
  public static PacketListener start(String address, String what, Reader reader)
      throws IOException {
    DatagramSocket s = new DatagramSocket(null);
    try {
      s.setOption(StandardSocketOptions.SO_RCVBUF, BUFFER);
      s.bind(LogStreamListener.socketAddress(address));
    } catch (IOException e) {
      s.close();
      throw new IOException(what + " cannot listen on " + address + ": " + e.getMessage(), e);
    }
    PacketListener l = new PacketListener(s, what, reader);
    l.thread =
        Thread.ofPlatform()
            .daemon()
            .name(what + "-udp")
            .start(SupervisedLoop.of("log_packets", l::receive));
    return l;
  }

  /** Listen address. */
  public InetSocketAddress address() {
    return (InetSocketAddress) socket.getLocalSocketAddress();
  }

  private void receive() {
    byte[] buf = new byte[MAX_PACKET];
    try {
      while (!closed) {
        DatagramPacket p = new DatagramPacket(buf, buf.length);
        try {
          socket.receive(p);
        } catch (IOException e) {
          if (!closed) {
            PEER_LOG.log(Level.WARNING, "Packet not received listener={0} err={1}", what, e);
          }
          continue;
        }
        reader.read(buf, p.getLength(), (InetSocketAddress) p.getSocketAddress());
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Ends it; the packet that is being read is counted when this returns. */
  @Override
  public void close() {
    closed = true;
    socket.close();
    Thread t = thread;
    if (t != null) {
      t.interrupt();
      LogStreamListener.ended(List.of(t));
    }
  }
}
