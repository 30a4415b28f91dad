package dev.tethys.alert.manager.recorder;

import java.io.Closeable;
import java.io.IOException;

/** Receiver of all events. Used by one thread; slow outputs have a bounded queue. */
public interface EventOutput extends Closeable {
  /**
   * Writes an event, or accepts it for writing.
   *
   * @return size of the event in bytes
   * @throws IOException if it was not written; it is not offered again
   */
  int send(RecordedEvent event) throws IOException;

  /** Writes accepted events, for a limited time. */
  @Override
  void close() throws IOException;
}
