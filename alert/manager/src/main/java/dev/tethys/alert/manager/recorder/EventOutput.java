package dev.tethys.alert.manager.recorder;

import java.io.Closeable;
import java.io.IOException;

/** Receiver of all events. Used by one thread; slow outputs have a bounded queue. */
public interface EventOutput extends Closeable {
  /**
   * Writes an event, or takes it over.
   *
   * @return how many bytes it has
   * @throws IOException when it was not written; it is not offered again
   */
  int send(RecordedEvent event) throws IOException;

  /** Writes what was taken over, for a limited time. */
  @Override
  void close() throws IOException;
}
