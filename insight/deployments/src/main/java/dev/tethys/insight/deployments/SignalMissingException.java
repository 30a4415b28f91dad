package dev.tethys.insight.deployments;

/** Signal that is not stored; the message says why. */
public final class SignalMissingException extends RuntimeException {
  private static final long serialVersionUID = 1;

  public SignalMissingException(String message) {
    super(message);
  }
}
