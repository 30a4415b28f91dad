package dev.tethys.contrib.clusteragent;

import java.time.Duration;
import java.util.List;

/** Source of databases that the file does not list. Thread-safe. */
interface TargetSource extends AutoCloseable {
  /** Name in the API and in log lines, such as {@code service map}. */
  String name();

  /** Databases found at present; those of the last answer while the source fails. */
  List<FoundDatabase> databases();

  /** Problem of the last attempt with its remedy; empty if none. */
  default String problem() {
    return "";
  }

  /** Waits for the first answer, at most for some time. */
  default void awaitFirst(Duration limit) throws InterruptedException {}

  /** Ends the requests of the source. */
  @Override
  default void close() {}
}
