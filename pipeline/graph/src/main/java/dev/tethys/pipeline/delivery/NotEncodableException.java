package dev.tethys.pipeline.delivery;

/**
 * Thrown for a batch that cannot be encoded for its exporter's protocol. The message gives the
 * reason.
 */
public final class NotEncodableException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  public NotEncodableException(String message) {
    super(message);
  }
}
