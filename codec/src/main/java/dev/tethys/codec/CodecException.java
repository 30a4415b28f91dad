package dev.tethys.codec;

/**
 * The input is not what its format says: truncated, damaged, beyond a limit, or never of that
 * format. The message is meant for its sender.
 */
public class CodecException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  public CodecException(String message) {
    super(message);
  }

  public CodecException(String message, Throwable cause) {
    super(message, cause);
  }
}
