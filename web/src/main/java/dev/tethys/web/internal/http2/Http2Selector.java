package dev.tethys.web.internal.http2;

import dev.tethys.web.HttpListenerOptions;
import dev.tethys.web.internal.Answers;
import dev.tethys.web.internal.BrokenAnswerException;
import dev.tethys.web.internal.SlowClients;
import io.helidon.common.buffers.BufferData;
import io.helidon.common.socket.PeerInfo;
import io.helidon.webserver.CloseConnectionException;
import io.helidon.webserver.ConnectionContext;
import io.helidon.webserver.ProtocolConfigs;
import io.helidon.webserver.http.HttpRouting;
import io.helidon.webserver.http2.Http2Config;
import io.helidon.webserver.http2.Http2ConnectionProvider;
import io.helidon.webserver.spi.ServerConnection;
import io.helidon.webserver.spi.ServerConnectionSelector;
import java.net.SocketAddress;
import java.security.Principal;
import java.security.cert.Certificate;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** HTTP/2, spoken by the engine over connections that are read and told of as we want it. */
public final class Http2Selector implements ServerConnectionSelector {
  /** What a client may send on a stream before it is read, in bytes. */
  static final int WINDOW = 1 << 20;

  private final ServerConnectionSelector engine;
  private final SlowClients clients;
  private final HttpListenerOptions options;

  /** For one port. */
  public Http2Selector(HttpListenerOptions options, SlowClients clients) {
    Http2Config config =
        Http2Config.builder()
            .maxHeaderListSize(options.maxHeaderBytes())
            .maxConcurrentStreams(4L * options.http2().streams())
            .initialWindowSize(WINDOW)
            .validatePath(false)
            .build();
    this.engine =
        new Http2ConnectionProvider()
            .create("@default", config, ProtocolConfigs.create(List.of(config)));
    this.clients = clients;
    this.options = options;
  }

  /** What the engine does with requests of HTTP/2. */
  public static HttpRouting.Builder routing(SlowClients clients, Answers answers) {
    return HttpRouting.builder()
        .any(
            (q, r) -> {
              try {
                answers.answer(
                    clients.begin(q.remotePeer().address(), q.localPeer().address(), q.id()),
                    new MultiplexedRequest(q),
                    new MultiplexedAnswer(r));
              } catch (BrokenAnswerException e) {
                throw new CloseConnectionException(e.getMessage(), e.getCause());
              }
            });
  }

  @Override
  public int bytesToIdentifyConnection() {
    return engine.bytesToIdentifyConnection();
  }

  @Override
  public Support supports(BufferData data) {
    return engine.supports(data);
  }

  @Override
  public Set<String> supportedApplicationProtocols() {
    return engine.supportedApplicationProtocols();
  }

  /**
   * The client is told of fewer streams, and its certificate is hidden from the engine: it would
   * put its name among the headers before reading them, and then refuses every client that begins
   * with a change of its header table, as the JDK's does ("Table size update is after headers").
   * Requests take certificates from the socket.
   */
  @Override
  public ServerConnection connection(ConnectionContext context) {
    SlowClients.Peer peer = clients.connected(context);
    ConnectionView view = ConnectionView.of(context);
    ToldStreams out =
        new ToldStreams(view.dataWriter(), options.http2().streams(), System::nanoTime);
    LongConnection whole = new LongConnection(out, peer, options, System::nanoTime);
    peer.multiplexed(whole);
    return engine.connection(
        view.read(new ClientFrames(peer::reset, whole::pinged), whole::heard)
            .from(new UnnamedPeer(view.remotePeer()))
            .to(out));
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
