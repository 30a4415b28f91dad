package dev.tethys.collect.exporter;

import org.jspecify.annotations.Nullable;

/**
 * Compiles expressions of CEL about a JSON document, the variable {@code body}. The optional module
 * {@code contrib/cel} implements it, because the jars of its library are large. Thread-safe.
 */
public interface CelCompiler {
  /**
   * Compiles an expression.
   *
   * @throws CelException if the expression is invalid, with its column
   */
  Program compile(String expression);

  /** Compiled expression. Thread-safe. */
  interface Program {
    /** Source text. */
    String text();

    /**
     * Whether the expression is true.
     *
     * @param json parsed JSON, as returned by {@link dev.tethys.codec.json.JsonValues}
     * @throws CelException if the expression has no value, or one that is neither true nor false
     */
    boolean isTrue(@Nullable Object json);
  }

  /** Reports an invalid expression, or an evaluation without a value. */
  final class CelException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    public CelException(String message) {
      super(message);
    }

    public CelException(String message, Throwable cause) {
      super(message, cause);
    }
  }
}
