package dev.tethys.pipeline.receiver.server;

import java.io.IOException;

/** A way into a receiver that is a socket of its own, closed until the receiver is started. */
public interface SocketServerEndpoint extends AutoCloseable {
  /**
   * Listens.
   *
   * @throws IOException when the address is malformed or cannot be had
   */
  void open() throws IOException;

  /** The port, once open; -1 before. */
  int port();

  /** Ends what is open; may be called without that. */
  @Override
  void close();
}
