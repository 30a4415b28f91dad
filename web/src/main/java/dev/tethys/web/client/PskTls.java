package dev.tethys.web.client;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.List;

/**
 * TLS of a client that has a key which the server has as well (PSK, RFC 4279 and 8446), and no
 * certificates. The JDK has no such suites; the implementation is loaded on demand.
 */
public interface PskTls {
  /**
   * Parameters of a TLS handshake with a pre-shared key.
   *
   * @param serverName name sent to the server; "" for none, as for an address without a name
   * @param newest whether to use TLS 1.3, otherwise 1.2
   * @param alpn protocols offered, in order
   */
  record Offer(PreSharedKey key, String serverName, boolean newest, List<String> alpn) {}

  /** The two directions of a connection that is secured. */
  record Secured(InputStream in, OutputStream out) {}

  /**
   * Performs the handshake over an open connection.
   *
   * @throws IOException if the server does not know the key, or has another one
   */
  Secured secure(InputStream in, OutputStream out, Offer offer) throws IOException;

  /**
   * Returns the available implementation, loaded on first use.
   *
   * @throws IOException if it is missing
   */
  static PskTls find() throws IOException {
    return PskLibrary.opened();
  }
}
