package dev.tethys.pipeline.stages.jmespath;

/** Thrown when an expression is invalid or cannot be evaluated over a value. */
public final class JmesPathException extends Exception {
  private static final long serialVersionUID = 1L;

  JmesPathException(String message) {
    super(message);
  }
}
