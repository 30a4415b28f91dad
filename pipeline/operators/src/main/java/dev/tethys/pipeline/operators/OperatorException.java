package dev.tethys.pipeline.operators;

/** An operator cannot do with an entry what it is for. */
final class OperatorException extends Exception {
  private static final long serialVersionUID = 1;

  OperatorException(String message) {
    super(message, null, false, false);
  }
}
