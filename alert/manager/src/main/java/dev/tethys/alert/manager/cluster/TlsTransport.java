package dev.tethys.alert.manager.cluster;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.tethys.codec.CodecException;
import dev.tethys.codec.protobuf.ProtoReader;
import dev.tethys.codec.protobuf.ProtoWriter;
import dev.tethys.model.exposition.Registry;
import dev.tethys.model.guard.LimitedLog;
import dev.tethys.model.guard.SupervisedLoop;
import dev.tethys.model.log.JulLogger;
import dev.tethys.web.SocketTls;
import java.io.BufferedInputStream;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.lang.System.Logger.Level;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.time.Duration;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.Semaphore;
import org.jspecify.annotations.Nullable;

/**
 * Packets and streams over TLS, in which both sides may have to show certificates. A connection
 * carries frames: a length (4 bytes, little-endian), and a protobuf message {@code version = 1,
 * kind = 2 (0 a stream, 1 a packet), from_addr = 3, msg = 4}. Connections for packets stay open;
 * after the frame of a stream the connection is that stream.
 *
 * <p>Invariants: {@link #open} is guarded by itself and holds at most {@link #MAX_OPEN}; the least
 * recently used one is closed first. A frame is one write, and so one record of TLS: real
 * Alertmanagers lose a frame that follows another in the same record.
 */
final class TlsTransport implements Transport {
  static final int MAX_OPEN = 1024;

  private static final String VERSION = "v0.1.0";
  private static final int STREAM = 0;
  private static final int PACKET = 1;
  private static final int MAX_FRAME = 1 << 20;
  private static final System.Logger LOG = JulLogger.of(TlsTransport.class.getName());
  private static final LimitedLog PEER_LOG = new LimitedLog(LOG);

  private final SocketTls tls;
  private final ServerSocket listener;
  private final Duration timeout;
  private final Semaphore room = new Semaphore(MAX_OPEN);

  @GuardedBy("itself")
  private final Map<InetSocketAddress, Socket> open = new LinkedHashMap<>(16, 0.75f, true);

  @GuardedBy("itself")
  private final Map<Socket, Boolean> accepted = new HashMap<>();

  private final Registry.Counter packetsSent;
  private final Registry.Counter packetsReceived;
  private final Registry.Counter streamsSent;
  private final Registry.Counter streamsReceived;
  private final Registry.Counter readErrors;
  private final Registry.Vector<Registry.Counter> writeErrors;
  private volatile boolean closed;

  private TlsTransport(SocketTls tls, ServerSocket listener, Duration timeout, Registry r) {
    this.tls = tls;
    this.listener = listener;
    this.timeout = timeout;
    packetsSent =
        r.counter(
            "alertmanager_tls_transport_packet_bytes_sent_total",
            "The number of packet bytes sent to outgoing connections (excluding internal"
                + " metadata).");
    packetsReceived =
        r.counter(
            "alertmanager_tls_transport_packet_bytes_received_total",
            "The number of packet bytes received from incoming connections (excluding internal"
                + " metadata).");
    streamsSent =
        r.counter(
            "alertmanager_tls_transport_stream_connections_sent_total",
            "The number of stream connections sent.");
    streamsReceived =
        r.counter(
            "alertmanager_tls_transport_stream_connections_received_total",
            "The number of stream connections received.");
    readErrors =
        r.counter(
            "alertmanager_tls_transport_read_errors_total",
            "The number of errors encountered while reading from incoming connections.");
    writeErrors =
        r.counters(
            "alertmanager_tls_transport_write_errors_total",
            "The number of errors encountered while writing to outgoing connections.",
            "connection_type");
  }

  /**
   * Starts listening.
   *
   * @throws IOException if the port is not available
   */
  static TlsTransport listen(
      SocketTls tls, InetAddress host, int port, Duration timeout, Registry registry)
      throws IOException {
    return new TlsTransport(tls, new ServerSocket(port, 50, host), timeout, registry);
  }

  @Override
  public InetSocketAddress bound() {
    return (InetSocketAddress) listener.getLocalSocketAddress();
  }

  @Override
  public void start(Receiver receiver) {
    Thread.ofPlatform()
        .daemon()
        .name("cluster-tls")
        .start(SupervisedLoop.of("gossip", () -> accept(receiver)));
  }

  private void accept(Receiver receiver) {
    while (!closed) {
      try {
        Socket raw = listener.accept();
        if (!room.tryAcquire()) {
          PEER_LOG.log(
              Level.WARNING, "Gossip connection closed, too many are open limit={0}", MAX_OPEN);
          raw.close();
          continue;
        }
        Thread.ofVirtual()
            .name("cluster-connection")
            .start(
                () -> {
                  synchronized (accepted) {
                    accepted.put(raw, true);
                  }
                  try {
                    serve(raw, receiver);
                  } finally {
                    synchronized (accepted) {
                      accepted.remove(raw);
                    }
                    room.release();
                  }
                });
      } catch (IOException e) {
        if (!closed) {
          readErrors.inc();
          PEER_LOG.log(Level.WARNING, "Gossip connection not accepted err={0}", e.getMessage());
        }
      }
    }
  }

  private void serve(Socket raw, Receiver receiver) {
    InetSocketAddress from = (InetSocketAddress) raw.getRemoteSocketAddress();
    try (raw) {
      raw.setSoTimeout(Math.toIntExact(timeout.toMillis())); // for the handshake
      Socket s = tls.accepted(raw);
      s.setSoTimeout(0); // packets may be far between
      InputStream in = new BufferedInputStream(s.getInputStream());
      while (!closed) {
        byte[] packet = frame(in);
        if (packet == null) {
          streamsReceived.inc();
          s.setSoTimeout(Math.toIntExact(timeout.toMillis()));
          receiver.stream(new SocketStream(s, in));
          return;
        }
        packetsReceived.add(packet.length);
        receiver.packet(packet, from);
      }
    } catch (EOFException e) {
      LOG.log(Level.DEBUG, "{0} closed its connection", from);
    } catch (IOException | CodecException e) {
      if (!closed) {
        readErrors.inc();
        LOG.log(Level.DEBUG, "the connection of {0} failed: {1}", from, e.getMessage());
      }
    }
  }

  /** Reads the packet in the next frame; null if a stream follows. */
  private static byte @Nullable [] frame(InputStream in) throws IOException {
    DataInputStream data = new DataInputStream(in);
    int n = Integer.reverseBytes(data.readInt());
    if (n < 0 || n > MAX_FRAME) {
      throw new ProtocolException("a frame of " + n + " bytes is too large");
    }
    byte[] b = new byte[n];
    data.readFully(b);
    ProtoReader r = new ProtoReader(b);
    String version = "";
    int kind = STREAM;
    byte[] message = new byte[0];
    while (r.next()) {
      switch (r.field()) {
        case 1 -> version = r.readString();
        case 2 -> kind = r.readInt();
        case 4 -> message = r.readBytes();
        default -> r.skip();
      }
    }
    if (!version.equals(VERSION)) {
      throw new ProtocolException("version " + version + " of the transport is unknown");
    }
    return switch (kind) {
      case STREAM -> null;
      case PACKET -> message;
      default -> throw new ProtocolException("frames of kind " + kind + " are unknown");
    };
  }

  private static byte[] framed(ProtoWriter w) {
    byte[] m = w.toByteArray();
    byte[] b = new byte[4 + m.length];
    for (int i = 0; i < 4; i++) {
      b[i] = (byte) (m.length >>> (8 * i));
    }
    System.arraycopy(m, 0, b, 4, m.length);
    return b;
  }

  @Override
  public void send(InetSocketAddress to, byte[] packet) throws IOException {
    byte[] frame =
        framed(
            new ProtoWriter(packet.length + 64)
                .string(1, VERSION)
                .int64(2, PACKET)
                .string(3, ClusterNode.hostPort(bound()))
                .bytes(4, packet));
    Socket s = null;
    try {
      s = connection(to);
      synchronized (s) {
        s.getOutputStream().write(frame);
        s.getOutputStream().flush();
      }
      packetsSent.add(packet.length);
    } catch (IOException e) {
      writeErrors.with("packet").inc();
      if (s != null) {
        synchronized (open) {
          open.remove(to, s);
        }
        s.close();
      }
      throw e;
    }
  }

  private Socket connection(InetSocketAddress to) throws IOException {
    synchronized (open) {
      Socket known = open.get(to);
      if (known != null && !known.isClosed()) {
        return known;
      }
    }
    Socket fresh = tls.connect(to, timeout);
    Socket extra = null;
    synchronized (open) {
      if (closed) {
        fresh.close();
        throw new IOException("the transport is closed");
      }
      Socket other = open.put(to, fresh);
      if (other != null) {
        extra = other;
      } else if (open.size() > MAX_OPEN) {
        extra = open.remove(open.keySet().iterator().next());
      }
    }
    if (extra != null) {
      extra.close();
    }
    return fresh;
  }

  @Override
  public Stream dial(InetSocketAddress to, Duration limit) throws IOException {
    try {
      Socket s = tls.connect(to, limit);
      s.setSoTimeout(Math.toIntExact(Math.max(1, limit.toMillis())));
      s.getOutputStream().write(framed(new ProtoWriter().string(1, VERSION)));
      s.getOutputStream().flush();
      streamsSent.inc();
      return new SocketStream(s, s.getInputStream());
    } catch (IOException e) {
      writeErrors.with("stream").inc();
      throw e;
    }
  }

  @Override
  public void close() throws IOException {
    closed = true;
    listener.close();
    synchronized (open) {
      for (Socket s : open.values()) {
        s.close();
      }
      open.clear();
    }
    synchronized (accepted) {
      for (Socket s : accepted.keySet()) {
        s.close();
      }
    }
  }
}
