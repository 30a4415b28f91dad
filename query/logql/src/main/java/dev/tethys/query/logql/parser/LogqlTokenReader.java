package dev.tethys.query.logql.parser;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** Tokens of a query with one token of look-ahead, and the errors about them. */
final class LogqlTokenReader {
  /** Deepest nesting of a query. Deeper ones would overflow the stack of a thread. */
  static final int MAX_DEPTH = 200;

  /** Most operators of a query. The tree of a chain is as deep as the chain is long. */
  static final int MAX_OPERATORS = 1000;

  private final LogqlLexer lexer;
  private LogqlToken current;
  private @Nullable LogqlToken following;
  private int depth;
  private int operators;

  LogqlTokenReader(String text) {
    lexer = new LogqlLexer(text);
    current = lexer.next();
  }

  LogqlToken current() {
    return current;
  }

  LogqlTokenKind kind() {
    return current.kind();
  }

  /** Returns the kind of the token after the current one. */
  LogqlTokenKind followingKind() {
    LogqlToken f = following;
    if (f == null) {
      f = lexer.next();
      following = f;
    }
    return f.kind();
  }

  boolean at(LogqlTokenKind kind) {
    return current.kind() == kind;
  }

  /** Returns the current token and advances. */
  LogqlToken take() {
    LogqlToken t = current;
    LogqlToken f = following;
    if (f != null) {
      current = f;
      following = null;
    } else {
      current = lexer.next();
    }
    return t;
  }

  /** Continues if the current token has a kind. */
  boolean skip(LogqlTokenKind kind) {
    if (current.kind() != kind) {
      return false;
    }
    take();
    return true;
  }

  /** Consumes a token of a kind, which the error names. */
  LogqlToken expect(LogqlTokenKind kind) {
    if (current.kind() != kind) {
      throw unexpected(kind.shown());
    }
    return take();
  }

  /** Consumes a token of a kind. As in Loki, the error names only the unexpected token. */
  LogqlToken require(LogqlTokenKind kind) {
    if (current.kind() != kind) {
      throw unexpected();
    }
    return take();
  }

  /** Parses a label name, which may be written like a keyword. */
  String label() {
    if (!current.kind().isWord()) {
      throw unexpected("IDENTIFIER");
    }
    return take().text();
  }

  /** Returns an error at the current token that names the tokens accepted there. */
  LogqlParseException unexpected(String... expecting) {
    LogqlToken t = current;
    StringBuilder sb = new StringBuilder("syntax error: unexpected ").append(t.shown());
    String sep = ", expecting ";
    for (String e : expecting) {
      sb.append(sep).append(e);
      sep = " or ";
    }
    return new LogqlParseException(t.line(), t.column(), sb.toString());
  }

  /** Returns an error at an unknown word, with the most similar known one. */
  LogqlParseException unexpectedWord(Iterable<String> known, String... expecting) {
    LogqlParseException e = unexpected(expecting);
    if (current.kind() != LogqlTokenKind.IDENTIFIER) {
      return e;
    }
    String near = Suggestion.nearest(current.text(), known);
    return near == null
        ? e
        : new LogqlParseException(
            e.line(), e.column(), e.reason() + ". Did you mean '" + near + "'?");
  }

  /** Enters a nesting level. */
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
  private static final List<LogqlTokenKind> STAGES =
      List.of(
          LogqlTokenKind.PIPE,
          LogqlTokenKind.PIPE_EXACT,
          LogqlTokenKind.PIPE_MATCH,
          LogqlTokenKind.PIPE_PATTERN,
          LogqlTokenKind.NEQ,
          LogqlTokenKind.NRE,
          LogqlTokenKind.NPA);

  /** Whether the current token starts a pipeline stage. */
  boolean atStage() {
    return STAGES.contains(current.kind());
  }
}
