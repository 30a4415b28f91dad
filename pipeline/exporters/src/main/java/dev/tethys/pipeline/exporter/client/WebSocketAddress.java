package dev.tethys.pipeline.exporter.client;

import dev.tethys.config.Key;
import dev.tethys.config.Secret;
import dev.tethys.config.Section;
import dev.tethys.config.UrlHost;
import dev.tethys.config.YamlObject;
import dev.tethys.pipeline.client.ClientKeys;
import dev.tethys.web.client.WebSocketStreams.Upgrade;
import java.io.IOException;
import java.net.URI;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Address of a protocol over WebSockets: {@code ws://host:port/path}, or {@code wss} with TLS.
 *
 * @param authority host and port, without the default port
 * @param headers headers of the opening request
 */
public record WebSocketAddress(
    String authority, String path, String protocol, Map<String, Secret> headers) {
  /** Returns the key for headers in the section of an exporter. */
  public static Key<Map<String, Secret>> headers(Section s) {
    return s.key(
        "headers",
        ClientKeys.HEADERS,
        Map.of(),
        "Headers of the request that opens a WebSocket (ws:// and wss://).");
  }

  /** Whether a URL is of WebSockets. */
  public static boolean isOne(URI u) {
    return "ws".equals(u.getScheme()) || "wss".equals(u.getScheme());
  }

  /**
   * Parses a URL; returns null if it is not a WebSocket URL.
   *
   * @param path default path
   * @param protocol requested subprotocol; "" for none
   */
  public static @Nullable WebSocketAddress of(
      URI u, String path, String protocol, YamlObject o, Key<Map<String, Secret>> headers) {
    if (!isOne(u)) {
      return null;
    }
    String own = u.getRawPath() == null || u.getRawPath().isEmpty() ? path : u.getRawPath();
    // The signature covers the host without the default port, so the request must omit it too.
    String usual = "wss".equals(u.getScheme()) ? ":443" : ":80";
    String authority = u.getRawAuthority();
    return new WebSocketAddress(
        authority.endsWith(usual)
            ? authority.substring(0, authority.length() - usual.length())
            : authority,
        u.getRawQuery() == null ? own : own + "?" + u.getRawQuery(),
        protocol,
        o.get(headers));
  }

  /** Returns the same server with another path and query. */
  public WebSocketAddress withPath(String other) {
    return new WebSocketAddress(authority, other, protocol, headers);
  }

  /** Returns the port of a WebSocket URL. */
  public static int port(URI u) {
    int port = UrlHost.port(u);
    return port > 0 ? port : "wss".equals(u.getScheme()) ? 443 : 80;
  }

  /** Opens one on a connection that is fresh. */
  public void open(LineSockets.Line line) throws IOException {
    Map<String, String> sent = new LinkedHashMap<>();
    headers.forEach((k, v) -> sent.put(k, v.value()));
    line.upgrade(new Upgrade(authority, path, protocol, sent));
  }
}
