package dev.tethys.web.client;

import dev.tethys.config.TlsConfig;
import java.io.IOException;
import java.net.Socket;
import java.security.cert.X509Certificate;
import java.util.List;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.SSLSocketFactory;

/** TLS for clients of other protocols than HTTP, from the same configuration. */
public final class TlsSockets {
  private TlsSockets() {}

  /**
   * Makes secured sockets; files that the configuration names are read now.
   *
   * @throws IOException when a certificate or key cannot be read
   */
  public static SSLSocketFactory factory(TlsConfig config) throws IOException {
    return ClientTls.setup(config).context().getSocketFactory();
  }

  /**
   * Secures an open connection and shakes hands.
   *
   * @param name what is asked for and verified, where the configuration names nothing else
   * @param alpn protocols that are offered, in order; none for no offer
   * @throws IOException when that fails, or a certificate or key cannot be read
   */
  public static SSLSocket secure(
      TlsConfig config, Socket plain, String name, int port, String... alpn) throws IOException {
    ClientTls.Setup setup = ClientTls.setup(config);
    return TracedClient.secured(
        setup,
        config,
        plain,
        config.serverName().isEmpty() ? name : config.serverName(),
        port,
        alpn);
  }

  /**
   * The certificates that a client trusts to vouch for others; empty when it trusts everything.
   *
   * @throws IOException when a certificate cannot be read
   */
  public static List<X509Certificate> anchors(TlsConfig config) throws IOException {
    return ClientTls.anchors(config);
  }

  /**
   * The versions of TLS that are spoken, with spaces between.
   *
   * @throws IOException when the configuration leaves none
   */
  public static String protocols(TlsConfig config) throws IOException {
    return String.join(" ", ClientTls.setup(config).protocols());
  }
}
