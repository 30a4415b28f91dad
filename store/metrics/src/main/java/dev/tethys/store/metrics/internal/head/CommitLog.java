package dev.tethys.store.metrics.internal.head;

import dev.tethys.store.files.ByteSink;
import java.io.IOException;

/** Log that makes commits durable. */
@FunctionalInterface
public interface CommitLog {
  /**
   * Appends all frames, or none.
   *
   * @throws IOException if they are not durable: then they never return
   */
  void append(ByteSink frames) throws IOException;
}
