package dev.tethys.pipeline.stages.jmespath;

/** An expression is not valid, or cannot be evaluated over a value. */
public final class JmesPathException extends Exception {
  private static final long serialVersionUID = 1L;

  JmesPathException(String message) {
    super(message);
  }
}
