package dev.tethys.alert.manager.match;

import java.util.Locale;

/**
 * Splits text into the tokens of the UTF-8 syntax of matchers. Columns count code points, from 0,
 * as the errors of Alertmanager do.
 */
final class MatcherLexer {
  enum Kind {
    END,
    OPEN_BRACE,
    CLOSE_BRACE,
    COMMA,
    EQUALS,
    NOT_EQUALS,
    MATCHES,
    NOT_MATCHES,
    QUOTED,
    UNQUOTED
  }

  record Token(Kind kind, String value, int from, int to) {}

  private final String input;
  private int start;
  private int at;
  private int startColumn;
  private int column;

  MatcherLexer(String input) {
    this.input = input;
  }

  /** Whether a character must be in quotes in a name or value. */
  static boolean isReserved(int c) {
    return isSpace(c) || "{}!=~,\\\"'`".indexOf(c) >= 0;
  }

  private static boolean isSpace(int c) {
    return c >= '\t' && c <= '\r' || c == 0x85 || c == 0xa0 || Character.isSpaceChar(c);
  }

  /** Returns the next token; the end token repeatedly at the end of input. */
  Token next() {
    while (at < input.length() && isSpace(peek())) {
      take();
    }
    start = at;
    startColumn = column;
    if (at == input.length()) {
      return token(Kind.END);
    }
    int c = take();
    switch (c) {
      case '{':
        return token(Kind.OPEN_BRACE);
      case '}':
        return token(Kind.CLOSE_BRACE);
      case ',':
        return token(Kind.COMMA);
      case '=':
        return token(accept('~') ? Kind.MATCHES : Kind.EQUALS);
      case '!':
        if (accept('=')) {
          return token(Kind.NOT_EQUALS);
        }
        if (accept('~')) {
          return token(Kind.NOT_MATCHES);
        }
        throw error(
            at == input.length()
                ? "unexpected end of input, expected one of '=~'"
                : input.substring(start, at) + ": expected one of '=~'");
      case '"':
        return quoted();
      default:
        if (isReserved(c)) {
          throw error(input.substring(start, at) + ": invalid input");
        }
        while (at < input.length() && !isReserved(peek())) {
          take();
        }
        return token(Kind.UNQUOTED);
    }
  }

  private Token quoted() {
    boolean escaped = false;
    while (at < input.length()) {
      int c = take();
      if (escaped) {
        escaped = false;
      } else if (c == '\\') {
        escaped = true;
      } else if (c == '"') {
        return token(Kind.QUOTED);
      }
    }
    throw error(input.substring(start, at) + ": missing end \"");
  }

  /** Returns the next token without consuming it. */
  Token peekToken() {
    int[] before = {start, at, startColumn, column};
    Token t = next();
    start = before[0];
    at = before[1];
    startColumn = before[2];
    column = before[3];
    return t;
  }

  int endColumn() {
    return column;
  }

  private int peek() {
    return input.codePointAt(at);
  }

  private int take() {
    int c = peek();
    at += Character.charCount(c);
    column++;
    return c;
  }

  private boolean accept(int c) {
    if (at < input.length() && peek() == c) {
      take();
      return true;
    }
    return false;
  }

  private Token token(Kind kind) {
    return new Token(kind, input.substring(start, at), startColumn, column);
  }

  private IllegalArgumentException error(String problem) {
    return new IllegalArgumentException(
        String.format(Locale.ROOT, "%d:%d: %s", startColumn, column, problem));
  }
}
