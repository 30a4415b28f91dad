package dev.tethys.pipeline.operators.expr;

/** Thrown when an expression cannot be compiled, or has no value for its subject. */
public final class ExpressionException extends RuntimeException {
  private static final long serialVersionUID = 1;

  /** Creates an exception without a position, for an invalid value. */
  public ExpressionException(String message) {
    super(message, null, false, false);
  }

  /**
   * Creates an error at a position in the text.
   *
   * @param at offset in characters, starting at 0
   */
  ExpressionException(String text, int at, String message) {
    super(message + " (at character " + (at + 1) + " of: " + text + ")", null, false, false);
  }
}
