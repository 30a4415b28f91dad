package dev.tethys.web.internal;

import dev.tethys.model.log.JulLogger;
import dev.tethys.web.socket.StreamListener;
import io.helidon.common.socket.HelidonSocket;
import io.helidon.common.socket.PlainSocket;
import io.helidon.common.socket.TlsSocket;
import java.io.EOFException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.System.Logger.Level;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketAddress;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLSocket;
import org.jspecify.annotations.Nullable;

/**
 * Accepts connections of a listening socket (a port, a Unix socket or a socket passed by systemd),
 * and serves each with the protocol of its client.
 */
public final class SocketConnections implements AutoCloseable {
  private static final System.Logger LOG = JulLogger.of("dev.tethys.web");
  private static final AtomicLong IDS = new AtomicLong();

  /** Bytes read to detect the protocol: a client may start with more. */
  private static final int BEGIN = 2 << 10;

  /**
   * TLS settings of a listener.
   *
   * @param sockets requirements for each connection
   */
  public record Tls(SSLContext context, ServerSockets sockets) {}

  /** Starts to listen. */
  @FunctionalInterface
  public interface Opening {
    /**
     * Starts handling connections.
     *
     * @param room closes a connection to free a slot for others; false if none can be closed
     */
    StreamListener open(StreamListener.Handler handler, BooleanSupplier room) throws IOException;
  }

  private final List<Protocol> protocols;
  private final ConnectionTimeouts clients;

  /** Minimum time between two log lines about handshakes, which any client can cause to fail. */
  private static final long FAILURE_INTERVAL_NANOS = 10_000_000_000L;

  private final AtomicLong failures = new AtomicLong();
  private final AtomicLong failureLogged =
      new AtomicLong(System.nanoTime() - FAILURE_INTERVAL_NANOS);
  private final @Nullable Tls tls;
  private final boolean timed;
  private final Duration grace;
  private final StreamListener socket;

  /**
   * Starts listening.
   *
   * @param protocols protocols in order of preference; the last one accepts all connections that no
   *     other accepts
   * @param tls null if none
   * @param timed whether a read of such a socket can be given a time
   * @param grace time for running requests after the close
   * @throws IOException if the socket is not available
   */
  public SocketConnections(
      Opening opening,
      List<Protocol> protocols,
      ConnectionTimeouts clients,
      @Nullable Tls tls,
      boolean timed,
      Duration grace)
      throws IOException {
    this.protocols = List.copyOf(protocols);
    this.clients = clients;
    this.tls = tls;
    this.timed = timed;
    this.grace = grace;
    this.socket = opening.open(this::serve, clients::makeRoom);
  }

  /** Returns the listening address, or null for a Unix socket. */
  public @Nullable InetSocketAddress address() {
    return socket.address();
  }

  /** End of a connection; each is distinct, although all have the path of the socket. */
  private static final class End extends SocketAddress {
    private static final long serialVersionUID = 1L;

    static SocketAddress of(@Nullable SocketAddress a) {
      return a instanceof InetSocketAddress ? a : new End();
    }
  }

  private void serve(Socket accepted) throws IOException, InterruptedException {
    SocketAddress remote = End.of(accepted.getRemoteSocketAddress());
    SocketAddress local = End.of(accepted.getLocalSocketAddress());
    if (tls == null) {
      try (ConnectionTimeouts.Admission _ =
          clients.accepted(accepted, accepted, remote, local, timed)) {
        serve(new AcceptedConnection(PlainSocket.server(accepted, id(), "taken"), remote, local));
      }
      return;
    }
    try (SSLSocket layered =
        (SSLSocket) tls.context().getSocketFactory().createSocket(accepted, null, true)) {
      tls.sockets().configure(layered);
      layered.setHandshakeApplicationProtocolSelector((_, offered) -> negotiated(offered));
      try (ConnectionTimeouts.Admission _ =
          clients.accepted(layered, accepted, remote, local, timed)) {
        try {
          layered.startHandshake();
        } catch (SSLException e) {
          handshakeFailed(remote, e);
          return;
        }
        serve(new AcceptedConnection(TlsSocket.server(layered, id(), "taken"), remote, local));
      }
    }
  }

  /** A client that sends no data is a port check, as by a load balancer. */
  private void handshakeFailed(SocketAddress remote, SSLException e) {
    if (e.getCause() instanceof EOFException) {
      return;
    }
    failures.incrementAndGet();
    long now = System.nanoTime();
    long last = failureLogged.get();
    if (now - last >= FAILURE_INTERVAL_NANOS && failureLogged.compareAndSet(last, now)) {
      String reason = String.valueOf(e.getMessage());
      LOG.log(
          Level.WARNING,
          "TLS handshake failed remote={0} reason=\"{1}\" failures={2}",
          remote instanceof InetSocketAddress a
              ? a.getAddress().getHostAddress() + ":" + a.getPort()
              : "a Unix socket",
          reason.contains("unrecognized SSL message") ? "the client does not support TLS" : reason,
          failures.getAndSet(0));
    }
  }

  private static String id() {
    return Long.toHexString(IDS.incrementAndGet());
  }

  /** The first of our protocols that a client offers; null if it offers none. */
  private @Nullable String negotiated(List<String> offered) {
    for (Protocol p : protocols) {
      for (String name : p.names()) {
        if (offered.contains(name)) {
          return name;
        }
      }
    }
    return null;
  }

  /** Selects the protocol negotiated by TLS, otherwise the one of the first bytes. */
  private void serve(AcceptedConnection c) throws InterruptedException {
    HelidonSocket s = c.socket();
    try {
      if (s.protocolNegotiated()) {
        for (Protocol p : protocols) {
          if (p.names().contains(s.protocol())) {
            p.serve(c, new byte[0]);
            return;
          }
        }
      }
      if (protocols.size() == 1) {
        protocols.getFirst().serve(c, new byte[0]);
      } else {
        serveByBeginning(c);
      }
    } catch (UncheckedIOException e) {
      LOG.log(Level.DEBUG, "a connection has ended", e);
    }
  }

  private void serveByBeginning(AcceptedConnection c) throws InterruptedException {
    byte[] begin = new byte[BEGIN];
    int length = 0;
    while (true) {
      int n = c.read(begin, length);
      if (n <= 0) {
        return; // the client sent nothing intelligible
      }
      length += n;
      for (Protocol p : protocols) {
        Protocol.Answer answer = p.detect(begin, length);
        if (answer == Protocol.Answer.YES) {
          p.serve(c, Arrays.copyOf(begin, length));
          return;
        }
        if (answer == Protocol.Answer.NOT_YET) {
          break;
        }
      }
    }
  }

  /** Takes no new connections; the address is free when this returns. */
  public void stopListening() {
    socket.stopListening();
  }

  /** Accepts no new connections and gives existing ones the grace period to finish. */
  @Override
  public void close() {
    socket.stopListening();
    long until = System.nanoTime() + grace.toNanos();
    while (clients.open() > 0 && System.nanoTime() - until < 0) {
      LockSupport.parkNanos(10_000_000);
    }
    socket.close();
    protocols.forEach(Protocol::close);
  }
}
