package dev.tethys.model.log;

/** Truncates error messages that quote data from a client. */
public final class ErrorText {
  /** Maximum number of characters of a message. */
  public static final int MAX_LENGTH = 2000;

  private ErrorText() {}

  /** The beginning of a long message, with the number of characters that are omitted. */
  public static String shorten(String message) {
    return LogText.cut(message, MAX_LENGTH);
  }
}
