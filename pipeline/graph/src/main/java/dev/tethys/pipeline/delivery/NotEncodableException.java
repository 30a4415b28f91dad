package dev.tethys.pipeline.delivery;

/**
 * Batch that cannot be encoded for its exporter's protocol. The message gives the reason. The
 * message says why.
 */
public final class NotEncodableException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  public NotEncodableException(String message) {
    super(message);
  }
}
