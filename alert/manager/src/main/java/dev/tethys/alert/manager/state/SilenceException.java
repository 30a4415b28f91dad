package dev.tethys.alert.manager.state;

/** Signals that a silence cannot be created, changed or found. */
public final class SilenceException extends Exception {
  private static final long serialVersionUID = 1L;

  private final boolean notFound;

  private SilenceException(String message, boolean notFound) {
    super(message);
    this.notFound = notFound;
  }

  static SilenceException notFound() {
    return new SilenceException("silence not found", true);
  }

  /** Creates an exception for an invalid silence. */
  public static SilenceException invalid(String message) {
    return new SilenceException(message, false);
  }

  /** Whether there is no silence of that id. */
  public boolean isNotFound() {
    return notFound;
  }

  /** Returns the message; never null. */
  public String problem() {
    return String.valueOf(getMessage());
  }
}
