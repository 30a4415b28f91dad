package dev.tethys.pipeline.server;

import java.io.IOException;
import org.jspecify.annotations.Nullable;

/** Socket listener of a receiver, closed until the receiver starts. */
public interface SocketServerEndpoint extends AutoCloseable {
  /**
   * Listens.
   *
   * @throws IOException when the address is malformed or not available
   */
  void open() throws IOException;

  /** By which {@link PortExchange} passes it on to another with the same; null for never. */
  default @Nullable Object settings() {
    return null;
  }

  /** The port, once open; -1 before. */
  int port();

  /** Ends what is open; may be called without that. */
  @Override
  void close();
}
