package dev.tethys.codec.symbol;

/** Thrown if a symbol violates its mangling scheme or exceeds the limits of the reader. */
final class SymbolException extends RuntimeException {
  private static final long serialVersionUID = 1;

  SymbolException() {
    super("not a symbol of the scheme", null, false, false); // caught where a symbol is read
  }
}
