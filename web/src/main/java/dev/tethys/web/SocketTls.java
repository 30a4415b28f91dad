package dev.tethys.web;

import dev.tethys.config.ConfigException;
import dev.tethys.config.Key;
import dev.tethys.config.Section;
import dev.tethys.config.TlsConfig;
import dev.tethys.config.Type;
import dev.tethys.config.YamlDocument;
import dev.tethys.config.YamlNode;
import dev.tethys.config.YamlObject;
import dev.tethys.web.client.TlsSockets;
import dev.tethys.web.internal.ServerSockets;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.SSLSocketFactory;

/**
 * TLS of a peer-to-peer protocol over sockets, in which each process is server and client. One file
 * holds {@code tls_server_config}, as in {@code --web.config.file}, and {@code tls_client_config},
 * as in {@code tls_config}. Certificates are read together with the file.
 */
public final class SocketTls {
  private static final Section SECTION =
      new Section("cluster_tls_config", "TLS between the members of a cluster.");
  private static final Key<YamlNode> SERVER =
      SECTION.optional(
          "tls_server_config",
          Type.of("tls_server_config", null, n -> n),
          "TLS of incoming connections.");
  private static final Key<YamlNode> CLIENT =
      SECTION.optional(
          "tls_client_config", Type.of("tls_config", null, n -> n), "TLS of outgoing connections.");

  private final ServerSockets server;
  private final SSLSocketFactory accepting;
  private final SSLSocketFactory calling;
  private final String[] protocols;
  private final TlsConfig client;

  private SocketTls(WebConfig.ServerTls server, TlsConfig client) throws IOException {
    this(new WebConfig(server, false, Map.of(), Map.of(), null), client);
  }

  private SocketTls(WebConfig config, TlsConfig client) throws IOException {
    this(() -> config, client);
  }

  private SocketTls(Supplier<WebConfig> server, TlsConfig client) throws IOException {
    this.server = new ServerSockets(server);
    this.accepting = this.server.context().getSocketFactory();
    this.calling = TlsSockets.factory(client);
    this.protocols = TlsSockets.protocols(client).split(" ");
    this.client = client;
  }

  /**
   * Reads a file.
   *
   * @throws ConfigException if its content is invalid or missing
   * @throws IOException if it, or a file that it names, cannot be read
   */
  public static SocketTls read(Path file) throws IOException {
    YamlDocument document = YamlDocument.read(file);
    return document.readWhole(() -> read(document));
  }

  private static SocketTls read(YamlDocument document) throws IOException {
    YamlObject o = document.root().object(SECTION);
    YamlNode serverNode = o.find(SERVER);
    if (serverNode == null || serverNode.isNull()) {
      throw o.error("missing 'tls_server_config' entry in the TLS configuration");
    }
    YamlNode clientNode = o.find(CLIENT);
    if (o.has(CLIENT) && (clientNode == null || clientNode.isNull())) {
      throw o.error("missing 'tls_client_config' entry in the TLS configuration");
    }
    WebConfig.ServerTls server = WebConfig.serverTls(serverNode);
    if (server == null) {
      throw serverNode.error("missing one of cert or cert_file");
    }
    TlsConfig client = clientNode == null ? TlsConfig.DEFAULT : TlsConfig.TYPE.read(clientNode);
    document.refuseNotBuilt();
    return new SocketTls(server, client);
  }

  /**
   * TLS settings of a listener, as in Promtail's sources: a certificate with its key and, if
   * clients must present a certificate, the authorities that sign client certificates.
   *
   * @throws IOException if a file cannot be read or holds something else
   */
  public static SocketTls listening(TlsConfig own) throws IOException {
    TlsConfig.TlsVersion min = own.minVersion();
    TlsConfig.TlsVersion max = own.maxVersion();
    return new SocketTls(
        WebConfig.ServerTls.read(
            own.cert(),
            own.certFile(),
            own.key(),
            own.keyFile(),
            own.ca(),
            own.caFile(),
            min == null ? TlsConfig.TlsVersion.TLS12 : min,
            max == null ? TlsConfig.TlsVersion.TLS13 : max,
            List.of(),
            List.of()),
        TlsConfig.DEFAULT);
  }

  /**
   * Creates the TLS settings of a listener without clients.
   *
   * @param server provides the TLS configuration, which must exist, for each connection
   */
  public static SocketTls listening(Supplier<WebConfig> server) throws IOException {
    return new SocketTls(server, TlsConfig.DEFAULT);
  }

  /** Secures an accepted connection; returns after the handshake. */
  public SSLSocket accepted(Socket raw) throws IOException {
    SSLSocket s =
        (SSLSocket)
            accepting.createSocket(raw, raw.getInetAddress().getHostAddress(), raw.getPort(), true);
    s.setUseClientMode(false);
    server.configure(s);
    s.startHandshake();
    return s;
  }

  /** Opens a connection; the handshake is over then. */
  public SSLSocket connect(InetSocketAddress to, Duration timeout) throws IOException {
    int millis = Math.toIntExact(Math.max(1, timeout.toMillis()));
    Socket raw = new Socket();
    try {
      raw.connect(to, millis);
      raw.setSoTimeout(millis);
      String host =
          client.serverName().isEmpty() ? to.getAddress().getHostAddress() : client.serverName();
      SSLSocket s = (SSLSocket) calling.createSocket(raw, host, to.getPort(), true);
      SSLParameters p = s.getSSLParameters();
      p.setProtocols(protocols);
      if (!client.insecureSkipVerify()) {
        p.setEndpointIdentificationAlgorithm("HTTPS");
      }
      s.setSSLParameters(p);
      s.startHandshake();
      return s;
    } catch (IOException | RuntimeException e) {
      raw.close();
      throw e;
    }
  }
}
