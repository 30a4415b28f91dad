package dev.tethys.pipeline.operators;

/** Thrown when an operator cannot process an entry. */
final class OperatorException extends Exception {
  private static final long serialVersionUID = 1;

  OperatorException(String message) {
    super(message, null, false, false);
  }
}
