package dev.tethys.collect.logs;

import dev.tethys.model.logs.LogEntry;

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
}
