package dev.tethys.pipeline.delivery;

import java.io.IOException;

/** Sends requests to one destination. Blocking; called by several threads concurrently. */
public interface Sender extends AutoCloseable {
  /**
   * Sends a request, once.
   *
   * @throws IOException if it cannot be known whether the destination has it: it is sent again
   */
  SendResult send(EncodedRequest request) throws IOException, InterruptedException;

  /**
   * Announces that the exporter is about to stop: requests waiting to be sent together are sent
   * now.
   */
  default void flushBeforeStop() {}

  @Override
  default void close() {}
}
