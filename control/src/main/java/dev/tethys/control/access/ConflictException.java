package dev.tethys.control.access;

/** Refusal of a request that cannot be fulfilled in the present state. */
public final class ConflictException extends RuntimeException {
  private static final long serialVersionUID = 1;

  public ConflictException(String message) {
    super(message);
  }
}
