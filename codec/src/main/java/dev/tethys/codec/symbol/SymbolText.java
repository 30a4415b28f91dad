package dev.tethys.codec.symbol;

/** Position in a symbol, and the parts that the schemes share. */
abstract class SymbolText {
  /** Maximum nesting depth of a symbol's parts. */
  private static final int MAX_DEPTH = 200;

  /** Maximum length of a name; references to earlier parts could multiply it. */
  private static final int MAX_NAME = 4096;

  /** Maximum number of parts that are read; references could have them read again and again. */
  private static final int MAX_PARTS = 100_000;

  final String s;
  int at;
  private int depth;
  private int parts;

  SymbolText(String s, int at) {
    this.s = s;
    this.at = at;
  }

  /** Character at the position; 0 at the end. */
  final char peek() {
    return peek(0);
  }

  final char peek(int ahead) {
    return at + ahead < s.length() ? s.charAt(at + ahead) : 0;
  }

  final char next() {
    char c = peek();
    if (c == 0) {
      throw new SymbolException();
    }
    at++;
    return c;
  }

  final boolean skip(char c) {
    if (peek() != c) {
      return false;
    }
    at++;
    return true;
  }

  final void expect(char c) {
    if (!skip(c)) {
      throw new SymbolException();
    }
  }

  static boolean isDigit(char c) {
    return c >= '0' && c <= '9';
  }

  /** Decimal number; there must be a digit. */
  final int number() {
    int n = 0;
    if (!isDigit(peek())) {
      throw new SymbolException();
    }
    while (isDigit(peek())) {
      n = Math.min(n * 10 + next() - '0', 1 << 24);
    }
    return n;
  }

  /** The next characters. */
  final String take(int length) {
    if (length > s.length() - at) {
      throw new SymbolException();
    }
    at += length;
    return s.substring(at - length, at);
  }

  /** Enters a nested part. */
  final void enter() {
    if (++depth > MAX_DEPTH || ++parts > MAX_PARTS) {
      throw new SymbolException();
    }
  }

  final void leave() {
    depth--;
  }

  static String joined(String before, String after) {
    if (before.length() + after.length() > MAX_NAME) {
      throw new SymbolException();
    }
    return before.isEmpty() ? after : before + "::" + after;
  }
}
