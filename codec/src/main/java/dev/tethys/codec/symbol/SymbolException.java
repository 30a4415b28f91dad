package dev.tethys.codec.symbol;

/** A symbol that does not follow its scheme, or goes beyond the bounds of the reader. */
final class SymbolException extends RuntimeException {
  private static final long serialVersionUID = 1;

  SymbolException() {
    super("not a symbol of the scheme", null, false, false); // caught where a symbol is read
  }
}
