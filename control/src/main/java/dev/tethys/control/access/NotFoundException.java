package dev.tethys.control.access;

/**
 * Rejection of a request for an object that does not exist: a rollout, a version, a live control.
 */
public final class NotFoundException extends RuntimeException {
  private static final long serialVersionUID = 1;

  public NotFoundException(String message) {
    super(message);
  }
}
