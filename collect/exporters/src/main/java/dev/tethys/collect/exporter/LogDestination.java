package dev.tethys.collect.exporter;

import dev.tethys.model.telemetry.LogsData;
import java.io.IOException;

/** Receiver of the log records of an exporter. Thread-safe. */
@FunctionalInterface
public interface LogDestination {
  /**
   * Delivers records.
   *
   * @return the reason for which the records were refused permanently; empty if they were accepted
   * @throws IOException if the records are to be sent again later
   */
  String send(LogsData logs) throws IOException, InterruptedException;
}
