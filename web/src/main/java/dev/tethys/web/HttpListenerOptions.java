package dev.tethys.web;

import dev.tethys.model.tracing.SpanRecorder;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Options of an HTTP listener. The defaults are Prometheus's.
 *
 * @param addresses {@code host:port}, {@code :port} or {@code [v6]:port}; port 0 selects a free
 *     port; {@code unix:path} for a Unix socket; or {@link ListenAddress#SYSTEMD}
 * @param webConfigFile TLS, users, headers and rate limit; null if none
 * @param routePrefix prefix of all paths: "" or {@code /prefix}
 * @param maxConnections open connections; further connections wait until one ends
 * @param readTimeout timeout for reading a request, for an idle connection, and for a client that
 *     stops reading its response
 * @param maxUriBytes longest request line
 * @param maxHeaderBytes size of all headers of a request together
 * @param stopGrace time for which requests may continue after the listener is stopped
 * @param tracing creates a span for each request
 * @param proxied whether a connection may start with a header of the PROXY protocol, before TLS if
 *     it uses TLS; without TLS such a connection uses HTTP/1
 * @param connections timeouts of connections beyond the read timeout
 * @param http2 limits on clients of HTTP/2
 * @param origins origins of pages that may send requests which change state
 */
public record HttpListenerOptions(
    List<String> addresses,
    @Nullable Path webConfigFile,
    String routePrefix,
    int maxConnections,
    Duration readTimeout,
    int maxUriBytes,
    int maxHeaderBytes,
    Duration stopGrace,
    SpanRecorder tracing,
    boolean proxied,
    ConnectionTimes connections,
    Http2Limits http2,
    TrustedOrigins origins) {

  public HttpListenerOptions {
    addresses = List.copyOf(addresses);
    if (addresses.isEmpty()) {
      throw new IllegalArgumentException("a listener needs at least one address");
    }
    if (!routePrefix.isEmpty() && (!routePrefix.startsWith("/") || routePrefix.endsWith("/"))) {
      throw new IllegalArgumentException("a route prefix is empty or like /prefix: " + routePrefix);
    }
  }

  /** Returns Prometheus's defaults on these addresses. */
  public static HttpListenerOptions on(String... addresses) {
    return new HttpListenerOptions(
        List.of(addresses),
        null,
        "",
        512,
        Duration.ofMinutes(5),
        1 << 20,
        1 << 20,
        Duration.ofSeconds(10),
        SpanRecorder.OFF,
        false,
        ConnectionTimes.USUAL,
        Http2Limits.USUAL,
        TrustedOrigins.OWN);
  }

  public HttpListenerOptions withWebConfigFile(@Nullable Path file) {
    return with(v -> v.webConfigFile = file);
  }

  public HttpListenerOptions withRoutePrefix(String prefix) {
    return with(v -> v.routePrefix = prefix);
  }

  public HttpListenerOptions withMaxConnections(int n) {
    return with(v -> v.maxConnections = n);
  }

  public HttpListenerOptions withReadTimeout(Duration d) {
    return with(v -> v.readTimeout = d);
  }

  public HttpListenerOptions withStopGrace(Duration d) {
    return with(v -> v.stopGrace = d);
  }

  /** Records each request as a span; disabled by default. */
  public HttpListenerOptions withTracing(SpanRecorder recorder) {
    return with(v -> v.tracing = recorder);
  }

  /** Whether connections may start with a header that has the client's address behind a proxy. */
  public HttpListenerOptions withProxyHeaders(boolean wanted) {
    return with(v -> v.proxied = wanted);
  }

  /** Bounds of connections beyond the read timeout. */
  public HttpListenerOptions withConnections(ConnectionTimes times) {
    return with(v -> v.connections = times);
  }

  /** Limits for clients of HTTP/2. */
  public HttpListenerOptions withHttp2(Http2Limits limits) {
    return with(v -> v.http2 = limits);
  }

  /**
   * Adds origins of pages, in addition to the server's own, that may send state-changing requests.
   */
  public HttpListenerOptions withOrigins(TrustedOrigins trusted) {
    return with(v -> v.origins = trusted);
  }

  private HttpListenerOptions with(Consumer<Values> change) {
    Values v = new Values(this);
    change.accept(v);
    return v.options();
  }

  /** Builder with the same values. */
  private static final class Values {
    final List<String> addresses;
    @Nullable Path webConfigFile;
    String routePrefix;
    int maxConnections;
    Duration readTimeout;
    int maxUriBytes;
    int maxHeaderBytes;
    Duration stopGrace;
    SpanRecorder tracing;
    boolean proxied;
    ConnectionTimes connections;
    Http2Limits http2;
    TrustedOrigins origins;

    Values(HttpListenerOptions o) {
      addresses = o.addresses;
      webConfigFile = o.webConfigFile;
      routePrefix = o.routePrefix;
      maxConnections = o.maxConnections;
      readTimeout = o.readTimeout;
      maxUriBytes = o.maxUriBytes;
      maxHeaderBytes = o.maxHeaderBytes;
      stopGrace = o.stopGrace;
      tracing = o.tracing;
      proxied = o.proxied;
      connections = o.connections;
      http2 = o.http2;
      origins = o.origins;
    }

    HttpListenerOptions options() {
      return new HttpListenerOptions(
          addresses,
          webConfigFile,
          routePrefix,
          maxConnections,
          readTimeout,
          maxUriBytes,
          maxHeaderBytes,
          stopGrace,
          tracing,
          proxied,
          connections,
          http2,
          origins);
    }
  }
}
