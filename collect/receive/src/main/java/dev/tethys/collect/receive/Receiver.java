package dev.tethys.collect.receive;

import java.io.IOException;

/** Answers the requests of one protocol. Blocks; safe for any number of threads. */
@FunctionalInterface
public interface Receiver {
  /**
   * Answers one request.
   *
   * @throws IOException when the client is gone or the answer, once begun, cannot be finished: the
   *     connection must then be broken
   */
  void receive(ReceivedRequest request, ReceiverResponse reply) throws IOException;
}
