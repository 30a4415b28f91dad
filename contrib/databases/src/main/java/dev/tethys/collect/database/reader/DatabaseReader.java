package dev.tethys.collect.database.reader;

import dev.tethys.collect.database.wire.Deadline;

/**
 * Reads one database server again and again, over at most one connection at a time, which may be
 * kept between readings. Not thread-safe.
 */
public interface DatabaseReader extends AutoCloseable {
  /**
   * Reads the server.
   *
   * @param deadline time limit; the connection is closed when it passes
   * @throws ReadingException if nothing could be read; a later call connects again
   */
  DatabaseReading read(Deadline deadline) throws ReadingException;

  /** Closes the connection. */
  @Override
  void close();
}
