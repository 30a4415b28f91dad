package dev.tethys.pipeline.server;

import java.io.IOException;
import org.jspecify.annotations.Nullable;

/** Socket listener of a receiver, closed until the receiver starts. */
public interface SocketServerEndpoint extends AutoCloseable {
  /**
   * Starts listening.
   *
   * @throws IOException if the address is malformed or not available
   */
  void open() throws IOException;

  /**
   * Settings with which {@link PortExchange} transfers it to another with equal ones; null for
   * never.
   */
  default @Nullable Object settings() {
    return null;
  }

  /** Returns the port, once open; -1 before. */
  int port();

  /** Closes everything open; may be called directly. */
  @Override
  void close();
}
