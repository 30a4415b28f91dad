package dev.tethys.api.pyroscope.debuginfo;

/** Thrown if a file is rejected; the message gives the reason. */
public final class DebugInfoException extends Exception {
  private static final long serialVersionUID = 1;

  public DebugInfoException(String message) {
    super(message);
  }
}
