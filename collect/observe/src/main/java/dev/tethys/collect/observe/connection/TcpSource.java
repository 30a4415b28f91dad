package dev.tethys.collect.observe.connection;

import java.io.IOException;

/** Source of TCP connections for a {@link ConnectionTracker}. For one thread at a time. */
public interface TcpSource extends AutoCloseable {
  /** Reads the changes since the last call. */
  void readEvents();

  /**
   * Reads all sockets.
   *
   * @throws IOException when the kernel fails
   */
  void readSockets() throws IOException;

  /** Number of changes that were lost. */
  long lostEvents();

  @Override
  void close();
}
