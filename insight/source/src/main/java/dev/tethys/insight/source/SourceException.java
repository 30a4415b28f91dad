package dev.tethys.insight.source;

/** Failure of a request to a source; the message has the URL and the reason. */
final class SourceException extends Exception {
  private static final long serialVersionUID = 1L;

  /** Cause, which determines the reaction. */
  enum Kind {
    /** The source cannot be reached, or requests a later retry. */
    AWAY,
    /** The source did not respond in time. */
    SLOW,
    /** The source refuses the request, or is not a server of Prometheus's API. */
    REFUSED,
    /** The response to one request cannot be read. */
    UNREADABLE,
    /** The response exceeds a limit, here or at the source; a smaller request may succeed. */
    TOO_LARGE
  }

  private final Kind kind;

  SourceException(Kind kind, String message) {
    super(message);
    this.kind = kind;
  }

  SourceException(Kind kind, String message, Throwable cause) {
    super(message, cause);
    this.kind = kind;
  }

  Kind kind() {
    return kind;
  }
}
