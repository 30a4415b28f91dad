package dev.tethys.control.access;

/** Refusal of a request that names what does not exist: a rollout, a version, a live control. */
public final class NotFoundException extends RuntimeException {
  private static final long serialVersionUID = 1;

  public NotFoundException(String message) {
    super(message);
  }
}
