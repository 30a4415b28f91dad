package dev.tethys.contrib.clusteragent;

import dev.tethys.collect.database.reader.DatabaseChange;

/** Receiver of changes of schemas and settings. Thread-safe. */
@FunctionalInterface
interface ChangeSink {
  /** Discards changes. */
  ChangeSink NONE = (_, _, _) -> {};

  /**
   * Takes a change.
   *
   * @param millis time of the reading that found it, Unix milliseconds
   */
  void changed(DatabaseTarget target, DatabaseChange change, long millis);
}
