package dev.tethys.pipeline.exporter.client;

import java.io.IOException;

/** Thrown when only the first lines of a request were sent. */
public final class PartlySentException extends IOException {
  private static final long serialVersionUID = 1L;

  private final int sent;

  /**
   * @param sent bytes of complete lines that were sent
   */
  PartlySentException(String message, int sent, IOException cause) {
    super(message, cause);
    this.sent = sent;
  }

  /** Returns the number of bytes of complete lines sent, including line ends; 0 if none. */
  public int sent() {
    return sent;
  }
}
