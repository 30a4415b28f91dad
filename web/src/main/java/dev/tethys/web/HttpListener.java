package dev.tethys.web;

import dev.tethys.model.log.JulLogger;
import dev.tethys.web.internal.ConnectionTimeouts;
import dev.tethys.web.internal.Protocol;
import dev.tethys.web.internal.RequestGate;
import dev.tethys.web.internal.RequestProcessor;
import dev.tethys.web.internal.ServerSockets;
import dev.tethys.web.internal.SocketConnections;
import dev.tethys.web.internal.http1.Http1Protocol;
import dev.tethys.web.internal.http2.Http2Protocol;
import dev.tethys.web.internal.proxied.HeaderServerSocket;
import dev.tethys.web.socket.StreamListener;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * HTTP server on one or several addresses: HTTP/1.1 and HTTP/2, with and without TLS, on each port.
 * Requests are dispatched by {@link Routes}. TLS, users, headers and rate limit come from the web
 * configuration, which is read again when it changes.
 *
 * <p>Each request runs on its own virtual thread. No request, however large, slow or malformed,
 * uses more than the bounds of {@link HttpListenerOptions}. An exception of a handler ends only its
 * own request.
 */
public final class HttpListener implements AutoCloseable {
  private static final System.Logger LOG = JulLogger.of("dev.tethys.web");

  /**
   * Size of the kernel's receive buffer: large requests can arrive while another one is processed.
   */
  static final int RECEIVE_BUFFER = 1 << 20;

  /** Maximum number of connections that wait in the kernel to be accepted. */
  private static final int BACKLOG = 1024;

  /** Connections beyond the limit, so that probes are still served. */
  private static final int MIN_RESERVE = 8;

  private static final int MAX_RESERVE = 64;

  /** Time for idle HTTP/2 clients to receive GOAWAY. */
  private static final long FAREWELL_NANOS = 1_000_000_000;

  /**
   * Listening address with its connections.
   *
   * @param address the loopback address without a port for a socket of this machine
   * @param connections accepts its connections
   */
  private record Port(
      InetSocketAddress address, ConnectionTimeouts clients, SocketConnections connections) {}

  private final HttpListenerOptions options;
  private final Level announced;
  private volatile Supplier<WebConfig> config;
  private final RequestGate answers;
  private final @Nullable HttpMetrics metrics;
  private final List<Port> ports = new ArrayList<>();
  private final ScheduledExecutorService sweeper =
      Executors.newSingleThreadScheduledExecutor(
          work -> Thread.ofPlatform().daemon().name("slow-clients").unstarted(work));

  private HttpListener(
      HttpListenerOptions options,
      Level announced,
      Supplier<WebConfig> config,
      Routes routes,
      @Nullable HttpMetrics metrics) {
    this.options = options;
    this.announced = announced;
    this.config = config;
    this.metrics = metrics;
    this.answers = new RequestGate(new RequestProcessor(config, options, routes, metrics));
  }

  /**
   * Starts listening.
   *
   * @param metrics registry in which requests are counted; null for none
   * @throws IOException if an address is unavailable or the web configuration cannot be read
   * @throws dev.tethys.config.ConfigException if the web configuration is wrong
   * @throws IllegalArgumentException if an address is malformed
   */
  public static HttpListener start(
      HttpListenerOptions options, Routes routes, @Nullable HttpMetrics metrics)
      throws IOException {
    return start(options, routes, metrics, s -> {});
  }

  /**
   * Variant with a web configuration that does not come from its own file.
   *
   * @param config web configuration, read for every connection and request; TLS is enabled or
   *     disabled at startup
   */
  public static HttpListener start(
      HttpListenerOptions options,
      Supplier<WebConfig> config,
      Routes routes,
      @Nullable HttpMetrics metrics)
      throws IOException {
    return start(options, Level.INFO, config, routes, metrics, s -> {});
  }

  /** Variant without a log line, TLS, users and metrics. */
  static HttpListener unannounced(HttpListenerOptions options, Routes routes) throws IOException {
    return start(options, Level.DEBUG, () -> WebConfig.NONE, routes, null, s -> {});
  }

  /** Variant with a callback for every accepted socket. */
  static HttpListener start(
      HttpListenerOptions options,
      Routes routes,
      @Nullable HttpMetrics metrics,
      Consumer<Socket> accepted)
      throws IOException {
    ReloadedWebConfig config = new ReloadedWebConfig(options.webConfigFile(), System::nanoTime);
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
          l.listen(
              socket.toString(), (h, room) -> StreamListener.start(socket, l.mostOpen(), room, h));
        } else if (a.equals(ListenAddress.SYSTEMD)) {
          l.listen(
              "the socket of systemd",
              (h, room) -> StreamListener.inherited(l.mostOpen(), room, h));
        }
      }
    } catch (RuntimeException | IOException e) {
      l.close();
      throw e;
    }
    return l;
  }

  private List<Protocol> protocols(boolean http2, boolean tls, ConnectionTimeouts clients) {
    List<Protocol> out = new ArrayList<>();
    if (http2) {
      out.add(new Http2Protocol(options, clients, answers));
    }
    out.add(
        new Http1Protocol(
            options.maxUriBytes(),
            options.maxHeaderBytes(),
            options.proxied() && !tls, // with TLS the header precedes the handshake
            clients,
            answers));
    return out;
  }

  /**
   * Returns the maximum number of open connections, including a reserve in which probes are served
   * and other requests wait.
   */
  private int mostOpen() {
    int n = options.maxConnections();
    return n + Math.clamp(n / 8, MIN_RESERVE, MAX_RESERVE);
  }

  private ConnectionTimeouts clients() {
    return new ConnectionTimeouts(
        options.maxConnections(),
        options.readTimeout(),
        options.connections(),
        System::nanoTime,
        this::later);
  }

  private void later(long millis, Runnable work) {
    if (!sweeper.isShutdown()) {
      try {
        sweeper.schedule(work, millis, TimeUnit.MILLISECONDS);
      } catch (RejectedExecutionException e) {
        LOG.log(Level.DEBUG, "Timeout not scheduled, listener is closed");
      }
    }
  }

  /** Has connections of a socket served; where it listens, null for one of the machine. */
  private @Nullable InetSocketAddress serve(SocketConnections.Opening opening, boolean timed)
      throws IOException {
    ConnectionTimeouts clients = clients();
    WebConfig first = config.get();
    boolean tls = first.tls() != null;
    ServerSockets sockets = new ServerSockets(() -> config.get());
    SocketConnections connections =
        new SocketConnections(
            opening,
            protocols(first.http2(), tls, clients),
            clients,
            tls ? new SocketConnections.Tls(sockets.context(), sockets) : null,
            timed,
            options.stopGrace());
    InetSocketAddress address = connections.address();
    ports.add(
        new Port(
            address == null ? new InetSocketAddress(InetAddress.getLoopbackAddress(), 0) : address,
            clients,
            connections));
    return address;
  }

  private void listen(String where, SocketConnections.Opening opening) throws IOException {
    InetSocketAddress address = serve(opening, false);
    announce(address == null ? where : where + " at " + address, "");
  }

  private void listen(ListenAddress where, Consumer<Socket> accepted) throws IOException {
    ServerSocket bound = bound(where);
    StreamListener.Options bounds = StreamListener.Options.waiting(where.text(), mostOpen());
    try {
      serve(
          (handler, room) ->
              StreamListener.start(
                  bound,
                  bounds,
                  room,
                  s -> {
                    accepted.accept(s);
                    handler.handle(s);
                  }),
          true);
    } catch (RuntimeException | IOException e) {
      bound.close();
      throw e;
    }
    InetAddress address = where.address().getAddress();
    String host =
        address.isAnyLocalAddress()
            ? "localhost"
            : address instanceof Inet6Address
                ? "[" + address.getHostAddress() + "]"
                : address.getHostAddress();
    String url =
        (isSecure() ? "https://" : "http://")
            + host
            + ":"
            + bound.getLocalPort()
            + options.routePrefix()
            + "/";
    announce(address.getHostAddress() + ":" + bound.getLocalPort(), " url=" + url);
  }

  private ServerSocket bound(ListenAddress where) throws IOException {
    ServerSocket s =
        options.proxied() && isSecure() ? new HeaderServerSocket() : new ServerSocket();
    try {
      s.setReuseAddress(true);
      s.setReceiveBufferSize(RECEIVE_BUFFER);
      s.bind(where.address(), BACKLOG);
      return s;
    } catch (IOException e) {
      s.close();
      throw new IOException("cannot listen on " + where.text() + ": " + e.getMessage(), e);
    }
  }

  /** Logs an address, with its URL to be followed from a terminal; "" if it has none. */
  private void announce(String where, String url) {
    LOG.log(announced, "Listening on {0} ({1}){2}", where, isSecure() ? "TLS" : "no TLS", url);
  }

  /** Returns the listening addresses, with the ports actually bound; Unix sockets come last. */
  public List<InetSocketAddress> addresses() {
    return ports.stream().map(Port::address).toList();
  }

  /** Returns the port of the first address. */
  public int port() {
    return ports.getFirst().address().getPort();
  }

  /** Whether it uses TLS. */
  public boolean isSecure() {
    return config.get().tls() != null;
  }

  /** Returns the number of open connections. */
  public int openConnections() {
    return ports.stream().mapToInt(p -> p.clients.open()).sum();
  }

  private static void endIdle(ConnectionTimeouts clients, AtomicBoolean stopped) {
    while (!stopped.get()) {
      clients.closeIdle();
      LockSupport.parkNanos(10_000_000);
    }
  }

  /**
   * Makes new requests wait for the routes of {@link #serve}, for a bounded time; requests in
   * progress continue.
   */
  public void hold() {
    answers.hold();
  }

  /**
   * Has requests answered by other routes from now on, over the connections that are open. Those in
   * progress end with the routes that they started with.
   *
   * @param with web configuration with the same TLS setting as before: TLS cannot be enabled or
   *     disabled after the start
   */
  public void serve(Supplier<WebConfig> with, Routes routes) {
    RequestProcessor next = new RequestProcessor(with, options, routes, metrics);
    config = with;
    answers.replace(next);
  }

  /**
   * Waits until requests of the previous routes are complete, for the grace period; then closes
   * their connections.
   */
  public void endFormer() {
    int cut = answers.endFormer(options.stopGrace());
    if (cut > 0) {
      LOG.log(
          Level.WARNING,
          "Requests cut off, not answered in time listener={0} requests={1} timeout={2}s",
          options.addresses().getFirst(),
          cut,
          options.stopGrace().toSeconds());
    }
  }

  /**
   * Accepts no new connections; the addresses are free when this returns. Requests over open
   * connections are still served, each as the last of its connection.
   */
  public void stopListening() {
    answers.close();
    ports.forEach(p -> p.connections.stopListening());
  }

  /**
   * Stops: accepts no new connections, lets requests in progress end for the grace period, then
   * closes the remaining connections.
   */
  @Override
  public void close() {
    stopListening();
    long end = System.nanoTime() + FAREWELL_NANOS;
    while (ports.stream().mapToInt(p -> p.clients.closeIdle()).sum() > 0
        && System.nanoTime() - end < 0) {
      LockSupport.parkNanos(10_000_000);
    }
    for (Port p : ports) {
      // Stopping waits for connections to end, so idle ones are closed in the meantime.
      AtomicBoolean stopped = new AtomicBoolean();
      Thread ending = Thread.ofVirtual().start(() -> endIdle(p.clients, stopped));
      p.connections.close();
      stopped.set(true);
      LockSupport.unpark(ending);
    }
    sweeper.shutdownNow();
  }
}
