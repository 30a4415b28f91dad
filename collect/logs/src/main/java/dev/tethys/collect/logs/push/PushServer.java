package dev.tethys.collect.logs.push;

import dev.tethys.collect.logs.Delivery;
import dev.tethys.config.Key;
import dev.tethys.config.Section;
import dev.tethys.config.Type;
import dev.tethys.config.YamlObject;
import dev.tethys.web.HttpException;
import dev.tethys.web.HttpListener;
import dev.tethys.web.HttpListenerOptions;
import dev.tethys.web.HttpRequest;
import dev.tethys.web.Routes;
import dev.tethys.web.WebConfig;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.List;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The block {@code server} of a source that is pushed to.
 *
 * @param address listen address; "" for all interfaces
 * @param port 0 for any that is free
 * @param prefix prefix of all paths
 * @param tls null if none
 */
public record PushServer(
    String address, int port, String prefix, @Nullable ServerTls tls, ServerLimits limits) {
  /** Maximum time a request waits for the delivery of its entries before its sender must retry. */
  static final Duration TIME_LIMIT = Duration.ofSeconds(30);

  private static final Section SECTION =
      new Section("server", "Server settings: listen address, limits and TLS.");
  private static final Key<String> ADDRESS =
      SECTION.key(
          "http_listen_address", Type.STRING, "", "Address to listen on; all addresses if empty.");
  private static final Key<Long> PORT =
      SECTION.key("http_listen_port", Type.PORT, 0L, "Port to listen on; 0 for any free port.");
  private static final Key<String> PREFIX =
      SECTION.key("http_path_prefix", Type.STRING, "", "Prefix of all HTTP paths.");
  private static final Key<ServerTls> TLS =
      SECTION.optional("http_tls_config", ServerTls.TYPE, "TLS settings of the server.");

  static {
    SECTION.include(ServerLimits.SECTION);
    SECTION.include(ServerTls.BESIDE);
    String ofProgram =
        "Accepted and ignored, as in Promtail: the setting of the program's own server applies.";
    SECTION.key("register_instrumentation", Type.BOOL, true, ofProgram);
    for (String s : List.of("log_level", "log_format")) {
      SECTION.key(s, Type.STRING, "", ofProgram);
    }
  }

  /** The block in a configuration. */
  static final Type<PushServer> TYPE = SECTION.type(PushServer::read);

  private static PushServer read(YamlObject o) {
    String prefix = o.get(PREFIX);
    if (!prefix.isEmpty() && (!prefix.startsWith("/") || prefix.endsWith("/"))) {
      throw o.error(PREFIX, "http_path_prefix must begin but not end with /");
    }
    return new PushServer(
        o.get(ADDRESS),
        Math.toIntExact(o.get(PORT)),
        prefix,
        ServerTls.of(o, TLS),
        ServerLimits.read(o));
  }

  HttpListener listen(Routes routes, String what) throws IOException {
    try {
      HttpListenerOptions options =
          limits.of(
              HttpListenerOptions.on(
                      (address.contains(":") ? "[" + address + "]" : address) + ":" + port)
                  .withRoutePrefix(prefix));
      if (tls == null) {
        return HttpListener.start(options, routes, null);
      }
      WebConfig web = tls.web();
      return HttpListener.start(options, () -> web, routes, null);
    } catch (IOException | IllegalArgumentException e) {
      throw new IOException(
          what + " cannot listen on " + address + ":" + port + ": " + e.getMessage(), e);
    }
  }

  /**
   * Waits until the pushed entries are delivered; only then may they be acknowledged. Destinations
   * have the entries in their own queues, so that the request gives its memory back before.
   */
  static void delivered(HttpRequest request, Delivery d) throws InterruptedException {
    request.release();
    if (!d.await(TIME_LIMIT)) {
      throw new HttpException(
          503, "not delivered within " + TIME_LIMIT.toSeconds() + " seconds; send it again");
    }
  }

  /** Address of a listener as text. */
  static String text(@Nullable HttpListener l) {
    if (l == null) {
      return "";
    }
    return l.addresses().stream().map(PushServer::text).collect(Collectors.joining(", "));
  }

  private static String text(InetSocketAddress a) {
    String host = a.getAddress().getHostAddress();
    return (host.indexOf(':') >= 0 ? "[" + host + "]" : host) + ":" + a.getPort();
  }
}
