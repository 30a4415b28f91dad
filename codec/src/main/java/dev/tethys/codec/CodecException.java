package dev.tethys.codec;

/**
 * Invalid input: truncated, damaged, beyond a limit, or not of the expected format. The message is
 * for the sender.
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
