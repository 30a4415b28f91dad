package dev.tethys.codec.exposition;

import dev.tethys.codec.CodecException;

/** An exposition is not what its format says; the message tells where and what is wrong. */
public final class ExpositionException extends CodecException {
  private static final long serialVersionUID = 1L;

  public ExpositionException(String message) {
    super(message);
  }

  public ExpositionException(String message, Throwable cause) {
    super(message, cause);
  }
}
