package dev.tethys.query.logql.parser;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** Tokens of a query with one token of look-ahead, and the errors about them. */
final class TokenReader {
  /** Deepest nesting of a query. Deeper ones would overflow the stack of a thread. */
  static final int MAX_DEPTH = 200;

  /** Most operators of a query. The tree of a chain is as deep as the chain is long. */
  static final int MAX_OPERATORS = 1000;

  private final LogqlLexer lexer;
  private Token current;
  private @Nullable Token following;
  private int depth;
  private int operators;

  TokenReader(String text) {
    lexer = new LogqlLexer(text);
    current = lexer.next();
  }

  Token current() {
    return current;
  }

  TokenKind kind() {
    return current.kind();
  }

  /** Kind of the token after the current one. */
  TokenKind followingKind() {
    Token f = following;
    if (f == null) {
      f = lexer.next();
      following = f;
    }
    return f.kind();
  }

  boolean at(TokenKind kind) {
    return current.kind() == kind;
  }

  /** Gives the current token and goes to the next one. */
  Token take() {
    Token t = current;
    Token f = following;
    if (f != null) {
      current = f;
      following = null;
    } else {
      current = lexer.next();
    }
    return t;
  }

  /** Continues if the current token has a kind. */
  boolean skip(TokenKind kind) {
    if (current.kind() != kind) {
      return false;
    }
    take();
    return true;
  }

  /** Takes a token of a kind, which the error names. */
  Token expect(TokenKind kind) {
    if (current.kind() != kind) {
      throw unexpected(kind.shown());
    }
    return take();
  }

  /** Takes a token of a kind. The error says only what was found, as Loki's does there. */
  Token require(TokenKind kind) {
    if (current.kind() != kind) {
      throw unexpected();
    }
    return take();
  }

  /** Name of a label, which may be written like a keyword. */
  String label() {
    if (!current.kind().isWord()) {
      throw unexpected("IDENTIFIER");
    }
    return take().text();
  }

  /** An error at the current token, with what could be there instead. */
  LogqlParseException unexpected(String... expecting) {
    Token t = current;
    StringBuilder sb = new StringBuilder("syntax error: unexpected ").append(t.shown());
    String sep = ", expecting ";
    for (String e : expecting) {
      sb.append(sep).append(e);
      sep = " or ";
    }
    return new LogqlParseException(t.line(), t.column(), sb.toString());
  }

  /** An error at an unknown word, with the nearest known one. */
  LogqlParseException unexpectedWord(Iterable<String> known, String... expecting) {
    LogqlParseException e = unexpected(expecting);
    if (current.kind() != TokenKind.IDENTIFIER) {
      return e;
    }
    String near = Suggestion.nearest(current.text(), known);
    return near == null
        ? e
        : new LogqlParseException(
            e.line(), e.column(), e.reason() + ". Did you mean '" + near + "'?");
  }

  /** Goes one level deeper. */
  void enter() {
    if (++depth > MAX_DEPTH) {
      throw new LogqlParseException(
          current.line(),
          current.column(),
          "query nests more than " + MAX_DEPTH + " levels deep; split it into smaller queries");
    }
  }

  /** Counts an operator between two expressions or conditions. */
  void countOperator() {
    if (++operators > MAX_OPERATORS) {
      throw new LogqlParseException(
          current.line(),
          current.column(),
          "query has more than " + MAX_OPERATORS + " operators; split it into smaller queries");
    }
  }

  void leave() {
    depth--;
  }

  /** Kinds that open a stage of a pipeline. */
  private static final List<TokenKind> STAGES =
      List.of(
          TokenKind.PIPE,
          TokenKind.PIPE_EXACT,
          TokenKind.PIPE_MATCH,
          TokenKind.PIPE_PATTERN,
          TokenKind.NEQ,
          TokenKind.NRE,
          TokenKind.NPA);

  /** Whether a stage of a pipeline begins here. */
  boolean atStage() {
    return STAGES.contains(current.kind());
  }
}
