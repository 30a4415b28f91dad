package dev.tethys.web;

import dev.tethys.web.internal.Answers;
import dev.tethys.web.internal.ReloadedConfig;
import dev.tethys.web.internal.ServerSockets;
import dev.tethys.web.internal.SlowClients;
import dev.tethys.web.internal.SocketConnections;
import dev.tethys.web.internal.WatchedSockets;
import dev.tethys.web.internal.http1.Http1Selector;
import dev.tethys.web.internal.http2.Http2Selector;
import dev.tethys.web.internal.proxied.ProxiedTls;
import dev.tethys.web.socket.StreamListener;
import io.helidon.common.tls.Tls;
import io.helidon.http.encoding.ContentDecoder;
import io.helidon.http.encoding.ContentEncoder;
import io.helidon.http.encoding.ContentEncoding;
import io.helidon.http.encoding.ContentEncodingContext;
import io.helidon.webserver.WebServer;
import io.helidon.webserver.WebServerConfig;
import io.helidon.webserver.http.HttpRouting;
import io.helidon.webserver.spi.ServerConnectionSelector;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.StandardSocketOptions;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;
import java.util.function.Supplier;
import javax.net.ssl.SSLContext;
import org.jspecify.annotations.Nullable;

/**
 * Listens on one or several addresses and has requests answered by {@link Routes}: HTTP/1.1 and
 * HTTP/2 (with and without TLS) on each port, with the TLS, users, headers and rate limit of the
 * web configuration, which is read again when it changes.
 *
 * <p>Every request runs on a virtual thread of its own. No request, however large, slow or
 * malformed, takes more than the bounds of {@link HttpListenerOptions}; no exception of a handler
 * ends more than its own request.
 */
public final class HttpListener implements AutoCloseable {
  private static final System.Logger LOG = System.getLogger("dev.tethys.web");

  /** What is told the kernel for the listening socket: the engine's own 4 KB make it crawl. */
  static final int RECEIVE_BUFFER = 1 << 20;

  /**
   * One of the addresses.
   *
   * @param address the loopback address without a port for a socket of this machine
   * @param stop lets requests end for the grace period
   */
  private record Port(InetSocketAddress address, SlowClients clients, Runnable stop) {}

  private final HttpListenerOptions options;
  private final Level announced;
  private final Supplier<WebConfig> config;
  private final Answers answers;
  private final List<Port> ports = new ArrayList<>();
  private final ScheduledExecutorService sweeper =
      Executors.newSingleThreadScheduledExecutor(
          Thread.ofPlatform().daemon().name("slow-clients-", 0).factory());

  private HttpListener(
      HttpListenerOptions options,
      Level announced,
      Supplier<WebConfig> config,
      Routes routes,
      @Nullable HttpMetrics metrics) {
    this.options = options;
    this.announced = announced;
    this.config = config;
    this.answers = new Answers(config, options, routes, metrics);
  }

  /**
   * Starts listening.
   *
   * @param metrics where requests are counted; null for nowhere
   * @throws IOException when an address cannot be taken or the web configuration not be read
   * @throws dev.tethys.config.ConfigException when the web configuration is wrong
   * @throws IllegalArgumentException when an address is malformed
   */
  public static HttpListener start(
      HttpListenerOptions options, Routes routes, @Nullable HttpMetrics metrics)
      throws IOException {
    return start(options, routes, metrics, s -> {});
  }

  /**
   * The same with a web configuration that does not come from a file of its own.
   *
   * @param config asked for at every connection and request; whether there is TLS is settled at the
   *     start
   */
  public static HttpListener start(
      HttpListenerOptions options,
      Supplier<WebConfig> config,
      Routes routes,
      @Nullable HttpMetrics metrics)
      throws IOException {
    return start(options, Level.INFO, config, routes, metrics, s -> {});
  }

  /** The same for what nobody is told of, without TLS, users and metrics. */
  static HttpListener unannounced(HttpListenerOptions options, Routes routes) throws IOException {
    return start(options, Level.DEBUG, () -> WebConfig.NONE, routes, null, s -> {});
  }

  /** The same; every accepted socket is also shown to somebody. */
  static HttpListener start(
      HttpListenerOptions options,
      Routes routes,
      @Nullable HttpMetrics metrics,
      Consumer<Socket> accepted)
      throws IOException {
    ReloadedConfig config = new ReloadedConfig(options.webConfigFile(), System::nanoTime);
    return start(options, Level.INFO, config::get, routes, metrics, accepted);
  }

  private static HttpListener start(
      HttpListenerOptions options,
      Level announced,
      Supplier<WebConfig> config,
      Routes routes,
      @Nullable HttpMetrics metrics,
      Consumer<Socket> accepted)
      throws IOException {
    List<ListenAddress> addresses =
        options.addresses().stream()
            .filter(a -> ListenAddress.unixPath(a) == null && !a.equals(ListenAddress.SYSTEMD))
            .map(ListenAddress::parse)
            .toList();
    HttpListener l = new HttpListener(options, announced, config, routes, metrics);
    try {
      for (ListenAddress a : addresses) {
        l.listen(a, accepted);
      }
      for (String a : options.addresses()) {
        Path socket = ListenAddress.unixPath(a);
        if (socket != null) {
          l.listen(socket.toString(), (n, h) -> StreamListener.start(socket, n, h));
        } else if (a.equals(ListenAddress.SYSTEMD)) {
          l.listen("the socket of systemd", StreamListener::inherited);
        }
      }
    } catch (RuntimeException | IOException e) {
      l.close();
      throw e;
    }
    return l;
  }

  /**
   * The engine's own bound, which must never matter: it ends connections whose last request began
   * so long ago, though that request may still be in work. {@link SlowClients} ends idle ones.
   */
  private static final Duration ENGINE_IDLE = Duration.ofDays(365);

  /** How long idle clients of HTTP/2 have to hear that they are to go. */
  private static final long FAREWELL_NANOS = 1_000_000_000;

  /**
   * HTTP/2 begins with its preface or with TLS, never with an upgrade, which RFC 9113 gave up: the
   * engine would wait for frames of the body that the upgrading request brought, for ever.
   */
  private List<ServerConnectionSelector> selectors(
      boolean http2, boolean tls, SlowClients clients) {
    List<ServerConnectionSelector> out = new ArrayList<>();
    if (http2) {
      out.add(new Http2Selector(options, clients));
    }
    out.add(
        new Http1Selector(
            http2,
            options.maxUriBytes(),
            options.maxHeaderBytes(),
            options.proxied() && !tls, // with TLS the header stands before the handshake
            clients,
            answers));
    return out;
  }

  private static WebServerConfig.Builder engine() {
    return WebServer.builder()
        .shutdownHook(false)
        .featuresDiscoverServices(false)
        .protocolsDiscoverServices(false)
        .contentEncoding(
            ContentEncodingContext.builder()
                .contentEncodingsDiscoverServices(false)
                .addContentEncoding(new AsItIs())
                .build());
  }

  /**
   * Begins to load the engine, which takes a tenth of a second, beside what a program does before
   * it listens.
   */
  public static void prepare() {
    Thread.ofPlatform()
        .daemon()
        .name("listener-engine")
        .start(() -> engine().routing(HttpRouting.builder()).buildPrototype());
  }

  private Duration silence() {
    return options.connections().longestSilence(options.readTimeout());
  }

  private SlowClients clients() {
    return new SlowClients(
        options.readTimeout(),
        options.connections(),
        (int) Math.min(Integer.MAX_VALUE, silence().toMillis()),
        System::nanoTime,
        this::later);
  }

  private void later(long millis, Runnable work) {
    if (!sweeper.isShutdown()) {
      try {
        sweeper.schedule(work, millis, TimeUnit.MILLISECONDS);
      } catch (RejectedExecutionException e) {
        LOG.log(Level.DEBUG, "nobody is watched any more: the listener is closed");
      }
    }
  }

  private void listen(String where, SocketConnections.Opening opening) throws IOException {
    SlowClients clients = clients();
    WebConfig first = config.get();
    boolean tls = first.tls() != null;
    ServerSockets sockets = new ServerSockets(config);
    SocketConnections connections =
        new SocketConnections(
            opening,
            selectors(first.http2(), tls, clients),
            Http2Selector.routing(clients, answers),
            engine()
                .maxTcpConnections(options.maxConnections())
                .shutdownGracePeriod(options.stopGrace())
                .buildPrototype(),
            clients,
            tls ? new SocketConnections.Tls(sockets.context(), sockets) : null);
    InetSocketAddress address = connections.address();
    ports.add(
        new Port(
            address == null ? new InetSocketAddress(InetAddress.getLoopbackAddress(), 0) : address,
            clients,
            connections::close));
    LOG.log(
        announced,
        "Listening on {0} ({1})",
        address == null ? where : where + " at " + address,
        tls ? "TLS" : "no TLS");
  }

  private void listen(ListenAddress where, Consumer<Socket> accepted) throws IOException {
    SlowClients clients = clients();
    Duration silent = silence();
    WebConfig first = config.get();
    boolean tls = first.tls() != null;
    ServerSockets sockets = new ServerSockets(config);
    InetAddress address = where.address().getAddress();
    WebServerConfig.Builder b =
        engine()
            .address(address)
            .port(where.address().getPort())
            .maxTcpConnections(options.maxConnections())
            .shutdownGracePeriod(options.stopGrace())
            .idleConnectionTimeout(ENGINE_IDLE)
            .putListenerSocketOption(StandardSocketOptions.SO_RCVBUF, RECEIVE_BUFFER)
            .connectionOptions(
                new WatchedSockets(
                    silent,
                    s -> {
                      clients.accepted(s);
                      accepted.accept(s);
                      if (s instanceof javax.net.ssl.SSLSocket ssl) {
                        sockets.configure(ssl);
                      }
                    }))
            .connectionSelectors(selectors(first.http2(), tls, clients))
            .routing(Http2Selector.routing(clients, answers));
    if (tls) {
      SSLContext context = sockets.context();
      b.tls(
          Tls.builder().sslContext(options.proxied() ? ProxiedTls.over(context) : context).build());
    }
    // The engine hides why it cannot have a port, so it is asked for here first.
    try (ServerSocket probe = new ServerSocket()) {
      probe.setReuseAddress(true);
      probe.bind(where.address());
    } catch (IOException e) {
      throw new IOException("cannot listen on " + where.text() + ": " + e.getMessage(), e);
    }
    WebServer server = b.build().start();
    if (!server.isRunning() || server.port() <= 0) {
      throw new IOException("cannot listen on " + where.text() + ": the port was just taken");
    }
    InetSocketAddress bound = new InetSocketAddress(address, server.port());
    ports.add(new Port(bound, clients, server::stop));
    LOG.log(
        announced,
        "Listening on {0}:{1} ({2})",
        address.getHostAddress(),
        Integer.toString(server.port()),
        tls ? "TLS" : "no TLS");
  }

  /** Where it listens, with the ports that were taken, sockets of the machine last. */
  public List<InetSocketAddress> addresses() {
    return ports.stream().map(Port::address).toList();
  }

  /** The port of the first address. */
  public int port() {
    return ports.getFirst().address().getPort();
  }

  /** Whether it speaks TLS. */
  public boolean isSecure() {
    return config.get().tls() != null;
  }

  /** How many connections are open now. */
  public int openConnections() {
    return ports.stream().mapToInt(p -> p.clients.open()).sum();
  }

  private static void endIdle(SlowClients clients, AtomicBoolean stopped) {
    while (!stopped.get()) {
      clients.closeIdle();
      LockSupport.parkNanos(10_000_000);
    }
  }

  /**
   * Stops: takes no new connections, lets requests in work end for the grace period, then closes
   * what is left.
   */
  @Override
  public void close() {
    // The engine would end them without a word.
    long end = System.nanoTime() + FAREWELL_NANOS;
    while (ports.stream().mapToInt(p -> p.clients.closeIdle()).sum() > 0
        && System.nanoTime() - end < 0) {
      LockSupport.parkNanos(10_000_000);
    }
    for (Port p : ports) {
      // Stopping waits for connections to end, so idle ones are ended beside it.
      AtomicBoolean stopped = new AtomicBoolean();
      Thread ending = Thread.ofVirtual().start(() -> endIdle(p.clients, stopped));
      p.stop.run();
      stopped.set(true);
      LockSupport.unpark(ending);
    }
    sweeper.shutdownNow();
  }

  /**
   * Leaves request bodies in the encodings they came in; what they mean is the handlers' matter.
   */
  private static final class AsItIs implements ContentEncoding {
    @Override
    public Set<String> ids() {
      return Set.of(
          "snappy",
          "x-snappy-framed",
          "gzip",
          "x-gzip",
          "zstd",
          "deflate",
          "zlib",
          "lz4",
          "br",
          "identity");
    }

    @Override
    public boolean supportsEncoding() {
      return false;
    }

    @Override
    public boolean supportsDecoding() {
      return true;
    }

    @Override
    public ContentDecoder decoder() {
      return ContentDecoder.NO_OP;
    }

    @Override
    public ContentEncoder encoder() {
      return ContentEncoder.NO_OP;
    }

    @Override
    public String name() {
      return "as-it-is";
    }

    @Override
    public String type() {
      return "as-it-is";
    }
  }
}
