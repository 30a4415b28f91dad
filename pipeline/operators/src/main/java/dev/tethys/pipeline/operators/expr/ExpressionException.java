package dev.tethys.pipeline.operators.expr;

/** An expression that cannot be compiled, or that has no value for what it is asked of. */
public final class ExpressionException extends RuntimeException {
  private static final long serialVersionUID = 1;

  /** Without a place: it is what a value is that is wrong. */
  public ExpressionException(String message) {
    super(message, null, false, false);
  }

  /**
   * At a place of the text.
   *
   * @param at counted in characters from 0
   */
  ExpressionException(String text, int at, String message) {
    super(message + " (at character " + (at + 1) + " of: " + text + ")", null, false, false);
  }
}
