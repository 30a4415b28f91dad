package dev.tethys.pipeline.server;

import java.io.IOException;

/** Socket listener of a receiver, closed until the receiver starts. */
public interface SocketServerEndpoint extends AutoCloseable {
  /**
   * Listens.
   *
   * @throws IOException when the address is malformed or not available
   */
  void open() throws IOException;

  /** The port, once open; -1 before. */
  int port();

  /** Ends what is open; may be called without that. */
  @Override
  void close();
}
