package dev.tethys.web.client;

import dev.tethys.config.HttpClientConfig;
import dev.tethys.config.UrlHost;
import java.io.ByteArrayInputStream;
import java.io.Closeable;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpTimeoutException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Consumer;
import javax.net.ssl.SSLSession;
import javax.net.ssl.SSLSocket;
import org.jspecify.annotations.Nullable;

/**
 * HTTP client for probes: each call has its own connection and reports the time of every phase.
 * Follows no redirects and keeps no connections, except those of HTTP/3 until it is closed.
 */
public final class TracedClient implements AutoCloseable {
  private final HttpClientConfig config;
  private final Transport transport;
  private final @Nullable Tokens tokens;
  private final Deadlines deadlines;
  private final @Nullable Http3Calls http3;

  /**
   * Creates a client.
   *
   * @param http3 null for HTTP/1.1 and HTTP/2
   */
  TracedClient(
      HttpClientConfig config,
      Transport transport,
      @Nullable Tokens tokens,
      Deadlines deadlines,
      @Nullable Http3Calls http3) {
    this.config = config;
    this.transport = transport;
    this.tokens = tokens;
    this.deadlines = deadlines;
    this.http3 = http3;
  }

  /**
   * Description of a request.
   *
   * @param address address to connect to, instead of one of the host's; null to resolve the name
   * @param host the value of the Host header
   * @param serverName name that TLS requests and verifies, if the configuration sets none
   * @param trusted whether credentials and headers of the configuration are sent
   * @param deadline deadline as a {@link System#nanoTime} value
   * @param maxBody largest body accepted if it cannot be streamed (HTTP/2)
   */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  public record Request(
      String method,
      URI uri,
      @Nullable InetAddress address,
      String host,
      String serverName,
      Map<String, List<String>> headers,
      byte @Nullable [] body,
      boolean trusted,
      long deadline,
      int maxBody) {}

  /**
   * Times of a request's phases as {@link System#nanoTime} values; 0 for a phase that did not
   * happen.
   */
  public static final class Times {
    long started;
    long resolved;
    long connected;
    long tlsStarted;
    long secured;
    long ready;
    volatile long firstByte;

    /** When the name began to be looked up, or connecting began. */
    public long started() {
      return started;
    }

    /** Returns the time at which the last address was resolved. */
    public long resolved() {
      return resolved;
    }

    public long connected() {
      return connected;
    }

    public long tlsStarted() {
      return tlsStarted;
    }

    public long secured() {
      return secured;
    }

    /** When the request could be sent. */
    public long ready() {
      return ready;
    }

    public long firstByte() {
      return firstByte;
    }
  }

  /**
   * Response of a traced call; must be closed.
   *
   * @param version {@code HTTP/1.1}, {@code HTTP/2.0}, {@code HTTP/3.0}
   * @param session TLS session, or null without TLS
   */
  public record Exchange(ClientResponse answer, String version, @Nullable SSLSession session)
      implements AutoCloseable {
    @Override
    public void close() {
      answer.close();
    }
  }

  /** Whether a proxy is used for a URL. */
  public boolean isProxied(URI uri) {
    return transport.proxies().find(uri) != null;
  }

  /**
   * Sends a request.
   *
   * @param times receives the time of each phase, whether or not it succeeds
   * @throws IOException if no response arrives
   */
  public Exchange send(Request r, Times times) throws IOException, InterruptedException {
    UrlPort.check(r.uri);
    Map<String, List<String>> headers =
        r.trusted ? headers(r.deadline) : new TreeMap<>(String.CASE_INSENSITIVE_ORDER);
    headers.putAll(r.headers);
    String path =
        r.uri.getRawPath() == null || r.uri.getRawPath().isEmpty() ? "/" : r.uri.getRawPath();
    String target = r.uri.getRawQuery() == null ? path : path + "?" + r.uri.getRawQuery();
    if (http3 != null) {
      return http3.send(r, target, headers, times);
    }
    URI proxy = transport.proxies().find(r.uri);
    Dialled dialled = new Dialled(r, times, proxy);
    if (proxy != null && dialled.route().forwards()) {
      target = r.uri.getScheme() + "://" + r.host + target;
      String authorization = transport.proxies().authorization(r.uri);
      if (authorization != null) {
        headers.put("Proxy-Authorization", List.of(authorization));
      }
    }
    ClientRequest call =
        new ClientRequest(r.method, r.uri, Map.of(), r.body, Duration.ofNanos(1), null);
    ConnectionStreams wire = dialled.dialInTime();
    if (dialled.http2) {
      return new Exchange(overHttp2(wire, r, target, headers, times), "HTTP/2.0", dialled.session);
    }
    Http1Call http1 =
        new Http1Call(call, r.host, target, new RequestHeaders(headers), r.deadline, deadlines);
    ClientResponse a =
        http1.send(
            opened -> {
              opened.accept(wire.below());
              return wire;
            });
    return new Exchange(a, http1.version(), dialled.session);
  }

  /**
   * Returns the headers of the configuration, including credentials.
   *
   * @param deadline deadline for fetching a token, as a {@link System#nanoTime} value
   * @throws IOException if a file cannot be read or no token is available
   */
  public Map<String, List<String>> headers(long deadline) throws IOException, InterruptedException {
    Map<String, List<String>> headers = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);
    for (Map.Entry<String, String> h : Credentials.headers(config)) {
      headers.computeIfAbsent(h.getKey(), k -> new ArrayList<>()).add(h.getValue());
    }
    String authorization = Credentials.authorization(config);
    if (tokens != null) {
      authorization =
          tokens.authorization(Duration.ofNanos(Math.max(1, deadline - System.nanoTime())));
    }
    if (authorization != null) {
      headers.put("Authorization", List.of(authorization));
    }
    return headers;
  }

  private static ClientResponse overHttp2(
      ConnectionStreams wire,
      Request r,
      String target,
      Map<String, List<String>> headers,
      Times times)
      throws IOException, InterruptedException {
    Http2Connection c =
        Http2Connection.start(
            wire, true, r.host, r.maxBody, Duration.ZERO, Duration.ofSeconds(20), false);
    try {
      Map<String, String> lower = new LinkedHashMap<>();
      headers.forEach((k, v) -> lower.put(k.toLowerCase(Locale.ROOT), String.join(", ", v)));
      byte[] body = r.body == null ? new byte[0] : r.body;
      if (body.length > 0) {
        lower.put("content-length", Integer.toString(body.length));
      }
      Http2Connection.Ended e = c.call(r.method, target, lower, body, r.deadline);
      times.firstByte = e.headersAt();
      return new ClientResponse(e.httpStatus(), e.headers(), new ByteArrayInputStream(e.body()));
    } finally {
      c.close();
    }
  }

  /** Closes idle connections. */
  @Override
  public void close() {
    if (http3 != null) {
      http3.close();
    }
  }

  /** Dials the connection of one request. */
  private final class Dialled {
    private final Request r;
    private final Times times;
    private final @Nullable URI proxy;
    private boolean http2;
    private @Nullable SSLSession session;

    Dialled(Request r, Times times, @Nullable URI proxy) {
      this.r = r;
      this.times = times;
      this.proxy = proxy;
    }

    ProxyRoute route() throws IOException {
      return new ProxyRoute(
          java.util.Objects.requireNonNull(proxy),
          r.uri,
          transport.proxies().authorization(r.uri),
          transport.proxies().connectHeader(),
          transport.tls());
    }

    /** Closing interrupts a blocked socket at its deadline. */
    ConnectionStreams dialInTime() throws IOException {
      Closeable[] socket = new Closeable[1]; // guarded by itself
      boolean[] late = new boolean[1]; // guarded by socket
      Deadlines.Watch watch =
          deadlines.watch(
              r.deadline,
              () -> {
                Closeable s;
                synchronized (socket) {
                  late[0] = true;
                  s = socket[0];
                }
                close(s);
              });
      try {
        return dial(
            s -> {
              boolean over;
              synchronized (socket) {
                socket[0] = s;
                over = late[0];
              }
              if (over) {
                close(s);
              }
            });
      } catch (IOException e) {
        boolean over;
        synchronized (socket) {
          over = late[0];
          close(socket[0]);
        }
        throw over ? new HttpTimeoutException("context deadline exceeded") : e;
      } finally {
        watch.over();
      }
    }

    private static void close(@Nullable Closeable c) {
      try {
        if (c != null) {
          c.close();
        }
      } catch (IOException e) {
        // it is over anyway
      }
    }

    private ConnectionStreams dial(Consumer<Closeable> opened) throws IOException {
      boolean tls = "https".equalsIgnoreCase(r.uri.getScheme());
      times.started = System.nanoTime();
      Socket plain = new Socket();
      Socket socket = plain;
      if (proxy != null) {
        times.resolved = times.started;
        opened.accept(plain);
        socket = route().open(plain, r.deadline);
      } else {
        InetAddress address = r.address;
        if (address == null) {
          address = NameLookup.all(UrlHost.bare(r.uri), r.deadline).getFirst();
        }
        times.resolved = System.nanoTime();
        opened.accept(plain);
        connect(plain, address);
      }
      times.connected = System.nanoTime();
      if (tls) {
        times.tlsStarted = System.nanoTime();
        String name =
            config.tls().serverName().isEmpty() ? r.serverName : config.tls().serverName();
        SSLSocket secured =
            ClientTls.secured(
                transport.tls(),
                config.tls(),
                socket,
                name,
                UrlPort.of(r.uri),
                transport.http2() ? new String[] {"h2", "http/1.1"} : new String[] {"http/1.1"});
        times.secured = System.nanoTime();
        session = secured.getSession();
        http2 = "h2".equals(secured.getApplicationProtocol());
        socket = secured;
      }
      times.ready = System.nanoTime();
      ConnectionStreams w = ConnectionStreams.of(socket, plain);
      return http2 ? w : new ConnectionStreams(new Noticed(w.in(), times), w.out(), socket, plain);
    }

    private void connect(Socket socket, InetAddress address) throws IOException {
      socket.setTcpNoDelay(true);
      int millis = (int) Math.clamp((r.deadline - System.nanoTime()) / 1_000_000, 1, 1 << 30);
      try {
        socket.connect(new InetSocketAddress(address, UrlPort.of(r.uri)), millis);
      } catch (java.net.SocketTimeoutException e) {
        throw new HttpTimeoutException("context deadline exceeded");
      } catch (ConnectException e) {
        throw new ConnectException(
            "dial tcp "
                + address.getHostAddress()
                + ":"
                + UrlPort.of(r.uri)
                + ": connect: connection refused");
      }
    }
  }

  /** Records the arrival of the first byte. */
  private static final class Noticed extends FilterInputStream {
    private final Times times;

    Noticed(InputStream in, Times times) {
      super(in);
      this.times = times;
    }

    @Override
    public int read() throws IOException {
      int b = super.read();
      notice();
      return b;
    }

    @Override
    public int read(byte[] b, int offset, int length) throws IOException {
      int n = super.read(b, offset, length);
      notice();
      return n;
    }

    private void notice() {
      if (times.firstByte == 0) {
        times.firstByte = System.nanoTime();
      }
    }
  }
}
