package dev.tethys.pipeline.exporter.client;

import java.io.IOException;

/** Transport of text lines to a server without replies. Safe for several threads. */
public interface LineTransport extends AutoCloseable {
  /**
   * Sends lines, each with its end.
   *
   * @throws PartlySentException when the first of them went out, and it is known which
   * @throws IOException when not all of them were sent: how many were taken is unknown
   */
  void send(byte[] lines) throws IOException;

  @Override
  void close();

  /** What went wrong, and where. */
  static String describe(LineTransport to, IOException e) {
    return to + ": " + (e.getMessage() == null ? e.toString() : e.getMessage());
  }
}
