package dev.tethys.query.traceql.parser;

import java.util.List;

/** Tokens of a query with the limits that keep recursion over trees shallow. */
final class TraceqlTokenReader {
  /** Maximum number of characters of a query. */
  static final int MAX_LENGTH = 128 << 10;

  /** Most parentheses and prefix operators inside each other. */
  private static final int MAX_DEPTH = 100;

  /** Most operators and stages, which bounds the depth of a tree. */
  private static final int MAX_OPERATORS = 2000;

  /** Maximum number of operators between spansets: each of them joins the spans of all traces. */
  private static final int MAX_SPANSET_OPERATORS = 1000;

  private final String text;
  private final List<TraceqlToken> tokens;
  private int next;
  private int depth;
  private int spansetOperators;
  private int operators;

  TraceqlTokenReader(String text) {
    this.text = text;
    if (text.length() > MAX_LENGTH) {
      throw TraceqlLexer.error(
          text,
          MAX_LENGTH,
          "query has " + text.length() + " characters, more than the limit of " + MAX_LENGTH);
    }
    tokens = TraceqlLexer.tokens(text);
  }

  TraceqlToken peek() {
    return tokens.get(next);
  }

  TraceqlToken peekSecond() {
    return tokens.get(Math.min(next + 1, tokens.size() - 1));
  }

  TraceqlToken take() {
    TraceqlToken t = peek();
    if (t.kind() != TraceqlToken.Kind.END) {
      next++;
    }
    return t;
  }

  boolean accept(String symbol) {
    if (peek().is(symbol)) {
      next++;
      return true;
    }
    return false;
  }

  void expect(String symbol) {
    if (!accept(symbol)) {
      throw unexpected("expected " + symbol);
    }
  }

  /** Returns the error at the next token. */
  TraceqlParseException unexpected(String expected) {
    return unexpected(peek(), expected);
  }

  TraceqlParseException unexpected(TraceqlToken t, String expected) {
    return error(t, "unexpected " + t.shown() + (expected.isEmpty() ? "" : ", " + expected));
  }

  TraceqlParseException error(TraceqlToken t, String reason) {
    return TraceqlLexer.error(text, t.from(), reason);
  }

  void enter() {
    if (++depth > MAX_DEPTH) {
      throw error(peek(), "query is nested more than " + MAX_DEPTH + " deep");
    }
  }

  void leave() {
    depth--;
  }

  void countOperator() {
    if (++operators > MAX_OPERATORS) {
      throw error(peek(), "query has more than " + MAX_OPERATORS + " operators and stages");
    }
  }

  void countSpansetOperator() {
    if (++spansetOperators > MAX_SPANSET_OPERATORS) {
      throw error(
          peek(), "query has more than " + MAX_SPANSET_OPERATORS + " operators between spansets");
    }
  }
}
