package dev.tethys.pipeline.ottl;

/** An expression that could not be evaluated for one item. Has no stack trace: it may be common. */
public final class EvaluationException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  public EvaluationException(String message) {
    super(message, null, false, false);
  }
}
