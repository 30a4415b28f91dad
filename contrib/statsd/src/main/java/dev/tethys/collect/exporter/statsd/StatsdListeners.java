package dev.tethys.collect.exporter.statsd;

import dev.tethys.codec.statsd.StatsdReader;
import dev.tethys.model.exposition.Registry;
import dev.tethys.model.exposition.Registry.Counter;
import dev.tethys.web.socket.DatagramListener;
import dev.tethys.web.socket.LineInput;
import dev.tethys.web.socket.StreamListener;
import dev.tethys.web.socket.UnixDatagramListener;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.time.Duration;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The sockets of a StatsD exporter, and its metrics about them. */
public final class StatsdListeners implements AutoCloseable {
  private static final int MAX_LINE = 64 << 10;

  private final StatsdReader reader;
  private final StatsdMetrics metrics;
  private final Counter connections;
  private final Counter connectionErrors;
  private final Counter tooLong;
  private final Counter packets;
  private final Counter unixPackets;
  private final Counter flushes;
  private @Nullable StreamListener tcp;
  private @Nullable DatagramListener udp;
  private @Nullable UnixDatagramListener unix;
  private @Nullable StatsdRelay relay;

  public StatsdListeners(StatsdReader reader, StatsdMetrics metrics, Registry registry) {
    this.reader = reader;
    this.metrics = metrics;
    String p = "statsd_exporter_";
    packets =
        registry.counter(
            p + "udp_packets_total", "The total number of StatsD packets received over UDP.");
    flushes =
        registry.counter(
            p + "event_queue_flushed_total", "Number of times events were flushed to exporter");
    // Datagrams are read where they arrive: there is no queue of the program that could be full.
    registry.counter(
        p + "udp_packet_drops_total",
        "The total number of dropped StatsD packets which received over UDP.",
        () -> 0);
    unixPackets =
        registry.counter(
            p + "unixgram_packets_total",
            "The total number of StatsD packets received over Unixgram.");
    connections =
        registry.counter(
            p + "tcp_connections_total", "The total number of TCP connections handled.");
    connectionErrors =
        registry.counter(
            p + "tcp_connection_errors_total",
            "The number of errors encountered reading from TCP.");
    tooLong =
        registry.counter(
            p + "tcp_too_long_lines_total", "The number of lines discarded due to being too long.");
  }

  /**
   * Listens on UDP.
   *
   * @param receiveBuffer UDP receive buffer of the kernel in bytes; 0 for its default
   */
  public void udp(String address, int receiveBuffer) throws IOException {
    udp =
        DatagramListener.start(
            new DatagramListener.Options(address, receiveBuffer, Duration.ofMillis(200), 1 << 20),
            new DatagramListener.Handler() {
              @Override
              public void datagram(byte[] buf, int length, InetAddress from) {
                packets.inc();
                read(buf, 0, length);
              }
            });
  }

  /**
   * Listens for datagrams on a Unix socket.
   *
   * @param mode file permissions of the socket
   */
  public void unix(Path path, Set<PosixFilePermission> mode) throws IOException {
    unix =
        UnixDatagramListener.start(
            path,
            mode,
            (buf, length) -> {
              unixPackets.inc();
              read(buf, 0, length);
            });
  }

  /**
   * Forwards all lines; closes the relay at the end. Must be called before the sockets are open.
   */
  public void relay(StatsdRelay to) {
    relay = to;
  }

  private void read(byte[] b, int offset, int length) {
    StatsdRelay to = relay;
    if (to != null) {
      to.relay(b, offset, length);
    }
    reader.read(b, offset, length, metrics);
    flushes.inc();
  }

  /** Listens on TCP. */
  public void tcp(String address) throws IOException {
    tcp = StreamListener.start(new StreamListener.Options(address, Duration.ZERO), this::read);
  }

  private void read(Socket connection) throws IOException {
    connections.inc();
    try (LineInput in = new LineInput(connection.getInputStream(), MAX_LINE)) {
      try {
        while (in.next()) {
          read(in.buffer(), in.offset(), in.length());
        }
      } finally {
        tooLong.add(in.tooLong());
      }
    } catch (IOException e) {
      connectionErrors.inc();
      throw e;
    }
  }

  /** Returns the UDP port, or -1 if it does not listen. */
  public int udpPort() {
    return udp == null ? -1 : udp.port();
  }

  /** Returns the TCP port, or -1 if it does not listen. */
  public int tcpPort() {
    return tcp == null ? -1 : tcp.port();
  }

  @Override
  public void close() {
    if (udp != null) {
      udp.close();
    }
    if (tcp != null) {
      tcp.close();
    }
    if (unix != null) {
      unix.close();
    }
    if (relay != null) {
      relay.close();
    }
  }
}
