package dev.tethys.web.internal;

/** A response cannot be completed: its connection, or its stream, must be aborted. */
public final class AbortedResponseException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  AbortedResponseException(String message, Throwable cause) {
    super(message, cause);
  }
}
