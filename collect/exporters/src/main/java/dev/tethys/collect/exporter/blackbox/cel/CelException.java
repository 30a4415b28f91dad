package dev.tethys.collect.exporter.blackbox.cel;

/** What is wrong with an expression, or why it has no value. */
public final class CelException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  public CelException(String message) {
    super(message);
  }
}
