package dev.tethys.web.internal;

import dev.tethys.web.socket.StreamListener;
import io.helidon.common.buffers.BufferData;
import io.helidon.common.buffers.DataReader;
import io.helidon.common.buffers.DataWriter;
import io.helidon.common.concurrency.limits.FixedLimit;
import io.helidon.common.context.Context;
import io.helidon.common.socket.HelidonSocket;
import io.helidon.common.socket.PeerInfo;
import io.helidon.common.socket.PlainSocket;
import io.helidon.common.socket.SocketWriter;
import io.helidon.common.socket.SocketWriterException;
import io.helidon.common.socket.TlsSocket;
import io.helidon.http.encoding.ContentEncodingContext;
import io.helidon.http.media.MediaContext;
import io.helidon.webserver.CloseConnectionException;
import io.helidon.webserver.ConnectionContext;
import io.helidon.webserver.ListenerConfig;
import io.helidon.webserver.ListenerContext;
import io.helidon.webserver.Router;
import io.helidon.webserver.WebServerConfig;
import io.helidon.webserver.http.DirectHandlers;
import io.helidon.webserver.http.HttpRouting;
import io.helidon.webserver.spi.ServerConnection;
import io.helidon.webserver.spi.ServerConnectionSelector;
import io.helidon.webserver.spi.ServerConnectionSelector.Support;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.System.Logger.Level;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketAddress;
import java.security.Principal;
import java.security.cert.Certificate;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;
import org.jspecify.annotations.Nullable;

/**
 * Takes connections over a socket that the engine cannot listen on, one of this machine or one that
 * systemd has passed, and has them served as the engine serves its own.
 */
public final class SocketConnections implements AutoCloseable {
  private static final System.Logger LOG = System.getLogger("dev.tethys.web");
  private static final AtomicLong IDS = new AtomicLong();

  /**
   * TLS of a listener.
   *
   * @param sockets what is demanded of each connection
   */
  public record Tls(SSLContext context, ServerSockets sockets) {}

  /** Begins to listen. */
  @FunctionalInterface
  public interface Opening {
    /** Has what comes handled, so many connections at once. */
    StreamListener open(int maxConnections, StreamListener.Handler handler) throws IOException;
  }

  private final List<ServerConnectionSelector> selectors;
  private final SlowClients clients;
  private final @Nullable Tls tls;
  private final Listener listener;
  private final Router router;
  private final Duration grace;
  private final StreamListener socket;

  /**
   * Listens.
   *
   * @param selectors HTTP/2 and HTTP/1
   * @param routing of HTTP/2
   * @param engine as for the ports of the engine
   * @param tls null for none
   * @throws IOException when the socket cannot be had
   */
  public SocketConnections(
      Opening opening,
      List<ServerConnectionSelector> selectors,
      HttpRouting.Builder routing,
      WebServerConfig engine,
      SlowClients clients,
      @Nullable Tls tls)
      throws IOException {
    this.selectors = selectors;
    this.clients = clients;
    this.tls = tls;
    this.listener = Listener.of(engine);
    this.router = Router.builder().addRouting(routing).build();
    this.grace = engine.shutdownGracePeriod();
    this.socket = opening.open(engine.maxTcpConnections(), this::serve);
  }

  /** Where it listens; null for a socket of the machine. */
  public @Nullable InetSocketAddress address() {
    return socket.address();
  }

  /** One end of a connection: no other is the same, though all have the path of the socket. */
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
      clients.accepted(accepted, accepted, remote, local);
      serve(context(PlainSocket.server(accepted, id(), "taken"), remote, local));
      return;
    }
    try (SSLSocket layered =
        (SSLSocket) tls.context().getSocketFactory().createSocket(accepted, null, true)) {
      tls.sockets().configure(layered);
      layered.setHandshakeApplicationProtocolSelector((_, offered) -> negotiated(offered));
      clients.accepted(layered, accepted, remote, local);
      layered.startHandshake();
      serve(context(TlsSocket.server(layered, id(), "taken"), remote, local));
    }
  }

  private void serve(ConnectionContext c) throws InterruptedException {
    DataWriter out = c.dataWriter();
    try {
      ServerConnection served = chosen(c);
      served.handle(FixedLimit.create());
    } catch (CloseConnectionException
        | SocketWriterException
        | DataReader.InsufficientDataAvailableException
        | UncheckedIOException e) {
      LOG.log(Level.DEBUG, "a connection has ended", e);
    } finally {
      out.close();
    }
  }

  private static String id() {
    return Long.toHexString(IDS.incrementAndGet());
  }

  private ConnectionContext context(HelidonSocket s, SocketAddress remote, SocketAddress local) {
    return new Connection(
        s,
        new Peer(remote),
        new Peer(local),
        new DataReader(s),
        SocketWriter.create(s),
        listener,
        router);
  }

  /** The first protocol of ours that a client offers; null, which is none, else. */
  private @Nullable String negotiated(List<String> offered) {
    for (ServerConnectionSelector s : selectors) {
      for (String protocol : s.supportedApplicationProtocols()) {
        if (offered.contains(protocol)) {
          return protocol;
        }
      }
    }
    return null;
  }

  /** By what TLS has negotiated, else by the first bytes. */
  private ServerConnection chosen(ConnectionContext c) {
    HelidonSocket s = c.serverSocket();
    if (s.protocolNegotiated()) {
      for (ServerConnectionSelector one : selectors) {
        if (one.supportedApplicationProtocols().contains(s.protocol())) {
          return one.connection(c);
        }
      }
    }
    if (selectors.size() == 1) {
      return selectors.getFirst().connection(c);
    }
    DataReader in = c.dataReader();
    try {
      in.ensureAvailable();
      while (true) {
        BufferData begin = in.getBuffer(in.available());
        for (ServerConnectionSelector one : selectors) {
          if (begin.available() >= one.bytesToIdentifyConnection()
              && one.supports(begin) == Support.SUPPORTED) {
            return one.connection(c);
          }
        }
        in.pullData();
      }
    } catch (DataReader.InsufficientDataAvailableException e) {
      throw new CloseConnectionException("the client said nothing", e);
    }
  }

  /** Takes no new connections and lets those there are end for the grace period. */
  @Override
  public void close() {
    socket.stopListening();
    long until = System.nanoTime() + grace.toNanos();
    while (clients.open() > 0 && System.nanoTime() - until < 0) {
      LockSupport.parkNanos(10_000_000);
    }
    socket.close();
    listener.executor().shutdownNow();
  }

  private record Peer(SocketAddress address) implements PeerInfo {
    @Override
    public String host() {
      return address instanceof InetSocketAddress a ? a.getAddress().getHostAddress() : "localhost";
    }

    @Override
    public int port() {
      return address instanceof InetSocketAddress a ? a.getPort() : -1;
    }

    @Override
    public Optional<Principal> tlsPrincipal() {
      return Optional.empty();
    }

    @Override
    public Optional<Certificate[]> tlsCertificates() {
      return Optional.empty();
    }
  }

  private record Connection(
      HelidonSocket serverSocket,
      PeerInfo remotePeer,
      PeerInfo localPeer,
      DataReader dataReader,
      DataWriter dataWriter,
      ListenerContext listenerContext,
      Router router)
      implements ConnectionContext {
    @Override
    public boolean isSecure() {
      return serverSocket.isSecure();
    }

    @Override
    public String socketId() {
      return serverSocket.socketId();
    }

    @Override
    public String childSocketId() {
      return serverSocket.childSocketId();
    }

    @Override
    public ExecutorService executor() {
      return listenerContext.executor();
    }
  }

  private record Listener(
      Context context,
      MediaContext mediaContext,
      ContentEncodingContext contentEncodingContext,
      DirectHandlers directHandlers,
      ListenerConfig config,
      ExecutorService executor)
      implements ListenerContext {
    static Listener of(WebServerConfig engine) {
      return new Listener(
          Context.create(),
          engine.mediaContext().orElseGet(MediaContext::create),
          engine.contentEncoding().orElseGet(ContentEncodingContext::create),
          engine.directHandlers().orElseGet(() -> DirectHandlers.builder().build()),
          engine,
          Executors.newVirtualThreadPerTaskExecutor());
    }
  }
}
