package dev.tethys.pipeline.server;

import dev.tethys.config.Key;
import dev.tethys.config.ListenAddressConfig;
import dev.tethys.config.Section;
import dev.tethys.config.Type;
import dev.tethys.config.YamlObject;
import dev.tethys.pipeline.Metadata;
import dev.tethys.pipeline.component.ServerAuth;
import dev.tethys.web.HttpListener;
import dev.tethys.web.HttpListenerOptions;
import dev.tethys.web.HttpRequest;
import dev.tethys.web.Routes;
import dev.tethys.web.WebConfig;
import java.io.IOException;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import java.util.function.Function;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Starts listeners from the Collector's settings. */
public final class Listeners {
  private Listeners() {}

  /** Returns the key for a listener's transport. */
  static Key<String> transport(Section s) {
    SequencedMap<String, String> words = new LinkedHashMap<>();
    for (String w : List.of("tcp", "tcp4", "tcp6", "unix")) {
      words.put(w, w);
    }
    return s.key(
        "transport",
        Type.oneOf("transport", words),
        "tcp",
        "Transport: tcp, or unix, where endpoint is the path of a socket.");
  }

  /** Address of a listener in the form of {@link HttpListenerOptions}. */
  static String address(YamlObject o, Key<String> endpoint, Key<String> transport) {
    String where = o.get(endpoint);
    if (o.get(transport).matches("tcp[46]")) {
      throw o.error(
          transport,
          "transport "
              + o.get(transport)
              + ": listening on a single IP version is not supported; remove transport, and set "
              + "endpoint to an address of that version");
    }
    if (!o.get(transport).equals("unix")) {
      if (o.has(endpoint)) { // a missing endpoint without a default is reported elsewhere
        checkForm(o, endpoint);
      }
      return where;
    }
    if (where.isEmpty() || !o.has(endpoint)) {
      throw o.error(endpoint, "endpoint requires the path of a socket where transport is unix");
    }
    return "unix:" + where;
  }

  private static void checkForm(YamlObject o, Key<String> endpoint) {
    try {
      ListenAddressConfig.parse(o.get(endpoint));
    } catch (IllegalArgumentException e) {
      throw o.error(endpoint, "endpoint: " + e.getMessage());
    }
  }

  /** Listens for gRPC. */
  static ServedPort start(GrpcServerSettings s, Routes routes, LongSupplier nanos)
      throws IOException {
    return start(
        HttpListenerOptions.on(s.endpoint()).withConnections(s.connections()).withHttp2(s.http2()),
        s.tls(),
        () -> ServerTlsSettings.webConfig(s.tls(), Map.of(), nanos),
        routes);
  }

  /** Listens for HTTP. */
  static ServedPort start(HttpServerSettings s, Routes routes, LongSupplier nanos)
      throws IOException {
    return start(s, options(s), routes, nanos);
  }

  /** Options of an HTTP listener. */
  static HttpListenerOptions options(HttpServerSettings s) {
    HttpListenerOptions o = HttpListenerOptions.on(s.endpoint()).withConnections(s.connections());
    Duration read = s.readTimeout();
    return read.isPositive() ? o.withReadTimeout(read) : o;
  }

  /** Listens for HTTP in a non-standard way. */
  static ServedPort start(
      HttpServerSettings s, HttpListenerOptions o, Routes routes, LongSupplier nanos)
      throws IOException {
    return start(
        o, s.tls(), () -> ServerTlsSettings.webConfig(s.tls(), s.responseHeaders(), nanos), routes);
  }

  @FunctionalInterface
  private interface Configs {
    Supplier<WebConfig> open() throws IOException;
  }

  private static ServedPort start(
      HttpListenerOptions o, @Nullable ServerTlsSettings tls, Configs configs, Routes routes)
      throws IOException {
    ServedPort.Settings settings = new ServedPort.Settings(o, tls);
    Supplier<WebConfig> config = configs.open();
    PortExchange exchange = PortExchange.current();
    HttpListener taken = exchange == null ? null : exchange.take(settings, config, routes);
    try {
      return new ServedPort(
          taken == null ? HttpListener.start(o, config, routes, null) : taken, settings);
    } catch (IllegalArgumentException e) {
      throw new IOException("endpoint: " + e.getMessage(), e);
    }
  }

  /**
   * Returns the client of a request, optionally with all of its headers.
   *
   * @param auth the extension that accepted it, or null
   * @param shown headers seen by the extension
   */
  static Metadata metadata(
      HttpRequest request,
      boolean headers,
      @Nullable ServerAuth auth,
      Function<String, List<String>> shown) {
    Map<String, List<String>> m = new LinkedHashMap<>();
    for (String name : headers ? request.headerNames() : List.<String>of()) {
      m.put(name, request.headers(name));
    }
    return new Metadata(
        m,
        new Metadata.Client(
            request.remoteAddress(), auth == null ? Map.of() : auth.attributes(shown)));
  }
}
