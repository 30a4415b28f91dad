package dev.tethys.store.metrics.internal.head;

import dev.tethys.store.files.ByteSink;
import java.io.IOException;

/** Log that makes commits durable. */
@FunctionalInterface
public interface CommitLog {
  /**
   * Appends frames, all or none of them.
   *
   * @throws IOException if they are not durable: then they never come back
   */
  void append(ByteSink frames) throws IOException;
}
