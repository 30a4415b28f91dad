package dev.tethys.web.kdb;

import java.io.IOException;

/** Error response of a kdb+ process. The message is the process's text. */
public final class KdbException extends IOException {
  private static final long serialVersionUID = 1L;

  /** Operation to which the response belongs. */
  public enum To {
    /** User and password. */
    LOGIN,
    /** A request. */
    REQUEST
  }

  private final To to;

  KdbException(To to, String message) {
    super(message);
    this.to = to;
  }

  public To to() {
    return to;
  }
}
