package dev.tethys.web.internal;

import io.helidon.common.buffers.BufferData;
import io.helidon.common.socket.PeerInfo;
import io.helidon.webserver.ConnectionContext;
import io.helidon.webserver.ProtocolConfigs;
import io.helidon.webserver.http1.Http1Config;
import io.helidon.webserver.http1.Http1ConnectionProvider;
import io.helidon.webserver.http2.Http2Config;
import io.helidon.webserver.http2.Http2ConnectionProvider;
import io.helidon.webserver.spi.ServerConnection;
import io.helidon.webserver.spi.ServerConnectionSelector;
import java.net.SocketAddress;
import java.security.Principal;
import java.security.cert.Certificate;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.BiFunction;

/** The versions of HTTP that a port speaks, with their limits. */
public final class Protocols {
  /** Requests that one HTTP/2 connection may have in work. */
  static final int MAX_STREAMS = 250;

  /** What a client may send on a stream before it is read, in bytes. */
  static final int WINDOW = 1 << 20;

  private static final String SOCKET = "@default";

  private Protocols() {}

  public static List<ServerConnectionSelector> of(
      boolean http2, int maxUriBytes, int maxHeaderBytes, SlowClients clients) {
    Http1Config one =
        Http1Config.builder()
            .maxPrologueLength(maxUriBytes)
            .maxHeadersSize(maxHeaderBytes)
            // People type PromQL into URLs as it is, and Go takes it.
            .validatePrologue(false)
            .validatePath(false)
            .build();
    Http2Config two =
        Http2Config.builder()
            .maxHeaderListSize(maxHeaderBytes)
            .maxConcurrentStreams(4L * MAX_STREAMS)
            .initialWindowSize(WINDOW)
            .validatePath(false)
            .build();
    List<ServerConnectionSelector> out = new ArrayList<>();
    if (http2) {
      out.add(
          new Viewed(
              new Http2ConnectionProvider()
                  .create(SOCKET, two, ProtocolConfigs.create(List.of(one, two))),
              clients,
              Protocols::multiplexed));
    }
    // A client of HTTP/1.0 need not say which host it wants.
    Http1Config zero = Http1Config.builder(one).validateRequestHostHeader(false).build();
    out.add(
        new OldHttp(
            new Http1ConnectionProvider()
                .create(SOCKET, zero, ProtocolConfigs.create(List.of(zero))),
            clients));
    // HTTP/2 begins with its preface or with TLS, never with an upgrade, which RFC 9113 gave up:
    // the
    // engine would wait for frames of the body that the upgrading request brought, for ever.
    out.add(
        new Viewed(
            new Http1ConnectionProvider().create(SOCKET, one, ProtocolConfigs.create(List.of(one))),
            clients,
            (c, _) -> c));
    return out;
  }

  /**
   * Tells the client of {@link #MAX_STREAMS}, and hides its certificate from the engine's HTTP/2:
   * it would put its name among the headers before reading them, and then refuses every client that
   * begins with a change of its header table, as the JDK's does ("Table size update is after
   * headers"). Requests take certificates from the socket.
   */
  private static ConnectionView multiplexed(ConnectionView connection, SlowClients.Peer peer) {
    ToldStreams out = new ToldStreams(connection.dataWriter(), MAX_STREAMS);
    peer.multiplexed(out::goAway);
    return connection.from(new UnnamedPeer(connection.remotePeer())).to(out);
  }

  /** Gives the engine its connections as we want it to see them. */
  private record Viewed(
      ServerConnectionSelector selector,
      SlowClients clients,
      BiFunction<ConnectionView, SlowClients.Peer, ConnectionView> view)
      implements ServerConnectionSelector {
    @Override
    public int bytesToIdentifyConnection() {
      return selector.bytesToIdentifyConnection();
    }

    @Override
    public Support supports(BufferData data) {
      return selector.supports(data);
    }

    @Override
    public Set<String> supportedApplicationProtocols() {
      return selector.supportedApplicationProtocols();
    }

    @Override
    public ServerConnection connection(ConnectionContext ctx) {
      SlowClients.Peer peer = clients.connected(ctx);
      return selector.connection(view.apply(ConnectionView.of(ctx, peer::reset), peer));
    }
  }

  private record UnnamedPeer(PeerInfo peer) implements PeerInfo {
    @Override
    public SocketAddress address() {
      return peer.address();
    }

    @Override
    public String host() {
      return peer.host();
    }

    @Override
    public int port() {
      return peer.port();
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
}
