package dev.tethys.collect.observe.connection;

import java.io.IOException;

/** Source of TCP connections for a {@link ConnectionTracker}. Not thread-safe. */
public interface TcpSource extends AutoCloseable {
  /**
   * Reads the changes since the last call, up to a time: those before a payload apply to it, those
   * after it, such as the end of its connection, do not yet.
   *
   * @param time timestamp as returned by System.nanoTime
   */
  void readEvents(long time);

  /**
   * Reads all sockets.
   *
   * @param between reads events: called before them and after each part of them, which may be many
   * @throws IOException if the kernel fails
   */
  void readSockets(Runnable between) throws IOException;

  /** Number of changes that were lost. */
  long lostEvents();

  @Override
  void close();
}
