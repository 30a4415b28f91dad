package dev.tethys.collect.receive;

import java.io.IOException;

/** Responds to the requests of one protocol. Blocks; safe for any number of threads. */
@FunctionalInterface
public interface Receiver {
  /**
   * Responds to one request.
   *
   * @throws IOException if the client is gone or a started response cannot be completed: the
   *     connection must then be closed
   */
  void receive(ReceivedRequest request, ReceiverResponse reply) throws IOException;
}
