package dev.tethys.web.internal;

/** An answer cannot be brought to its end: its connection, or its stream, has to break off. */
public final class BrokenAnswerException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  BrokenAnswerException(String message, Throwable cause) {
    super(message, cause);
  }
}
