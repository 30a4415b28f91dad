package dev.tethys.codec.remote;

import dev.tethys.codec.CodecException;

/** The labels of one series are not valid; the rest of the request may be. */
public final class InvalidLabelsException extends CodecException {
  private static final long serialVersionUID = 1L;

  /** A longer label set is cut in messages. */
  static final int MAX_TEXT = 4096;

  InvalidLabelsException(String message) {
    super(message);
  }

  /** Thrown for one series, possibly for every series of a request: no stack trace. */
  @Override
  public Throwable fillInStackTrace() {
    return this;
  }
}
