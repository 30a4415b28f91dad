package dev.tethys.pipeline.exporter.client;

import java.io.IOException;

/** Of the lines of a request the first ones went out, and the others did not. */
public final class PartlySentException extends IOException {
  private static final long serialVersionUID = 1L;

  private final int sent;

  /**
   * @param sent bytes of whole lines that went out
   */
  PartlySentException(String message, int sent, IOException cause) {
    super(message, cause);
    this.sent = sent;
  }

  /** Bytes of whole lines that went out, with their ends; 0 when none did. */
  public int sent() {
    return sent;
  }
}
