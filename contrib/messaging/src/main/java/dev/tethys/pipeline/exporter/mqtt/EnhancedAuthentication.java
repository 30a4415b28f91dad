package dev.tethys.pipeline.exporter.mqtt;

import java.io.IOException;

/** One side of an enhanced authentication (section 4.12 of version 5), for one connection. */
interface EnhancedAuthentication {
  /** Returns the data for CONNECT. */
  byte[] first() throws IOException;

  /** Returns the response to a broker's challenge in AUTH. */
  byte[] next(byte[] challenge) throws IOException;

  /**
   * Completes the authentication.
   *
   * @param last final data of the broker; empty if none
   * @throws IOException if the broker has not proved its identity
   */
  void accepted(byte[] last) throws IOException;
}
