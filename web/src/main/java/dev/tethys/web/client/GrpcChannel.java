package dev.tethys.web.client;

import dev.tethys.codec.CodecException;
import dev.tethys.codec.compression.Compression;
import dev.tethys.config.TlsConfig;
import dev.tethys.config.UrlText;
import dev.tethys.web.Grpc;
import dev.tethys.web.client.Http2Connection.Ended;
import dev.tethys.web.client.Http2Connection.NotSentException;
import java.io.Closeable;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.ReentrantLock;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSession;
import javax.net.ssl.SSLSocket;
import org.jspecify.annotations.Nullable;

/**
 * Unary gRPC calls to one endpoint, over HTTP/2 connections that are kept, made anew when they
 * break, and shared by all callers: one to each address that the endpoint's name has, calls going
 * round among them. Safe for any number of threads; blocks the one that calls.
 *
 * <p>The JDK's client can be used for gRPC neither without TLS (it does not begin with HTTP/2) nor
 * with it (it hides trailers, where the outcome stands); grpc-java is eight jars with Guava for
 * what takes a page here.
 */
public final class GrpcChannel implements AutoCloseable {
  /** The largest answer that is read; that of an export is a few bytes. */
  static final int MAX_ANSWER = 4 << 20;

  /** How long addresses of a name hold. */
  private static final long RESOLVE_NANOS = Duration.ofSeconds(30).toNanos();

  /**
   * Where and how.
   *
   * @param host name or address; ignored with a socket
   * @param unixSocket null for TCP
   * @param tls null for none
   * @param authority what is asked for, and with TLS verified; "" for host and port
   * @param roundRobin whether calls go round among all addresses; else the first that answers
   * @param keepaliveTime when a silent connection is asked whether it lives; zero for never
   * @param keepaliveTimeout how long it then has to answer
   * @param keepaliveIdle whether that is asked without calls under way, too
   * @param userAgent sent with every call
   */
  public record Options(
      String host,
      int port,
      @Nullable Path unixSocket,
      @Nullable TlsConfig tls,
      String authority,
      boolean roundRobin,
      Duration keepaliveTime,
      Duration keepaliveTimeout,
      boolean keepaliveIdle,
      String userAgent) {
    String shownAuthority() {
      if (!authority.isEmpty()) {
        return authority;
      }
      return unixSocket != null
          ? "localhost"
          : (host.indexOf(':') >= 0 ? "[" + host + "]" : host) + ":" + port;
    }
  }

  private record Peer(@Nullable InetSocketAddress address) {}

  private final Options options;
  private final ReentrantLock lock = new ReentrantLock();
  private final Map<Peer, Http2Connection> connections = new HashMap<>(); // guarded by lock
  private List<Peer> peers = List.of(); // guarded by lock
  private long resolvedAt; // guarded by lock
  private int turn; // guarded by lock
  private boolean closed; // guarded by lock
  private ClientTls.@Nullable Setup setup; // guarded by lock
  private List<ClientTls.Stamp> stamps = List.of(); // guarded by lock
  private volatile @Nullable SSLSession session;

  public GrpcChannel(Options options) {
    this.options = options;
  }

  /**
   * Calls a method.
   *
   * @param path {@code /package.Service/Method}
   * @param headers names in lower case
   * @param message the request, already compressed when it says so
   * @param encoding of the message, "" for none
   * @throws IOException when no answer came: the server may or may not have seen the call
   */
  public GrpcReply call(
      String path, Map<String, String> headers, byte[] message, String encoding, Duration timeout)
      throws IOException, InterruptedException {
    long deadline = System.nanoTime() + timeout.toNanos();
    Map<String, String> all = new LinkedHashMap<>();
    all.put("content-type", "application/grpc");
    all.put("te", "trailers");
    all.put("user-agent", options.userAgent());
    all.put("grpc-timeout", Math.clamp(timeout.toMillis(), 1, 99_999_999) + "m");
    if (!encoding.isEmpty()) {
      all.put("grpc-encoding", encoding);
    }
    all.put("grpc-accept-encoding", Grpc.ENCODINGS);
    all.putAll(headers);
    byte[] prefix =
        ByteBuffer.allocate(5)
            .put((byte) (encoding.isEmpty() ? 0 : 1))
            .putInt(message.length)
            .array();
    for (int attempt = 0; ; attempt++) {
      Http2Connection c = connection(deadline);
      try {
        return reply(c.call(path, all, prefix, message, deadline));
      } catch (NotSentException e) {
        // The server has surely not worked on it, so it is not sent twice.
        if (attempt == 2 || System.nanoTime() - deadline >= 0) {
          throw e;
        }
      }
    }
  }

  private static GrpcReply reply(Ended e) {
    Map<String, List<String>> h = e.headers();
    String status = first(h, "grpc-status");
    String said = decoded(first(h, "grpc-message"));
    if (status.isEmpty()) {
      int http = e.httpStatus();
      return new GrpcReply(ofHttp(http), "no grpc-status; HTTP status " + http, new byte[0], h);
    }
    int code;
    try {
      code = Integer.parseInt(status);
    } catch (NumberFormatException x) {
      return new GrpcReply(GrpcReply.UNKNOWN, "grpc-status " + status, new byte[0], h);
    }
    byte[] b = e.body();
    if (code != GrpcReply.OK) {
      return new GrpcReply(code, said, new byte[0], h);
    }
    if (b.length < 5 || b[0] >>> 1 != 0 || ByteBuffer.wrap(b).getInt(1) != b.length - 5) {
      return new GrpcReply(GrpcReply.INTERNAL, "the answer is not one message", new byte[0], h);
    }
    if (b[0] == 0) {
      return new GrpcReply(code, said, Arrays.copyOfRange(b, 5, b.length), h);
    }
    // grpc-go answers in the encoding of the request, whatever it was told is accepted.
    String encoding = first(h, "grpc-encoding");
    Compression c = Grpc.compression(encoding);
    if (c == null) {
      String problem = "the answer is compressed with \"" + encoding + "\", which is not spoken";
      return new GrpcReply(GrpcReply.INTERNAL, problem, new byte[0], h);
    }
    try {
      byte[] whole = c.decompress(b, 5, b.length - 5, MAX_ANSWER);
      return new GrpcReply(code, said, whole, h);
    } catch (CodecException x) {
      String problem = "the answer is not valid " + encoding + ": " + x.getMessage();
      return new GrpcReply(GrpcReply.INTERNAL, problem, new byte[0], h);
    }
  }

  /** As gRPC maps answers of those that do not speak it. */
  private static int ofHttp(int status) {
    return switch (status) {
      case 400 -> GrpcReply.INTERNAL;
      case 401 -> GrpcReply.UNAUTHENTICATED;
      case 403 -> GrpcReply.PERMISSION_DENIED;
      case 404 -> GrpcReply.UNIMPLEMENTED;
      case 429, 502, 503, 504 -> GrpcReply.UNAVAILABLE;
      default -> GrpcReply.UNKNOWN;
    };
  }

  private static String first(Map<String, List<String>> h, String name) {
    List<String> v = h.getOrDefault(name, List.of());
    return v.isEmpty() ? "" : v.getFirst();
  }

  /** Undoes gRPC's percent-encoding of messages; what is not well-formed stays. */
  private static String decoded(String s) {
    if (s.indexOf('%') < 0) {
      return s;
    }
    byte[] out = new byte[s.length() * 3];
    int n = 0;
    for (int i = 0; i < s.length(); i++) {
      char c = s.charAt(i);
      int hex =
          c == '%' && i + 2 < s.length()
              ? Character.digit(s.charAt(i + 1), 16) << 4 | Character.digit(s.charAt(i + 2), 16)
              : -1;
      if (hex >= 0) {
        out[n++] = (byte) hex;
        i += 2;
      } else {
        out[n++] = (byte) c;
      }
    }
    return new String(out, 0, n, java.nio.charset.StandardCharsets.UTF_8);
  }

  private Http2Connection connection(long deadline) throws IOException {
    lock.lock();
    try {
      if (closed) {
        throw new IOException("the channel is closed");
      }
      List<Peer> all = peers(deadline);
      IOException failure = null;
      int start = options.roundRobin() ? turn++ & Integer.MAX_VALUE : 0;
      for (int i = 0; i < all.size(); i++) {
        Peer p = all.get((start + i) % all.size());
        Http2Connection c = connections.get(p);
        if (c != null && c.isOpen()) {
          return c;
        }
        try {
          Http2Connection made = connect(p, deadline);
          connections.put(p, made);
          return made;
        } catch (IOException e) {
          failure = e;
        }
      }
      resolvedAt = 0;
      peers = List.of();
      throw failure == null
          ? new IOException("lookup " + options.host() + ": no such host")
          : failure;
    } finally {
      lock.unlock();
    }
  }

  private List<Peer> peers(long deadline) throws IOException {
    long now = System.nanoTime();
    if (peers.isEmpty() || now - resolvedAt > RESOLVE_NANOS) {
      if (options.unixSocket() != null) {
        peers = List.of(new Peer(null));
      } else {
        if (options.port() < 0 || options.port() > UrlText.MAX_PORT) {
          throw new IOException("dial tcp: address " + options.port() + ": invalid port");
        }
        List<Peer> found = new ArrayList<>();
        try {
          for (InetAddress a : NameLookup.all(options.host(), deadline)) {
            found.add(new Peer(new InetSocketAddress(a, options.port())));
          }
        } catch (java.net.UnknownHostException e) {
          throw new IOException("lookup " + options.host() + ": no such host", e);
        }
        peers = found;
        // Addresses that the name has no more are let go; calls under way end first.
        connections
            .entrySet()
            .removeIf(
                e -> {
                  boolean gone = !found.contains(e.getKey());
                  if (gone) {
                    e.getValue().retire();
                  }
                  return gone;
                });
      }
      resolvedAt = now;
    }
    return peers;
  }

  private Http2Connection connect(Peer p, long deadline) throws IOException {
    int millis = (int) Math.clamp((deadline - System.nanoTime()) / 1_000_000, 1, Integer.MAX_VALUE);
    Wire wire;
    if (options.unixSocket() != null) {
      wire = Wire.unix(options.unixSocket()).dial(s -> {});
    } else {
      try {
        Socket plain = new Socket();
        wire =
            Wire.of(connected(plain, java.util.Objects.requireNonNull(p.address()), millis), plain);
      } catch (java.net.ConnectException e) {
        throw new IOException("connect: " + p.address() + ": connection refused", e);
      } catch (java.net.SocketTimeoutException e) {
        throw new IOException("connect: " + p.address() + ": timed out", e);
      }
    }
    try {
      return Http2Connection.start(
          wire,
          options.tls() != null,
          options.shownAuthority(),
          MAX_ANSWER,
          options.keepaliveTime(),
          options.keepaliveTimeout(),
          options.keepaliveIdle());
    } catch (IOException e) {
      wire.abort();
      throw e;
    }
  }

  private Socket connected(Socket socket, InetSocketAddress address, int millis)
      throws IOException {
    try {
      socket.setTcpNoDelay(true);
      socket.connect(address, millis);
      TlsConfig tls = options.tls();
      if (tls == null) {
        return socket;
      }
      ClientTls.Setup s = setup(tls);
      String name = options.authority().isEmpty() ? options.host() : host(options.authority());
      SSLSocket secured =
          (SSLSocket)
              s.context().getSocketFactory().createSocket(socket, name, options.port(), true);
      SSLParameters parameters = secured.getSSLParameters();
      parameters.setProtocols(s.protocols().toArray(String[]::new));
      parameters.setApplicationProtocols(new String[] {"h2"});
      if (!tls.insecureSkipVerify()) {
        parameters.setEndpointIdentificationAlgorithm("HTTPS");
      }
      secured.setSSLParameters(parameters);
      socket.setSoTimeout(millis);
      secured.startHandshake();
      socket.setSoTimeout(0);
      if (!"h2".equals(secured.getApplicationProtocol())) {
        throw new IOException(options.host() + " does not speak HTTP/2 (ALPN h2)");
      }
      session = secured.getSession();
      return secured;
    } catch (IOException | RuntimeException e) {
      close(socket);
      throw e;
    }
  }

  private static String host(String authority) {
    int colon = authority.lastIndexOf(':');
    return colon > 0 && authority.indexOf(']') < colon ? authority.substring(0, colon) : authority;
  }

  /** The session of the newest secured connection; null when there was none. */
  public @Nullable SSLSession session() {
    return session;
  }

  /** Files that have changed are read again for the next connection. */
  private ClientTls.Setup setup(TlsConfig tls) throws IOException {
    List<ClientTls.Stamp> now = ClientTls.stamps(tls);
    ClientTls.Setup s = setup;
    if (s == null || !now.equals(stamps)) {
      s = ClientTls.setup(tls);
      setup = s;
      stamps = now;
    }
    return s;
  }

  private static void close(Closeable c) {
    try {
      c.close();
    } catch (IOException e) {
      // it is over anyway
    }
  }

  /** Ends all connections; calls under way fail. */
  @Override
  public void close() {
    lock.lock();
    try {
      closed = true;
      connections.values().forEach(Http2Connection::close);
      connections.clear();
    } finally {
      lock.unlock();
    }
  }
}
