package dev.tethys.web.internal;

/** An answer cannot be brought to its end: its connection, or its stream, has to break off. */
public final class AbortedResponseException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  AbortedResponseException(String message, Throwable cause) {
    super(message, cause);
  }
}
