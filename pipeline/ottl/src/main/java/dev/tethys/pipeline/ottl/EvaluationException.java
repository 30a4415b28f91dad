package dev.tethys.pipeline.ottl;

/**
 * Thrown when an expression cannot be evaluated for one item. Has no stack trace, because it may be
 * frequent.
 */
public final class EvaluationException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  public EvaluationException(String message) {
    super(message, null, false, false);
  }
}
