package dev.tethys.pipeline.exporter.client;

import java.io.IOException;

/** Transport of text lines to a server without replies. Thread-safe. */
public interface LineTransport extends AutoCloseable {
  /**
   * Sends lines, each with its line end.
   *
   * @throws PartlySentException if a known number of leading lines was sent
   * @throws IOException if not all lines were sent; the number of sent lines is unknown
   */
  void send(byte[] lines) throws IOException;

  @Override
  void close();

  /** Describes an error and its location. */
  static String describe(LineTransport to, IOException e) {
    return to + ": " + (e.getMessage() == null ? e.toString() : e.getMessage());
  }
}
