package dev.tethys.pipeline.delivery;

/** A batch that cannot be put into the form its destination wants. The message says why. */
public final class NotEncodableException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  public NotEncodableException(String message) {
    super(message);
  }
}
