package dev.tethys.alert.manager.recorder;

import java.io.Closeable;
import java.io.IOException;

/** Where all events go. Used by one thread; whoever is slow has a bounded queue of its own. */
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
