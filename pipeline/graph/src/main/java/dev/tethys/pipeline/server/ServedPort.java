package dev.tethys.pipeline.server;

import dev.tethys.web.HttpListener;
import dev.tethys.web.HttpListenerOptions;
import org.jspecify.annotations.Nullable;

/**
 * Listener of a receiver with the settings of its sockets and connections.
 *
 * @param listener the listener
 * @param settings settings of sockets and connections
 */
record ServedPort(HttpListener listener, Settings settings) {
  /**
   * Settings that cannot change while connections stay open.
   *
   * @param options addresses, limits and timeouts
   * @param tls null without TLS
   */
  record Settings(HttpListenerOptions options, @Nullable ServerTlsSettings tls) {}

  int port() {
    return listener.port();
  }

  /** Stops it, or leaves it to a receiver that starts in the same change of the graph. */
  void stop() {
    PortExchange exchange = PortExchange.current();
    if (exchange == null) {
      listener.close();
    } else {
      exchange.leave(this);
    }
  }
}
