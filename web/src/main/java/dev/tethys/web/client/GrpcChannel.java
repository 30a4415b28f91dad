package dev.tethys.web.client;

import dev.tethys.codec.CodecException;
import dev.tethys.codec.compression.Compression;
import dev.tethys.config.TlsConfig;
import dev.tethys.web.Grpc;
import dev.tethys.web.client.Http2Connection.Ended;
import dev.tethys.web.client.Http2Connection.NotSentException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import javax.net.ssl.SSLSession;
import org.jspecify.annotations.Nullable;

/**
 * Unary gRPC calls to one endpoint over cached HTTP/2 connections, which all callers share. A
 * broken connection is replaced. There is one connection to each address of the endpoint's name,
 * and calls use them in turn. Thread-safe; the calling thread blocks.
 *
 * <p>The JDK's client does not support gRPC: without TLS it does not start with HTTP/2, with TLS it
 * hides the trailers that hold the status. grpc-java needs eight jars, with Guava, for a page of
 * code.
 */
public final class GrpcChannel implements AutoCloseable {
  /** Maximum response size; that of an export is a few bytes. */
  static final int MAX_ANSWER = 4 << 20;

  /**
   * Endpoint and options of a channel.
   *
   * @param host name or address; ignored with a socket
   * @param unixSocket null for TCP
   * @param tls null if none
   * @param authority name sent to the server and, with TLS, verified; "" for host and port
   * @param roundRobin whether calls use all addresses in turn; otherwise the first that accepts a
   *     connection
   * @param keepaliveTime silence after which a connection is checked by a ping; zero for never
   * @param keepaliveTimeout timeout of that ping
   * @param keepaliveIdle whether connections without calls are checked, too
   * @param userAgent user agent sent with every call
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

  private final Options options;
  private final GrpcConnections connections;

  public GrpcChannel(Options options) {
    this.options = options;
    this.connections = new GrpcConnections(options);
  }

  /**
   * Calls a method.
   *
   * @param path {@code /package.Service/Method}
   * @param headers names in lower case
   * @param message the request, already compressed if {@code encoding} is set
   * @param encoding compression of the message, "" for none
   * @throws IOException if no response arrived: the server may or may not have processed the call
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
      Http2Connection c = connections.next(deadline);
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
    String message = decoded(first(h, "grpc-message"));
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
      return new GrpcReply(code, message, new byte[0], h);
    }
    if (b.length < 5 || b[0] >>> 1 != 0 || ByteBuffer.wrap(b).getInt(1) != b.length - 5) {
      return new GrpcReply(GrpcReply.INTERNAL, "the response is not one message", new byte[0], h);
    }
    if (b[0] == 0) {
      return new GrpcReply(code, message, Arrays.copyOfRange(b, 5, b.length), h);
    }
    // grpc-go responds in the encoding of the request, regardless of the accepted encodings.
    String encoding = first(h, "grpc-encoding");
    Compression c = Grpc.compression(encoding);
    if (c == null) {
      String problem =
          "the response is compressed with \"" + encoding + "\", which is not supported";
      return new GrpcReply(GrpcReply.INTERNAL, problem, new byte[0], h);
    }
    try {
      byte[] whole = c.decompress(b, 5, b.length - 5, MAX_ANSWER);
      return new GrpcReply(code, message, whole, h);
    } catch (CodecException x) {
      String problem = "the response is not valid " + encoding + ": " + x.getMessage();
      return new GrpcReply(GrpcReply.INTERNAL, problem, new byte[0], h);
    }
  }

  /** Status for an HTTP status from a server without gRPC, mapped as in gRPC's specification. */
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

  /** Decodes gRPC's percent-encoding of messages; malformed parts stay unchanged. */
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

  /** Returns the session of the newest secured connection, or null if there was none. */
  public @Nullable SSLSession session() {
    return connections.session();
  }

  /** Closes all connections, including those being opened; calls in progress fail. */
  @Override
  public void close() {
    connections.close();
  }
}
