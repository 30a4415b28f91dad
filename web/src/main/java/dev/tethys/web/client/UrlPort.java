package dev.tethys.web.client;

import dev.tethys.config.UrlHost;
import dev.tethys.config.UrlText;
import java.io.IOException;
import java.net.URI;

/** Effective port of a URL. */
final class UrlPort {
  private UrlPort() {}

  /** Returns the port of a URL, or that of its scheme. */
  static int of(URI uri) {
    return UrlHost.port(uri) >= 0
        ? UrlHost.port(uri)
        : "https".equalsIgnoreCase(uri.getScheme()) ? 443 : 80;
  }

  /**
   * Refuses a port that cannot be, which sockets treat as a fault of the program.
   *
   * @throws IOException with Go's message
   */
  static void check(URI uri) throws IOException {
    if (of(uri) > UrlText.MAX_PORT) {
      throw new IOException("dial tcp: address " + of(uri) + ": invalid port");
    }
  }
}
