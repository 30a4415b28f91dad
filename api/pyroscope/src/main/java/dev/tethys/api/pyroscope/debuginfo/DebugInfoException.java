package dev.tethys.api.pyroscope.debuginfo;

/** A file is refused; the message says why. */
public final class DebugInfoException extends Exception {
  private static final long serialVersionUID = 1;

  public DebugInfoException(String message) {
    super(message);
  }
}
