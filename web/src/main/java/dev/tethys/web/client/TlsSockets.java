package dev.tethys.web.client;

import dev.tethys.config.TlsConfig;
import java.io.IOException;
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
   * The versions of TLS that are spoken, with spaces between.
   *
   * @throws IOException when the configuration leaves none
   */
  public static String protocols(TlsConfig config) throws IOException {
    return String.join(" ", ClientTls.setup(config).protocols());
  }
}
