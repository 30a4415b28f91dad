package dev.tethys.collect.logs;

import dev.tethys.model.logs.LogEntry;
import java.time.Duration;

/** Receiver of a source's entries: the first stage of a pipeline. */
@FunctionalInterface
public interface EntrySink {
  /**
   * Takes an entry over, in the order of its stream; waits while what comes after is slow, which is
   * how a slow destination slows reading.
   *
   * @throws InterruptedException when waiting was ended; the entry was then not taken
   */
  void accept(LogEntry entry) throws InterruptedException;

  /**
   * Takes an entry over as {@link #accept} does, unless other sources still wait for what comes
   * after.
   *
   * @param limit time to wait for them
   * @return whether the entry was taken
   */
  default boolean offer(LogEntry entry, Duration limit) throws InterruptedException {
    accept(entry);
    return true;
  }
}
