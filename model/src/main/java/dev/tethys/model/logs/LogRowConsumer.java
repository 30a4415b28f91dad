package dev.tethys.model.logs;

/** Receives the rows of a scan. */
@FunctionalInterface
public interface LogRowConsumer {
  /**
   * Receives rows, valid during the call.
   *
   * @return false to end the scan
   */
  boolean accept(LogRowBatch rows);
}
