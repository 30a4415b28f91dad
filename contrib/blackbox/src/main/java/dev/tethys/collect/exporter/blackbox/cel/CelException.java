package dev.tethys.collect.exporter.blackbox.cel;

/** Reports an invalid expression, or an evaluation without a value. */
public final class CelException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  public CelException(String message) {
    super(message);
  }
}
