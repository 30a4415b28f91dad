package dev.tethys.codec.exposition;

import dev.tethys.codec.CodecException;

/** Error in an exposition; the message names the position and the problem. */
public final class ExpositionException extends CodecException {
  private static final long serialVersionUID = 1L;

  public ExpositionException(String message) {
    super(message);
  }

  public ExpositionException(String message, Throwable cause) {
    super(message, cause);
  }
}
