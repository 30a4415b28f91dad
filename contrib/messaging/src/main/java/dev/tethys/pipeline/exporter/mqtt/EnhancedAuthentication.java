package dev.tethys.pipeline.exporter.mqtt;

import java.io.IOException;

/** One side of an enhanced authentication (section 4.12 of version 5), for one connection. */
interface EnhancedAuthentication {
  /** What CONNECT says. */
  byte[] first() throws IOException;

  /** The answer to what the broker asks by AUTH. */
  byte[] next(byte[] challenge) throws IOException;

  /**
   * The broker has accepted.
   *
   * @param last what it said with that; empty for nothing
   * @throws IOException when it has not proved who it is
   */
  void accepted(byte[] last) throws IOException;
}
