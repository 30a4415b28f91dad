package dev.tethys.collect.logs.push;

import dev.tethys.collect.logs.Delivery;
import dev.tethys.config.Key;
import dev.tethys.config.Secret;
import dev.tethys.config.Section;
import dev.tethys.config.TlsConfig.TlsVersion;
import dev.tethys.config.Type;
import dev.tethys.config.YamlObject;
import dev.tethys.web.HttpException;
import dev.tethys.web.HttpListener;
import dev.tethys.web.HttpListenerOptions;
import dev.tethys.web.Routes;
import dev.tethys.web.WebConfig;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The block {@code server} of a source that is pushed to.
 *
 * @param address on which it listens; "" for all
 * @param port 0 for any that is free
 * @param prefix before every path
 * @param certFile "" for no TLS
 */
public record PushServer(
    String address, int port, String prefix, String certFile, String keyFile, String clientCaFile) {
  /**
   * How long a request waits for its entries to be delivered before its sender is told to retry.
   */
  static final Duration PATIENCE = Duration.ofSeconds(30);

  private static final Section TLS = new Section("http_tls_config", "TLS of the server.");
  private static final Key<String> CERT_FILE =
      TLS.key("cert_file", Type.PATH, "", "File of the certificate chain.");
  private static final Key<String> KEY_FILE =
      TLS.key("key_file", Type.PATH, "", "File of the private key.");
  private static final Key<String> CLIENT_CA_FILE =
      TLS.key("client_ca_file", Type.PATH, "", "Authorities of which clients must show one.");

  static {
    TLS.notBuilt("cert", "Certificate as text.")
        .notBuilt("key", "Key as text.")
        .notBuilt("client_auth_type", "Given client_ca_file, clients must show a certificate.")
        .notBuilt("client_ca", "Authorities as text.");
  }

  private static final Section SECTION = new Section("server", "Where it listens.");
  private static final Key<String> ADDRESS =
      SECTION.key("http_listen_address", Type.STRING, "", "Where it listens; all addresses.");
  private static final Key<Long> PORT =
      SECTION.key("http_listen_port", Type.INT, 0L, "Its port; 0 for any that is free.");
  private static final Key<String> PREFIX =
      SECTION.key("http_path_prefix", Type.STRING, "", "Before every path.");
  private static final Key<YamlObject> TLS_KEY =
      SECTION.optional("http_tls_config", TLS.type(o -> o), "TLS.");

  static {
    SECTION.key("grpc_listen_address", Type.STRING, "", "Without effect: nothing is served there.");
    SECTION.key("grpc_listen_port", Type.INT, 0L, "Without effect: nothing is served there.");
    for (String limit :
        List.of(
            "graceful_shutdown_timeout",
            "http_server_read_timeout",
            "http_server_write_timeout",
            "http_server_idle_timeout",
            "http_listen_conn_limit",
            "grpc_listen_conn_limit",
            "grpc_server_max_recv_msg_size",
            "grpc_server_max_send_msg_size",
            "grpc_server_max_concurrent_streams",
            "register_instrumentation",
            "log_level",
            "log_format")) {
      SECTION.notBuilt(limit, "A limit.");
    }
  }

  /** The block in a configuration. */
  static final Type<PushServer> TYPE = SECTION.type(PushServer::read);

  private static PushServer read(YamlObject o) {
    String prefix = o.get(PREFIX);
    if (!prefix.isEmpty() && (!prefix.startsWith("/") || prefix.endsWith("/"))) {
      throw o.error(PREFIX, "http_path_prefix begins with / and does not end with one");
    }
    YamlObject tls = o.find(TLS_KEY);
    if (tls != null && (tls.get(CERT_FILE).isEmpty() || tls.get(KEY_FILE).isEmpty())) {
      throw tls.error("cert_file and key_file must be configured");
    }
    return new PushServer(
        o.get(ADDRESS),
        Math.toIntExact(o.get(PORT)),
        prefix,
        tls == null ? "" : tls.get(CERT_FILE),
        tls == null ? "" : tls.get(KEY_FILE),
        tls == null ? "" : tls.get(CLIENT_CA_FILE));
  }

  HttpListener listen(Routes routes, String what) throws IOException {
    try {
      HttpListenerOptions options =
          HttpListenerOptions.on(
                  (address.contains(":") ? "[" + address + "]" : address) + ":" + port)
              .withRoutePrefix(prefix);
      if (certFile.isEmpty()) {
        return HttpListener.start(options, routes, null);
      }
      WebConfig.ServerTls tls =
          WebConfig.ServerTls.read(
              "",
              certFile,
              Secret.NONE,
              keyFile,
              clientCaFile,
              TlsVersion.TLS12,
              TlsVersion.TLS13,
              List.of(),
              List.of());
      WebConfig web = new WebConfig(tls, true, Map.of(), Map.of(), null);
      return HttpListener.start(options, () -> web, routes, null);
    } catch (IOException | IllegalArgumentException e) {
      throw new IOException(
          what + " cannot listen on " + address + ":" + port + ": " + e.getMessage(), e);
    }
  }

  /** Waits until what was pushed is delivered; only then it may be acknowledged. */
  static void delivered(Delivery d) throws InterruptedException {
    if (!d.await(PATIENCE)) {
      throw new HttpException(
          503, "not delivered within " + PATIENCE.toSeconds() + " seconds; send it again");
    }
  }

  /** Where a listener listens, as text. */
  static String text(@Nullable HttpListener l) {
    return l == null ? "" : String.valueOf(l.addresses());
  }
}
