package dev.tethys.collect.receive;

import java.io.IOException;

/** Answers the requests of one protocol. Blocks; safe for any number of threads. */
@FunctionalInterface
public interface Receiver {
  /**
   * Answers one request.
   *
   * @throws IOException if the client is gone or a started response cannot be completed: the
   *     connection must then be closed
   */
  void receive(ReceivedRequest request, ReceiverResponse reply) throws IOException;
}
