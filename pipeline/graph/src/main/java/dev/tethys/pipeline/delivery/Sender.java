package dev.tethys.pipeline.delivery;

import java.io.IOException;

/** Sends requests to one destination. Blocks; called by several threads at once. */
public interface Sender extends AutoCloseable {
  /**
   * Sends a request, once.
   *
   * @throws IOException when it cannot be known whether the destination has it: it is sent again
   */
  SendResult send(EncodedRequest request) throws IOException, InterruptedException;

  /** The exporter is about to stop: what waits for others to be sent with is sent now. */
  default void flushBeforeStop() {}

  @Override
  default void close() {}
}
