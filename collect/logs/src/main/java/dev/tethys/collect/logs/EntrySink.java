package dev.tethys.collect.logs;

import dev.tethys.model.logs.LogEntry;
import java.time.Duration;

/** Receiver of a source's entries: the first stage of a pipeline. */
@FunctionalInterface
public interface EntrySink {
  /**
   * Accepts an entry, in the order of its stream; waits while later stages are slow, which is how a
   * slow destination slows reading.
   *
   * @throws InterruptedException if the wait was interrupted; the entry was then not accepted
   */
  void accept(LogEntry entry) throws InterruptedException;

  /**
   * Accepts an entry like {@link #accept}, unless other sources are still waiting.
   *
   * @param limit maximum time to wait for them
   * @return whether the entry was accepted
   */
  default boolean offer(LogEntry entry, Duration limit) throws InterruptedException {
    accept(entry);
    return true;
  }
}
