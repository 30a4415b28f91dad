package dev.tethys.contrib.clusteragent;

import dev.tethys.model.telemetry.LogRecord;

/** Receiver of log records about databases. Thread-safe. */
@FunctionalInterface
interface RecordSink {
  /** Discards records. */
  RecordSink NONE = (_, _) -> {};

  /**
   * Takes a record without waiting.
   *
   * @param service value of {@code service.name}
   */
  void take(String service, LogRecord log);
}
